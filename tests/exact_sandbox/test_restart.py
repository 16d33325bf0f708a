"""What a sandbox with a data file still knows after it was stopped and started again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from exact_sandbox.server import RunningSandbox, running_sandbox
from tests.exact_sandbox.exact_client import ExactClient


@pytest.fixture
def data(tmp_path) -> Path:
    return tmp_path / "books.db"


@contextmanager
def started(data: Path, **options: Any) -> Iterator[RunningSandbox]:
    with running_sandbox(data=data, minute_limit=1000, **options) as running:
        yield running


@contextmanager
def client_of(running: RunningSandbox, earlier: ExactClient | None = None) -> Iterator[ExactClient]:
    """A client, with the token of an earlier one when there was one."""
    client = ExactClient(running)
    if earlier is not None:
        client.use(earlier.tokens["access_token"])
    yield client
    client.close()


def test_switches_clock_and_faults_are_as_they_were(data):
    with started(data) as running, client_of(running) as client:
        client.switch(receivable_sign="positive")
        client.fault("generic_500", path="Journals", times=2)
        client.fault("slow", probability=0.25, seed=7, times=None)
        client.call("GET", "financial/Journals")
        client.advance(3600)

    with started(data) as running:
        assert running.sandbox.switches["receivable_sign"] == "positive"
        assert running.sandbox.clock.shift_seconds == 3600
        waiting = [(each["fault"], each["times"]) for each in running.sandbox.faults.as_json()]
        assert waiting == [("generic_500", 1), ("slow", None)]


def test_the_log_is_kept_and_its_numbers_go_on(data):
    with started(data) as running, client_of(running) as client:
        client.call("GET", "financial/Journals", top="1")
        before = running.sandbox.log.since(0)

    with started(data) as running:
        assert running.sandbox.log.since(0) == before
        requests.get(f"{running.base_url}/api/v1/current/Me", timeout=5)
        assert running.sandbox.log.newest == before[-1]["seq"] + 1


def test_the_days_calls_stay_counted(data):
    with started(data, day_limit=50) as running, client_of(running) as client:
        earlier = client
        left = client.call("GET", "financial/Journals").headers["X-RateLimit-Remaining"]

    with started(data, day_limit=50) as running, client_of(running, earlier) as client:
        again = client.call("GET", "financial/Journals").headers["X-RateLimit-Remaining"]

    assert int(again) == int(left) - 1


def test_errors_and_blocks_stay_counted(data):
    with started(data) as running, client_of(running) as client:
        earlier = client
        for _ in range(10):
            client.call("GET", "financial/Journals", select="Bogus")

    with started(data) as running, client_of(running, earlier) as client:
        statuses = [
            client.call("GET", "financial/Journals", select="Bogus").status_code for _ in range(2)
        ]

    assert statuses == [400, 429]


def test_a_browser_stays_logged_on(data):
    with started(data) as running, client_of(running) as client:
        cookies = client.browser.cookies.get_dict()

    with started(data) as running, client_of(running) as other:
        other.browser.cookies.clear()
        other.browser.cookies.update(cookies)
        assert "code=" in other.authorize().headers["Location"]


def test_a_file_of_an_earlier_version_gets_the_columns_it_lacks(data):
    with started(data) as running:
        database = running.sandbox.database
        database.execute('ALTER TABLE "salesentries" DROP COLUMN "Description"')
        database.execute("PRAGMA user_version = 1")

    with started(data) as running, client_of(running) as client:
        assert client.book(Description="new again")["Description"] == "new again"

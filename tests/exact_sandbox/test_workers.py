"""Several processes that serve as one sandbox."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.exact_sandbox.exact_client import ExactClient
from tests.exact_sandbox.receiver import receiving

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.process


@dataclass
class Program:
    """The program as started from the command line; its answers can be told apart by process."""

    process: subprocess.Popen[str]
    base_url: str

    def workers(self) -> list[psutil.Process]:
        """Return both workers once they are there."""
        for _ in range(400):
            found = psutil.Process(self.process.pid).children()
            if len(found) == 2 and not any(is_dead(worker) for worker in found):
                return found
            time.sleep(0.05)
        raise AssertionError("There are no two workers.")


def is_dead(worker: psutil.Process) -> bool:
    try:
        return worker.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def start(*arguments: str) -> Program:
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-m", "exact_sandbox", "--port", "0", "--workers", "2", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = re.search(r"http://\S+", process.stdout.readline())
    assert address is not None
    return Program(process, address[0])


def end(program: Program) -> str:
    """Stop it and return what it wrote to stderr."""
    program.process.send_signal(signal.SIGTERM)
    _, errors = program.process.communicate(timeout=20)
    assert program.process.returncode == 0
    return errors


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("workers")
    started = start(
        "--data", str(folder / "books.db"), "--minute-limit", "100000", "--day-limit", "1000000"
    )
    yield started
    assert "Traceback" not in end(started)


@pytest.fixture
def client(program) -> Iterator[ExactClient]:
    assert requests.post(f"{program.base_url}/_sandbox/reset", timeout=20).status_code == 204
    client = ExactClient(program)
    yield client
    client.close()


def on_new_connections(client: ExactClient, path: str, times: int) -> list[Any]:
    """Read a control address over connections of their own, so that both workers answer."""
    return [client.control("GET", path).json() for _ in range(times)]


def test_every_worker_knows_the_switches_the_clock_the_faults_and_the_log(client):
    client.switch(receivable_sign="positive")
    client.control("POST", "/_sandbox/clock", {"set": "2027-03-01T12:00:00Z", "frozen": True})
    client.fault("generic_500", path="Journals", times=3)

    switches = on_new_connections(client, "/_sandbox/switches", 8)
    clocks = on_new_connections(client, "/_sandbox/clock", 8)
    faults = on_new_connections(client, "/_sandbox/faults", 8)
    log = on_new_connections(client, "/_sandbox/log", 8)

    assert all(
        {row["name"]: row["value"] for row in each["switches"]}["receivable_sign"] == "positive"
        for each in switches
    )
    assert {each["now"] for each in clocks} == {"2027-03-01T12:00:00+00:00"}
    assert {each["faults"][0]["times"] for each in faults} == {3}
    assert all(each == log[0] for each in log)


def test_bookings_at_once_get_different_numbers_and_rising_timestamps(client):
    bodies = [client.entry(YourRef=f"P-{number}") for number in range(40)]

    def book(body: dict[str, Any]) -> int:
        with requests.Session() as http:
            http.headers.update(client.http.headers)
            return http.post(
                client.url("salesentry/SalesEntries"), json=body, timeout=30
            ).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(book, bodies))

    assert statuses == [201] * 40
    assert len({row["entry_number"] for row in client.truth()}) == 40
    timestamps = [int(row["Timestamp"]) for row in client.terms()]
    assert len(set(timestamps)) == len(timestamps)
    assert client.books_are_good()


def test_webhooks_are_sent_once_whichever_process_made_the_change(client):
    with receiving() as receiver:
        body = {"CallbackURL": receiver.url, "Topic": "Accounts"}
        assert client.call("POST", "webhooks/WebhookSubscriptions", body).status_code == 201

        def create(number: int) -> int:
            with requests.Session() as http:
                http.headers.update(client.http.headers)
                account = {"Name": f"Account {number}"}
                return http.post(client.url("crm/Accounts"), json=account, timeout=30).status_code

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(create, range(20))) == [201] * 20

        receiver.wait_for(20, seconds=20)
        client.advance(2)
        client.control("POST", "/_sandbox/webhooks/deliver")
        keys = [json.loads(each)["Content"]["Key"] for each in receiver.bodies]
        assert len(keys) == len(set(keys)) == 20


def test_a_sync_reader_misses_nothing_while_others_write(client):
    """Rowversions become visible in their order, whichever process gives them out."""
    bodies = [client.entry(YourRef=f"S-{number}") for number in range(30)]
    done = threading.Event()
    seen: list[str] = []

    def read() -> None:
        cursor, last_round = 0, False
        while not last_round:
            last_round = done.is_set()
            with requests.Session() as http:
                http.headers.update(client.http.headers)
                rows = http.get(
                    client.url("sync/Cashflow/PaymentTerms"),
                    params={"$filter": f"Timestamp gt {cursor}L", "$select": "YourRef,Timestamp"},
                    timeout=30,
                ).json()["d"]["results"]
            seen.extend(str(row["YourRef"]) for row in rows)
            cursor = max([cursor, *(int(row["Timestamp"]) for row in rows)])

    reader = threading.Thread(target=read)
    reader.start()
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda body: requests.post(
                    client.url("salesentry/SalesEntries"),
                    json=body,
                    headers=dict(client.http.headers),
                    timeout=30,
                ),
                bodies,
            )
        )
    done.set()
    reader.join()

    assert sorted(ref for ref in seen if ref.startswith("S-")) == sorted(
        f"S-{number}" for number in range(30)
    )


def test_calls_are_counted_together(client):
    client.control("PUT", "/_sandbox/limits", {"minute_limit": 20})
    client.control("POST", "/_sandbox/clock", {"frozen": True})

    def call(_number: int) -> int:
        return requests.get(
            client.url("financial/Journals"),
            params={"$select": "ID"},
            headers=dict(client.http.headers),
            timeout=30,
        ).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(call, range(30)))

    assert sorted(statuses) == [200] * 20 + [429] * 10


def test_a_refresh_token_is_good_once_whoever_is_asked(client):
    client.advance(580)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: client.refresh(client.tokens["refresh_token"]), range(6)))

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 5


def test_a_worker_that_dies_is_replaced(program, client):
    before = program.workers()

    for worker in before:
        worker.kill()
    assert psutil.wait_procs(before, timeout=20)[1] == []

    assert not set(program.workers()) & set(before)
    assert client.call("GET", "financial/Journals").status_code == 200


def test_without_a_file_the_books_are_in_a_folder_that_goes_with_the_program(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    program = start()
    folders = list(tmp_path.iterdir())
    workers = program.workers()
    end(program)

    assert [path.name.startswith("exact-sandbox-") for path in folders] == [True]
    assert list(tmp_path.iterdir()) == []
    assert not any(worker.is_running() for worker in workers)


def test_workers_end_when_the_parent_is_killed(tmp_path):
    program = start("--data", str(tmp_path / "books.db"))
    workers = program.workers()

    os.kill(program.process.pid, signal.SIGKILL)
    program.process.communicate(timeout=10)

    assert psutil.wait_procs(workers, timeout=10)[1] == []

"""One sandbox for all journeys, and a connected agency for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exact_sandbox.options import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET
from exact_sandbox.server import RunningSandbox
from tests.exact import unlimited_sandbox
from tests.journeys.world import World


@pytest.fixture(scope="session")
def running_exact() -> Iterator[RunningSandbox]:
    with unlimited_sandbox() as running:
        yield running


@pytest.fixture
def exact(running_exact, settings) -> Iterator[RunningSandbox]:
    """The sandbox as the product's Exact, without faults left over from an earlier test."""
    settings.EXACT_BASE_URL = running_exact.base_url
    settings.EXACT_CLIENT_ID = DEFAULT_CLIENT_ID
    settings.EXACT_CLIENT_SECRET = DEFAULT_CLIENT_SECRET
    settings.EXACT_REDIRECT_URI = "http://localhost:8000/exact/callback"
    settings.COPY_SETTLE_SECONDS = settings.COPY_SETTLE_SECONDS_GUARDED = 0
    switches = running_exact.sandbox.switches
    at_start = dict(switches.changed)
    yield running_exact
    running_exact.sandbox.faults.clear()
    switches.reset()
    for name, value in at_start.items():
        switches.set(name, value)


@pytest.fixture
def world(transactional_db, exact) -> World:
    return World.begin(exact)

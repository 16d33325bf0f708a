"""One sandbox over real HTTP for a whole file, put back to its seed before each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from exact_sandbox.server import RunningSandbox, running_sandbox
from tests.exact_sandbox.exact_client import ANNA, NL, ExactClient
from tests.exact_sandbox.receiver import Receiver, receiving


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(minute_limit=100_000, day_limit=1_000_000) as running:
        yield running


@pytest.fixture
def running(one_sandbox: RunningSandbox) -> RunningSandbox:
    one_sandbox.sandbox.reset()
    return one_sandbox


@pytest.fixture
def log_on(running: RunningSandbox) -> Iterator[Callable[..., ExactClient]]:
    clients: list[ExactClient] = []

    def open_client(username: str = ANNA, division: int = NL) -> ExactClient:
        clients.append(ExactClient(running, username, division))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()


@pytest.fixture
def exact(log_on: Callable[..., ExactClient]) -> ExactClient:
    """Anna, in the Dutch division."""
    return log_on()


@pytest.fixture(scope="module")
def one_receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def receiver(running, one_receiver) -> Receiver:
    with one_receiver.arrived:
        one_receiver.calls.clear()
        one_receiver.answers.clear()
    return one_receiver


@pytest.fixture
def manual(exact, receiver) -> ExactClient:
    """Anna, in a sandbox that sends webhooks only when told to."""
    exact.switch(webhook_delivery="manual")
    return exact

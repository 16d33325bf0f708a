"""The library's tests against the sandbox share one client: Bram's, in Studio Noord, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector import http
from exact_sandbox.server import RunningSandbox, running_sandbox
from integrations.exact import me, oauth
from integrations.exact.client import CallRecord, ExactClient
from tests.integrations.exact.support import APP, consent


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    # A whole module runs on one sandbox, so its calls must not use up one minute.
    with running_sandbox(minute_limit=10_000) as running:
        yield running


@pytest.fixture
def transport() -> Iterator[http.Session]:
    with http.session() as opened:
        yield opened


@pytest.fixture(scope="module")
def tokens(sandbox: RunningSandbox) -> oauth.TokenSet:
    with http.session() as opened:
        return oauth.exchange_code(opened, sandbox.base_url, APP, consent(sandbox.base_url))


@pytest.fixture
def records() -> list[CallRecord]:
    return []


@pytest.fixture
def exact(
    sandbox: RunningSandbox,
    tokens: oauth.TokenSet,
    transport: http.Session,
    records: list[CallRecord],
) -> ExactClient:
    start = ExactClient(sandbox.base_url, None, tokens.access_token, transport, records.append)
    return start.for_division(me.get(start).current_division)

"""A sandbox of Exact for tests, and people who walk through its real pages.

Use it from a test module or a conftest.py: ``from tests.exact import sandbox, sandbox_server`` (and list the names
in ``__all__``, so that nobody takes the imports for unused). Tests that call Exact need
``@pytest.mark.django_db(transaction=True)``, since no call is made while a transaction is open.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from django.db.models import F
from django.utils import timezone

from connector.tenancy.models import Organization, Role, User
from connector.tenancy.scope import tenant_transaction
from exact_sandbox.options import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET
from exact_sandbox.server import RunningSandbox, running_sandbox
from integrations import (
    connection_lifecycle,
    connection_setup,
    exact_login,
    lanes,
    queries,
    reference_lists,
)
from integrations.models import (
    ExactConnection,
    ExactGrant,
    LaneMember,
    Numbering,
    ReferenceList,
    Route,
    Subsidiary,
)
from tests import factories

ANNA = "anna@studio-noord.example"
BRAM = "bram@studio-noord.example"
CLAIRE = "claire@studio-zuid.example"
VERA = "viewer@studio-noord.example"
PASSWORD = "sandbox"
_NUMBERING = {Route.BOOKING: Numbering.PSA, Route.EXACT_INVOICE: Numbering.EXACT}
NOORD, ZUID, OST, ARCHIVED = 1000001, 1000002, 1000003, 1000009


_PLENTY = 1_000_000


@contextlib.contextmanager
def unlimited_sandbox(**options: Any) -> Iterator[RunningSandbox]:
    """A sandbox that many tests share: no number of them reaches a limit of a minute or a day."""
    with running_sandbox(minute_limit=_PLENTY, day_limit=_PLENTY, **options) as running:
        running.sandbox.switches.set("token_day_limit", _PLENTY)
        yield running


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[RunningSandbox]:
    """One sandbox for the whole run."""
    with running_sandbox() as running:
        yield running


@pytest.fixture
def sandbox(sandbox_server: RunningSandbox, settings: Any) -> RunningSandbox:
    """The sandbox as it is after seeding, and the product pointed at it."""
    sandbox_server.sandbox.reset()
    settings.EXACT_BASE_URL = sandbox_server.base_url
    settings.EXACT_CLIENT_ID = DEFAULT_CLIENT_ID
    settings.EXACT_CLIENT_SECRET = DEFAULT_CLIENT_SECRET
    settings.EXACT_REDIRECT_URI = "http://localhost:8000/exact/callback"
    return sandbox_server


# --- What the sandbox received --------------------------------------------------------------------------------------


def calls(running: RunningSandbox, *, method: str = "", path: str = "") -> list[dict[str, Any]]:
    """The requests to Exact's own addresses, log-in pages left out; ``path`` is a part of it."""
    return [
        entry
        for entry in running.sandbox.log.since(0)
        if str(entry["path"]).startswith("/api/")
        and entry["path"] != "/api/oauth2/auth"
        and method in ("", entry["method"])
        and path in str(entry["path"])
    ]


def token_calls(running: RunningSandbox) -> list[dict[str, Any]]:
    """The calls to the token address."""
    return calls(running, path="/api/oauth2/token")


# --- Exact's pages --------------------------------------------------------------------------------------------------


def walk_login(address: str, *, username: str = ANNA, allow: bool = True) -> str:
    """Log in and answer the consent page as a person would; return the address the browser is sent back to."""
    with requests.Session() as browser:
        response = browser.get(address, allow_redirects=False, timeout=10)
        assert response.status_code == 200, response.text
        response = browser.post(
            address,
            data={"username": username, "password": PASSWORD, "login": "1"},
            allow_redirects=False,
            timeout=10,
        )
        onward = urljoin(address, response.headers["Location"])
        response = browser.get(onward, allow_redirects=False, timeout=10)
        if response.status_code == 200:
            decision = "allow" if allow else "refuse"
            response = browser.post(
                onward, data={"decision": decision}, allow_redirects=False, timeout=10
            )
        assert response.status_code == 302, response.text
        return response.headers["Location"]


def local(address: str) -> str:
    """Path and query of an address, for Django's test client."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def returned(address: str) -> exact_login.Return:
    """What the address of the callback carries."""
    values = {name: found[0] for name, found in parse_qs(urlsplit(address).query).items()}
    return exact_login.Return(
        values.get("state", ""), values.get("code", ""), values.get("error", "")
    )


# --- A connection with real tokens ----------------------------------------------------------------------------------


def logged_in(
    organization: Organization,
    *,
    user: User | None = None,
    username: str = ANNA,
    country: str = "NL",
    subsidiary: Subsidiary | None = None,
    name: str = "Exact Noord",
) -> ExactConnection:
    """A connection whose person logged in at the sandbox; no division is chosen yet."""
    user = user or factories.make_user(organization=organization, role=Role.ADMIN)
    subsidiary = subsidiary or factories.make_subsidiary(organization=organization)
    with tenant_transaction(organization.pk):
        connection = connection_lifecycle.begin(
            name=name, subsidiary=subsidiary, country=country, user=user, now=timezone.now()
        )
    log_in(connection, user=user, username=username)
    return reload(connection)


def log_in(connection: ExactConnection, *, user: User, username: str = ANNA) -> None:
    """Walk to Exact and back for this connection."""
    with tenant_transaction(connection.organization_id):
        address = exact_login.start(
            connection=connection, user=user, session_key="test-session", now=timezone.now()
        )
    back = walk_login(address, username=username)
    exact_login.finish(
        organization_id=connection.organization_id,
        user=user,
        session_key="test-session",
        returned=returned(back),
        now=timezone.now(),
    )


def connected(
    organization: Organization,
    sandbox: RunningSandbox,
    division: int = NOORD,
    *,
    user: User | None = None,
    username: str = ANNA,
    country: str = "NL",
    numbering: str = "",
    journal: str = "70",
    sync_payments: bool = False,
    subsidiary: Subsidiary | None = None,
    **fields: Any,
) -> ExactConnection:
    """A ready connection to a division of the sandbox: real tokens, real lists, the sandbox's log emptied after.

    `fields` are columns of the connection, such as its route; without `numbering` the route's usual one counts.
    """
    user = user or factories.make_user(organization=organization, role=Role.ADMIN)
    connection = logged_in(
        organization, user=user, username=username, country=country, subsidiary=subsidiary
    )
    now = timezone.now()
    with tenant_transaction(organization.pk):
        connection = connection_lifecycle.get_for_change(connection.pk)
        connection.route = fields.get("route", Route.BOOKING)
        connection_setup.choose_division(connection, division, user=user, now=now)
    fetch_lists(connection)
    with tenant_transaction(organization.pk):
        connection = connection_lifecycle.get_for_change(connection.pk)
        ledger = queries.list_revenue_ledgers(connection).first()
        connection.default_ledger_exact_id = ledger.exact_id if ledger else None
        values: Mapping[str, Any] = {
            "numbering": numbering or _NUMBERING[connection.route],
            "default_journal_code": journal,
            "sync_payments": sync_payments,
        } | fields
        for attribute, value in values.items():
            setattr(connection, attribute, value)
        connection.save()
        connection_lifecycle.make_ready(connection, user=user, now=now)
    sandbox.sandbox.log.clear()
    return reload(connection)


def reload(connection: ExactConnection) -> ExactConnection:
    """The connection as it is stored now."""
    with tenant_transaction(connection.organization_id):
        return queries.list_connections().get(pk=connection.pk)


def fetch_lists(connection: ExactConnection) -> None:
    """Let the lane read every list that is due."""
    for _ in range(30):
        with tenant_transaction(connection.organization_id):
            due = ReferenceList.objects.filter(
                connection=connection, due_at__lte=timezone.now()
            ).exists()
        if not due:
            return
        run_lane(connection)
    raise AssertionError("The lists are still due after 30 turns.")


def run_lane(connection: ExactConnection) -> int:
    """One turn of the connection's lane, done by this process."""
    lane_id = LaneMember.objects.get(connection_id=connection.pk).lane_id
    return lanes.run_turn(lane_id, worker="test-worker")


def age_tokens(grant: ExactGrant, seconds: float, sandbox: RunningSandbox | None = None) -> None:
    """Let the tokens grow older, here and (when it is given) at the sandbox."""
    older = timedelta(seconds=seconds)
    with tenant_transaction(grant.organization_id):
        ExactGrant.objects.filter(pk=grant.pk).update(
            issued_at=F("issued_at") - older, expires_at=F("expires_at") - older
        )
    if sandbox is not None:
        sandbox.sandbox.advance_clock(seconds)


def request_lists(connection: ExactConnection) -> None:
    """Ask for every list again, as the refresh button does."""
    with tenant_transaction(connection.organization_id):
        reference_lists.request_refresh(reload(connection), now=timezone.now())

"""The walk: every route, method and actor, with another organization's ids (RELIABILITY J1, J2, J13, J18)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django.urls import reverse

from connector.tenancy.scope import tenant_transaction
from tests.architecture.routes import PARAMETERS, ROUTES, Access, find_routes, parameters
from tests.factories import sign_in
from tests.whole_organization import WholeOrganization, fingerprint, make_whole_organization

pytestmark = pytest.mark.django_db
METHODS = ("get", "head", "post", "put", "patch", "delete")
SAFE_METHODS = ("get", "head")
CANARY = "Kanarie7Q"
# A route that is not registered fails one test, with a sentence; the walk itself takes the others.
NAMES = sorted(set(find_routes()) & set(ROUTES))
NEEDS_FINANCE = {Access.FINANCE, Access.ADMIN}
SIGNED_IN = {Access.HOME, Access.MEMBER, Access.FINANCE, Access.ADMIN}


@pytest.fixture(scope="module")
def both(django_db_setup, django_db_blocker) -> Iterator[list[WholeOrganization]]:
    """Made once for the walk; each test's own changes are rolled back to here."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield [make_whole_organization(CANARY), make_whole_organization("Own")]
        transaction.set_rollback(True)


@pytest.fixture
def theirs(both: list[WholeOrganization], db) -> WholeOrganization:
    """The organization whose ids are in every address and whose words and rows are watched."""
    return both[0]


@pytest.fixture
def ours(both: list[WholeOrganization], db) -> WholeOrganization:
    """The organization the outsider is an admin of."""
    return both[1]


def _address(name: str, whole: WholeOrganization) -> str:
    return reverse(name, kwargs=parameters(name, find_routes()[name], whole))


def _names_rows(name: str) -> bool:
    return bool(find_routes()[name].pattern.converters)


def _ask_all(browser: Browser, address: str, **more: Any) -> Iterator[tuple[str, Any]]:
    for method in METHODS:
        yield method, getattr(browser, method)(address, **more)


def _words(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace") + str(answer.headers)


def test_every_route_is_registered():
    missing = set(find_routes()) - set(ROUTES)
    gone = set(ROUTES) - set(find_routes())
    unknown = {key for route in find_routes().values() for key in route.pattern.converters} - set(
        PARAMETERS
    )

    assert missing == set(), "Say in tests/architecture/routes.py who may open these routes."
    assert unknown == set(), "Say in tests/architecture/routes.py where these ids come from."
    assert gone == set(), "These routes of tests/architecture/routes.py no longer exist."


@pytest.mark.parametrize("name", NAMES)
def test_j1_a_stranger_sees_and_changes_nothing(name, theirs):
    before = fingerprint(theirs.organization)

    for method, answer in _ask_all(Browser(), _address(name, theirs)):
        place = f"{method} {name}: {answer.status_code}"
        assert CANARY not in _words(answer), place
        if ROUTES[name] in SIGNED_IN:
            assert answer.status_code in {302, 405}, place
            assert answer.status_code == 405 or answer.headers["Location"].startswith("/sign-in/")
        elif ROUTES[name] is Access.API:
            assert answer.status_code == 401, place
            assert method == "head" or "Authorization: Bearer" in answer.json()["error"]["message"]

    assert fingerprint(theirs.organization) == before


@pytest.mark.parametrize("name", NAMES)
def test_j1_another_organizations_admin_sees_and_changes_nothing(name, theirs, ours):
    before = fingerprint(theirs.organization)
    if ROUTES[name] is Access.API:
        headers = {"Authorization": f"Bearer {ours.api_key_text}"}
        answers = _ask_all(
            Browser(headers=headers), _address(name, theirs), content_type="application/json"
        )
    else:
        answers = _ask_all(sign_in(ours.admin), _address(name, theirs))

    # An API id is the caller's own: writing to it may make a row of theirs. A rate of 21 % is in both.
    makes_own = ROUTES[name] is Access.API
    for method, answer in answers:
        place = f"{method} {name}: {answer.status_code}"
        assert CANARY not in _words(answer), place
        if _names_rows(name) and ROUTES[name] is not Access.PUBLIC and not makes_own:
            assert answer.status_code in {404, 405}, place

    assert fingerprint(theirs.organization) == before


@pytest.mark.parametrize("name", NAMES)
def test_j18_a_viewer_changes_nothing(name, theirs):
    before = fingerprint(theirs.organization)
    if ROUTES[name] is Access.API:
        return  # a key has no role

    for method, answer in _ask_all(sign_in(theirs.viewer), _address(name, theirs)):
        place = f"{method} {name}: {answer.status_code}"
        if ROUTES[name] in NEEDS_FINANCE:
            assert answer.status_code in {403, 405}, place
        assert answer.status_code < 500, place

    assert fingerprint(theirs.organization) == before


@pytest.mark.parametrize("name", NAMES)
def test_j20_a_former_member_sees_and_changes_nothing(name, theirs):
    before = fingerprint(theirs.organization)

    for method, answer in _ask_all(sign_in(theirs.ex_member), _address(name, theirs)):
        place = f"{method} {name}: {answer.status_code}"
        assert CANARY not in _words(answer), place
        if ROUTES[name] in SIGNED_IN - {Access.HOME}:
            assert answer.status_code in {403, 405}, place
        elif ROUTES[name] is Access.API:
            assert answer.status_code == 401, place

    assert fingerprint(theirs.organization) == before


@pytest.mark.parametrize("name", NAMES)
def test_j13_looking_changes_nothing(name, theirs):
    if ROUTES[name] is Access.API:
        browser = Browser(headers={"Authorization": f"Bearer {theirs.api_key_text}"})
        browser.get("/api/v1/invoices/")  # the key's last use is noted once in five minutes
    else:
        browser = sign_in(theirs.admin)
    before = fingerprint(theirs.organization)

    for method in SAFE_METHODS:
        answer = getattr(browser, method)(_address(name, theirs))
        assert answer.status_code < 500, f"{method} {name}"

    assert fingerprint(theirs.organization) == before


class Forms(HTMLParser):
    """Collects each form of a page: its address, its method, and the values its fields would send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, dict[str, str]]] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form or a field."""
        found = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.forms.append((found.get("action", ""), found.get("method", "get").lower(), {}))
        elif not self.forms:
            return
        elif tag in {"input", "button", "textarea", "select"} and found.get("name"):
            if found.get("type") != "radio" or "checked" in found:
                self.forms[-1][2].setdefault(found["name"], found.get("value", ""))
            self._select = found["name"] if tag == "select" else ""
        elif tag == "option" and self._select and ("selected" in found):
            self.forms[-1][2][self._select] = found.get("value", "")


def _their_ids(theirs: WholeOrganization) -> list[str]:
    with tenant_transaction(theirs.organization.pk):
        journal = theirs.connection.default_journal_code
        return [
            str(theirs.organization.pk),
            str(theirs.connection.pk),
            str(theirs.connection.subsidiary_id),
            str(theirs.connection.division),
            str(theirs.connection.default_ledger_exact_id),
            str(theirs.connection.customers.get().exact_id),
            str(theirs.invoice.pk),
            str(theirs.invoice.client_id),
            str(theirs.copy_request.pk),
            str(theirs.document.exact_id),
            f"{journal},{theirs.connection.pk}",
        ]


@pytest.mark.parametrize(
    "name", [n for n in NAMES if ROUTES[n] in {Access.MEMBER, Access.FINANCE, Access.ADMIN}]
)
def test_j2_their_ids_in_our_forms_find_nothing(name, theirs, ours):
    browser = sign_in(ours.admin)
    address = _address(name, ours)
    page = browser.get(address)
    reader = Forms()
    reader.feed(_words(page))
    before = fingerprint(theirs.organization)

    for action, method, fields in reader.forms:
        if action == "/sign-out/":
            continue
        fields.pop("csrfmiddlewaretoken", None)
        for field in fields:
            for foreign in _their_ids(theirs):
                with transaction.atomic():
                    answer = getattr(browser, method)(action or address, fields | {field: foreign})
                    place = f"{method} {action or address} {field}={foreign}"
                    assert answer.status_code < 500, place
                    assert CANARY not in _words(answer), place
                    transaction.set_rollback(True)

    assert fingerprint(theirs.organization) == before


API_LISTS = [n for n in NAMES if ROUTES[n] is Access.API and not _names_rows(n)]


@pytest.mark.parametrize("name", [n for n in API_LISTS if n.endswith("_list")])
def test_j2_their_rows_sent_with_our_key_stay_theirs(name, theirs, ours):
    """What their API shows is sent back under our key: it may make rows of ours, never touch or show theirs."""
    address = reverse(name)
    shown = Browser(headers={"Authorization": f"Bearer {theirs.api_key_text}"}).get(address).json()
    rows = shown["results"]
    before = fingerprint(theirs.organization)
    browser = Browser(headers={"Authorization": f"Bearer {ours.api_key_text}"})

    assert CANARY in json.dumps(rows)
    for row in rows:
        for body in (row, {key: value for key, value in row.items() if value is not None}):
            answer = browser.post(address, json.dumps(body), content_type="application/json")
            assert answer.status_code < 500, answer.content
            assert fingerprint(theirs.organization) == before

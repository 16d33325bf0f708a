"""Pages of Exact's lists in any form: they are stored or refused, and the good rows count (RELIABILITY B9)."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.utils import timezone

from connector import http
from connector.tenancy.scope import tenant_transaction
from exact_sandbox.server import running_sandbox
from integrations import list_rows, mirrors
from integrations.list_rows import Start
from integrations.models import ConnectionState, ExactCustomer, ExactDivision, ListKind, Route
from tests import factories
from tests.hostile import answering, client_for, page_of_changes, recorded
from tests.payments.books import Division

pytestmark = pytest.mark.django_db
DIVISION = 1000001
KINDS = (
    ListKind.JOURNALS,
    ListKind.LEDGER_ACCOUNTS,
    ListKind.VAT_CODES,
    ListKind.PAYMENT_CONDITIONS,
    ListKind.COST_CENTERS,
    ListKind.COST_UNITS,
    ListKind.ITEMS,
    ListKind.CUSTOMERS,
    ListKind.DIVISIONS,
)


@pytest.fixture(scope="module")
def pages() -> dict[ListKind, bytes]:
    """What Exact answers for each list."""
    with running_sandbox(minute_limit=10_000) as running, http.session() as transport:
        exact = Division.open(running, transport).client
        starts = {kind: Start(kind, Route.BOOKING, 0, "") for kind in KINDS}
        return {kind: recorded(partial(list_rows.read, exact, starts[kind]))[0] for kind in KINDS}


@pytest.fixture
def connection():
    organization = factories.make_organization()
    made = factories.make_connection(organization=organization, lists=False, division=DIVISION)
    with tenant_transaction(organization.pk):
        yield made


def ids(rows: list[dict[str, object]], kind: ListKind) -> set[object]:
    if kind == ListKind.DIVISIONS:
        return {row["Code"] for row in rows}
    return {UUID(str(row["ID"])) for row in rows}


def stored(kind: ListKind) -> set[object]:
    if kind == ListKind.DIVISIONS:
        return set(ExactDivision.objects.filter(is_usable=True).values_list("code", flat=True))
    model = ExactCustomer if kind == ListKind.CUSTOMERS else mirrors.MODELS[kind][0]
    return set(model.objects.filter(is_gone=False).values_list("exact_id", flat=True))


def usable(row: dict[str, object]) -> bool:
    return row.get("Status") == 0 and not row.get("BlockingStatus")


@pytest.mark.parametrize("kind", KINDS)
def test_b9_whatever_a_property_holds_the_rows_that_fit_are_stored(kind, pages, connection):
    body = pages[kind]
    good = json.loads(body)["d"]["results"]
    if kind == ListKind.DIVISIONS:
        good = [row for row in good if usable(row)]
    page = page_of_changes(body)

    with answering(lambda _url: page):
        read = list_rows.read(client_for(DIVISION), Start(kind, Route.BOOKING, 0, ""))
    list_rows.store(connection, read, now=timezone.now())

    assert read.quarantined
    assert stored(kind) >= ids(good, kind)
    if read.cursor is not None:
        assert -(2**63) <= read.cursor < 2**63


def test_b9_a_division_that_is_told_oddly_does_not_hold_the_connection(pages, connection):
    """Only a list that was read whole can say that a division is not there."""
    page = json.loads(pages[ListKind.DIVISIONS])
    own = next(row for row in page["d"]["results"] if row["Code"] == DIVISION)
    start = Start(ListKind.DIVISIONS, Route.BOOKING, 0, "")
    set_aside = []
    for status in (own["Status"], "regular"):
        own["Status"] = status
        with answering(lambda _url: json.dumps(page).encode()):
            read = list_rows.read(client_for(DIVISION), start)
        list_rows.store(connection, read, now=timezone.now())
        set_aside.append(len(read.quarantined))

    assert set_aside == [0, 1]
    connection.refresh_from_db()
    assert connection.state == ConnectionState.READY
    assert DIVISION in stored(ListKind.DIVISIONS)


def test_b9_a_change_in_the_far_future_does_not_hide_those_that_come(pages):
    page = json.loads(pages[ListKind.LEDGER_ACCOUNTS])
    page["d"]["results"][0]["Modified"] = "/Date(253402300799999)/"
    with answering(lambda _url: json.dumps(page).encode()):
        read = list_rows.read(
            client_for(DIVISION), Start(ListKind.LEDGER_ACCOUNTS, Route.BOOKING, 0, "")
        )

    tomorrow = (timezone.now() + timedelta(days=2)).timestamp() * 1000
    assert read.cursor is not None
    assert 0 < read.cursor < tomorrow

"""Lists that are read by their changes, and the lists that only one route needs: RELIABILITY B11 and G4 for items."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import requests
from django.utils import timezone

from connector.tenancy.scope import tenant_transaction
from integrations import reference_lists
from integrations.models import DivisionLane, Item, LedgerAccount, ListKind, ReferenceList, Route
from tests import exact, factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organization():
    return factories.make_organization(name="Studio Noord")


@pytest.fixture
def selling(organization, sandbox):
    """A ready connection of which Exact writes the invoices."""
    return exact.connected(organization, sandbox, route=Route.EXACT_INVOICE)


def row(connection, kind):
    with tenant_transaction(connection.organization_id):
        return reference_lists.freshness(connection)[kind]


def items(connection, **wanted):
    with tenant_transaction(connection.organization_id):
        return {one.code: one for one in Item.objects.filter(connection=connection, **wanted)}


def read_again(connection):
    exact.request_lists(connection)
    exact.fetch_lists(connection)


def in_exact(sandbox):
    return sandbox.sandbox.database


def make_items(sandbox, count):
    """Items that all changed in the same moment, as an import in Exact makes them."""
    database = in_exact(sandbox)
    seeded = database.find("items", Division=exact.NOORD, Code="DESIGN")
    with database.transaction():
        for number in range(count):
            new = {"ID": str(uuid4()), "Code": f"BULK-{number:05}"}
            database.insert("items", seeded | new)
        database.execute(
            "UPDATE items SET Modified = (SELECT Modified FROM items WHERE Code = 'DESIGN' LIMIT 1)"
        )


def token_of_bram(sandbox):
    body = {"username": exact.BRAM}
    answer = requests.post(f"{sandbox.base_url}/_sandbox/tokens", json=body, timeout=10)
    return answer.json()["access_token"]


def change_item(sandbox, code, description):
    """Somebody changes an item in Exact, a day after the others."""
    database = in_exact(sandbox)
    with database.transaction():
        item = database.find("items", Division=exact.NOORD, Code=code)
        later = item["Modified"] + timedelta(days=1)
        database.update(
            "items", ("ID", item["ID"]), {"Description": description, "Modified": later}
        )


def test_d1_only_the_route_on_which_exact_writes_the_invoice_reads_items(organization, sandbox):
    booking = exact.connected(organization, sandbox)

    assert ListKind.ITEMS not in reference_lists.kinds_for(booking)
    assert items(booking) == {}
    with tenant_transaction(organization.pk):
        assert not ReferenceList.objects.filter(kind=ListKind.ITEMS).exists()


def test_h11_the_items_are_mirrored_with_their_last_day_and_whether_they_are_sold(selling):
    found = items(selling)

    assert found["DESIGN"].is_usable
    assert found["DESIGN"].unit == "hour"
    assert not found["LAPTOP"].is_usable
    assert found["OLD"].end_date < timezone.now().date()
    assert row(selling, ListKind.ITEMS).row_count == len(found)


def test_items_that_changed_in_the_same_moment_are_all_read_page_by_page(organization, sandbox):
    make_items(sandbox, 130)

    connection = exact.connected(organization, sandbox, route=Route.EXACT_INVOICE)

    assert len(items(connection, code__startswith="BULK-")) == 130
    assert row(connection, ListKind.ITEMS).next_page == ""


def test_a_reading_that_was_interrupted_goes_on_with_the_next_page(selling, sandbox):
    make_items(sandbox, 130)
    with tenant_transaction(selling.organization_id):
        ReferenceList.objects.filter(connection=selling).update(due_at=None)
        reference_lists.request_refresh(selling, kinds=[ListKind.ITEMS], now=timezone.now())
    sandbox.sandbox.faults.add({"fault": "unavailable_503", "path": "Items", "skip": 1, "times": 1})
    exact.run_lane(selling)
    assert row(selling, ListKind.ITEMS).next_page

    DivisionLane.objects.update(resume_at=None)
    exact.fetch_lists(selling)

    assert len(items(selling, code__startswith="BULK-")) == 130
    answered = [call for call in exact.calls(sandbox, path="Items") if call["status"] == 200]
    assert len(answered) == 3


def test_only_changes_are_read_afterwards_and_deletions_told_apart(selling, sandbox):
    change_item(sandbox, "DESIGN", "Design and advice")
    ledger_before = row(selling, ListKind.LEDGER_ACCOUNTS).cursor

    read_again(selling)

    (asked,) = exact.calls(sandbox, path="logistics/Items")
    assert "Modified" in asked["query"]
    (asked,) = exact.calls(sandbox, path="financial/GLAccounts")
    assert "Modified" in asked["query"]
    assert row(selling, ListKind.LEDGER_ACCOUNTS).cursor >= ledger_before > 0
    assert items(selling)["DESIGN"].description == "Design and advice"
    assert not items(selling, is_gone=True)


def test_an_item_or_ledger_account_that_was_deleted_in_exact_is_gone_here(selling, sandbox):
    with tenant_transaction(selling.organization_id):
        ledger = LedgerAccount.objects.filter(connection=selling).order_by("code").last()
    path = f"{sandbox.base_url}/api/v1/{exact.NOORD}"
    header = {"Authorization": f"Bearer {token_of_bram(sandbox)}"}
    for address in (
        f"{path}/logistics/Items(guid'{items(selling)['PRINT'].exact_id}')",
        f"{path}/financial/GLAccounts(guid'{ledger.exact_id}')",
    ):
        answer = requests.delete(address, headers=header, timeout=10)
        assert answer.status_code == 204, answer.text

    read_again(selling)

    assert set(items(selling, is_gone=True)) == {"PRINT"}
    with tenant_transaction(selling.organization_id):
        assert list(LedgerAccount.objects.filter(is_gone=True)) == [ledger]


def test_after_two_months_without_deletions_the_whole_list_is_read_again(selling, sandbox):
    database = in_exact(sandbox)
    with database.transaction():
        database.execute("DELETE FROM items WHERE Code = ?", ["TRAVEL"])
    with tenant_transaction(selling.organization_id):
        ReferenceList.objects.filter(kind=ListKind.DELETED_CUSTOMERS).update(
            refreshed_at=timezone.now() - timedelta(days=61)
        )

    read_again(selling)

    assert set(items(selling, is_gone=True)) == {"TRAVEL"}


def test_a_list_read_anew_and_interrupted_goes_on_where_that_got_to(selling, sandbox):
    make_items(sandbox, 130)
    read_again(selling)
    change_item(sandbox, "DESIGN", "Newest")
    read_again(selling)
    newest = row(selling, ListKind.ITEMS).cursor
    with tenant_transaction(selling.organization_id):
        ReferenceList.objects.filter(kind=ListKind.DELETED_CUSTOMERS).update(
            refreshed_at=timezone.now() - timedelta(days=61)
        )
        ReferenceList.objects.update(due_at=None)
        reference_lists.request_refresh(selling, kinds=[ListKind.ITEMS], now=timezone.now())
    sandbox.sandbox.faults.add({"fault": "evil_next", "path": "Items", "skip": 1, "times": 1})

    exact.run_lane(selling)

    stopped = row(selling, ListKind.ITEMS)
    assert "not understood" in stopped.problem
    assert stopped.cursor < newest
    read_again(selling)
    assert not items(selling, is_gone=True)


@pytest.mark.parametrize(
    ("route", "area"), [(Route.BOOKING, "SalesEntries"), (Route.EXACT_INVOICE, "SalesInvoices")]
)
def test_d11_the_rights_are_asked_at_the_documents_of_the_route(organization, sandbox, route, area):
    connection = exact.connected(organization, sandbox, route=route)

    read_again(connection)

    assert len(exact.calls(sandbox, path=area)) == 1
    assert row(connection, ListKind.RIGHTS).problem == ""


def test_b11_h18_h19_a_missing_right_is_explained_with_exacts_own_words_and_an_id(selling, sandbox):
    answer = requests.patch(
        f"{sandbox.base_url}/_sandbox/applications",
        json={"scopes": {"Sales invoices": "none"}},
        timeout=10,
    )
    assert answer.ok, answer.text

    read_again(selling)

    told = row(selling, ListKind.RIGHTS)
    assert "lacks the right to sales invoices" in told.problem
    assert "Application Scope Violated" in told.problem_in_exact
    assert len(told.problem_id) == 8

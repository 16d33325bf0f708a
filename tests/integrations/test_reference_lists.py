"""Our copies of Exact's lists, read through the lane from the sandbox: RELIABILITY B9, B11, B12, B14, C10, G4, G5."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from exact_sandbox.users import set_divisions, user_by_name
from integrations import list_rows, queries, reference_lists
from integrations.exact.accounts import SyncedAccount
from integrations.exact.rows import Quarantined
from integrations.models import (
    ConnectionState,
    ExactCustomer,
    Journal,
    LedgerAccount,
    ListKind,
    PaymentCondition,
    ReferenceList,
    VatCode,
)
from tests import exact, factories


@pytest.fixture
def organization():
    return factories.make_organization(name="Studio Noord")


@pytest.fixture
def admin(organization):
    return factories.make_user(organization=organization, role=Role.ADMIN)


@pytest.fixture
def ready(organization, admin, sandbox):
    return exact.connected(organization, sandbox, user=admin)


def lists(connection):
    with tenant_transaction(connection.organization_id):
        return reference_lists.freshness(connection)


@pytest.mark.django_db(transaction=True)
def test_every_list_is_mirrored_and_says_when(ready):
    fresh = lists(ready)

    assert set(fresh) == set(ListKind) - {ListKind.ITEMS, *reference_lists.COST_LISTS}
    assert all(row.refreshed_at is not None and row.problem == "" for row in fresh.values())
    with tenant_transaction(ready.organization_id):
        counts = {
            model: model.objects.filter(connection=ready).count()
            for model in (Journal, LedgerAccount, VatCode, PaymentCondition, ExactCustomer)
        }
    assert all(counts.values()), counts


@pytest.mark.django_db(transaction=True)
def test_a_second_reading_changes_nothing_and_asks_only_for_news(ready, sandbox):
    with tenant_transaction(ready.organization_id):
        before = list(ExactCustomer.objects.order_by("id").values_list("id", "name", "timestamp"))
        cursor = ReferenceList.objects.get(connection=ready, kind=ListKind.CUSTOMERS).cursor
    exact.request_lists(ready)

    exact.fetch_lists(ready)

    with tenant_transaction(ready.organization_id):
        assert before == list(
            ExactCustomer.objects.order_by("id").values_list("id", "name", "timestamp")
        )
    (call,) = exact.calls(sandbox, path="sync/CRM/Accounts")
    assert f"{cursor}L" in call["query"]


@pytest.mark.django_db(transaction=True)
def test_the_refresh_button_asks_the_lane_and_calls_nothing_itself(ready, admin, sandbox):
    browser = factories.sign_in(admin)
    with tenant_transaction(ready.organization_id):
        ReferenceList.objects.update(requested_at=timezone.now() - timedelta(minutes=2))

    response = browser.post(f"/settings/marketplace/{ready.pk}/refresh/", {"step": "mapping"})

    assert response["Location"] == f"/settings/marketplace/{ready.pk}/mapping/"
    assert exact.calls(sandbox) == []
    assert all(row.due_at <= timezone.now() for row in lists(ready).values())


@pytest.mark.django_db(transaction=True)
def test_lists_are_due_again_after_a_day(ready):
    work = reference_lists.ListsWork()
    now = timezone.now()

    with tenant_transaction(ready.organization_id):
        due_at = work.next_due_at(ready, now=now)

    assert due_at is not None
    assert timedelta(hours=23) < due_at - now <= timedelta(hours=24)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", [ConnectionState.DISCONNECTED, ConnectionState.NEEDS_CONSENT])
def test_p62_no_list_is_due_for_a_connection_that_does_not_work(ready, state):
    ready.state = state

    with tenant_transaction(ready.organization_id):
        due_at = reference_lists.ListsWork().next_due_at(ready, now=timezone.now())

    assert due_at is None


@pytest.mark.django_db(transaction=True)
def test_b11_a_missing_scope_is_told_on_its_list_and_the_others_are_read(ready, sandbox):
    with tenant_transaction(ready.organization_id):
        before = LedgerAccount.objects.filter(connection=ready, is_gone=False).count()
    answer = requests.patch(
        f"{sandbox.base_url}/_sandbox/applications",
        json={"scopes": {"Financial generalledgers": "none"}},
        timeout=10,
    )
    assert answer.ok, answer.text
    exact.request_lists(ready)

    exact.fetch_lists(ready)

    fresh = lists(ready)
    assert "lacks the right" in fresh[ListKind.LEDGER_ACCOUNTS].problem
    assert fresh[ListKind.VAT_CODES].problem == ""
    with tenant_transaction(ready.organization_id):
        assert LedgerAccount.objects.filter(connection=ready, is_gone=False).count() == before


@pytest.mark.django_db(transaction=True)
def test_b14_rows_of_another_division_are_left_out_and_said(ready, sandbox):
    sandbox.sandbox.faults.add({"fault": "wrong_division", "path": "VATCodes"})
    exact.request_lists(ready)

    exact.fetch_lists(ready)

    problem = lists(ready)[ListKind.VAT_CODES].problem
    assert "left out" in problem
    assert "(Division: " in problem
    exact.request_lists(ready)
    exact.fetch_lists(ready)
    assert lists(ready)[ListKind.VAT_CODES].problem == ""
    with tenant_transaction(ready.organization_id):
        [told] = ready.events.filter(kind="list_rows_set_aside")
        assert told.sentence == f"VAT codes: {problem}"
        assert told.details["count"] > 1
        assert not VatCode.objects.filter(connection=ready, is_gone=True).exists()


@pytest.mark.django_db(transaction=True)
def test_b8_a_next_page_on_another_host_is_not_followed(ready, sandbox):
    sandbox.sandbox.faults.add({"fault": "evil_next", "path": "GLAccounts"})
    exact.request_lists(ready)

    exact.fetch_lists(ready)

    assert "not understood" in lists(ready)[ListKind.LEDGER_ACCOUNTS].problem


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", ["unavailable_503", "maintenance_html", "drop_before"])
def test_exact_away_keeps_the_old_lists_and_reads_again_later(ready, sandbox, fault):
    with tenant_transaction(ready.organization_id):
        before = Journal.objects.filter(connection=ready, is_gone=False).count()
    sandbox.sandbox.faults.add({"fault": fault, "path": "Journals", "times": 99})
    exact.request_lists(ready)

    exact.run_lane(ready)

    with tenant_transaction(ready.organization_id):
        assert Journal.objects.filter(connection=ready, is_gone=False).count() == before
    assert lists(ready)[ListKind.JOURNALS].due_at <= timezone.now()


@pytest.mark.django_db(transaction=True)
def test_an_archived_division_needs_attention_and_recovers(ready, sandbox):
    database = sandbox.sandbox.database
    _archive(database, exact.NOORD, archived=True)
    exact.request_lists(ready)
    exact.fetch_lists(ready)

    held = exact.reload(ready)
    assert held.state == ConnectionState.NEEDS_ATTENTION
    assert "archived" in held.state_reason

    _archive(database, exact.NOORD, archived=False)
    exact.request_lists(ready)
    exact.fetch_lists(ready)
    assert exact.reload(ready).state == ConnectionState.READY
    with tenant_transaction(ready.organization_id):
        kinds = list(ready.events.values_list("kind", flat=True))
    assert kinds.count("division_unusable") == 1
    assert kinds.count("division_usable") == 1


@pytest.mark.django_db(transaction=True)
def test_c10_a_user_who_lost_the_division_is_told_what_to_do(ready, sandbox):
    anna = user_by_name(sandbox.sandbox.database, exact.ANNA)
    assert anna is not None
    with sandbox.sandbox.database.transaction():
        set_divisions(sandbox.sandbox.database, anna, [exact.ZUID])
    exact.request_lists(ready)

    exact.fetch_lists(ready)

    held = exact.reload(ready)
    assert held.state == ConnectionState.NEEDS_ATTENTION
    assert str(exact.NOORD) in held.state_reason


# --- Storing, without the sandbox -----------------------------------------------------------------------------------


@pytest.fixture
def mirrored(organization):
    return factories.make_connection(organization=organization, lists=False)


def account(connection, **values):
    row = {
        "exact_id": "6f1f3c1e-0000-4000-8000-000000000001",
        "division": connection.division,
        "name": "Client",
        "code": "100",
        "status": "C",
        "timestamp": 10,
    }
    return SyncedAccount(**row | values)


def store(connection, kind, rows, quarantined=()):
    with tenant_transaction(connection.organization_id):
        read = list_rows.Read(kind, rows, [one.reason for one in quarantined])
        return list_rows.store(connection, read, now=timezone.now())


@pytest.mark.django_db
def test_g4_an_older_page_never_overwrites_a_newer_row(mirrored):
    store(mirrored, ListKind.CUSTOMERS, [account(mirrored, name="New", timestamp=20)])

    store(mirrored, ListKind.CUSTOMERS, [account(mirrored, name="Old", timestamp=10)])

    with tenant_transaction(mirrored.organization_id):
        assert ExactCustomer.objects.get().name == "New"


@pytest.mark.django_db
def test_g5_the_same_row_twice_in_a_page_is_one_row(mirrored):
    rows = [
        account(mirrored, name="First", timestamp=10),
        account(mirrored, name="Second", timestamp=11),
        account(mirrored, name="Stale", timestamp=9),
    ]

    assert store(mirrored, ListKind.CUSTOMERS, rows) == 1

    with tenant_transaction(mirrored.organization_id):
        assert ExactCustomer.objects.get().name == "Second"


@pytest.mark.django_db
def test_b9_quarantined_rows_make_nothing_disappear(organization):
    connection = factories.make_connection(organization=organization)

    store(connection, ListKind.JOURNALS, [], quarantined=[Quarantined("Code: missing", {})])
    with tenant_transaction(organization.pk):
        assert queries.list_usable_sales_journals(connection).exists()

    store(connection, ListKind.JOURNALS, [])
    with tenant_transaction(organization.pk):
        assert not queries.list_usable_sales_journals(connection).exists()
        assert Journal.objects.filter(connection=connection).exists()


@pytest.mark.django_db
def test_texts_longer_than_our_columns_are_cut_and_never_stop_a_page(mirrored):
    long = account(mirrored, name="x" * 5000, email="e" * 900, city="c" * 900)

    store(mirrored, ListKind.CUSTOMERS, [long])

    with tenant_transaction(mirrored.organization_id):
        assert len(ExactCustomer.objects.get().name) == 200


def _archive(database, division, *, archived):
    status = 2 if archived else 1
    database.execute('UPDATE divisions SET "Status" = ? WHERE "Code" = ?', [status, division])

"""The toggle *Synchronize payments* on the connection's page, and what it schedules."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.models import ExactConnection, LaneMember
from payments.models import SyncCursor
from payments.sync import work
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection() -> ExactConnection:
    organization = factories.make_organization()
    made = factories.make_connection(organization=organization)
    with tenant_transaction(organization.pk):
        lanes.seat(made)
    return made


@pytest.fixture
def admin(connection):
    with tenant_transaction(connection.organization_id):
        organization = connection.organization
    return factories.sign_in(factories.make_user(organization=organization))


def save(admin, connection: ExactConnection, **changes: str):
    """Save the settings page with what it shows, changed."""
    form = {
        "name": connection.name,
        "subsidiary": str(connection.subsidiary_id),
        "numbering": connection.numbering,
        "division": str(connection.division),
        "default_journal_code": connection.default_journal_code,
    }
    return admin.post(f"/settings/marketplace/{connection.pk}/settings/", form | changes)


def due_at(connection: ExactConnection):
    with tenant_transaction(connection.organization_id):
        fresh = ExactConnection.objects.get(pk=connection.pk)
        return work.next_due_at(fresh, now=timezone.now())


def page(admin, connection: ExactConnection) -> str:
    answer = admin.get(f"/settings/marketplace/{connection.pk}/settings/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_p2_the_toggle_is_off_until_an_admin_turns_it_on(connection, admin):
    assert 'name="sync_payments"' in page(admin, connection)
    assert " checked" not in page(admin, connection).split('name="sync_payments"')[1][:120]
    assert due_at(connection) is None


def test_p19_turning_the_toggle_on_is_kept_and_schedules_the_work(connection, admin):
    answer = save(admin, connection, sync_payments="on")

    assert answer.status_code == 302
    assert due_at(connection) is not None
    assert LaneMember.objects.get(connection_id=connection.pk).due_at is not None
    assert " checked" in page(admin, connection).split('name="sync_payments"')[1][:120]


def test_p19_turning_it_off_ends_the_work(connection, admin):
    save(admin, connection, sync_payments="on")

    save(admin, connection)

    assert due_at(connection) is None


def test_the_first_day_is_kept_shown_again_and_asks_for_what_lies_before_it(connection, admin):
    save(admin, connection, sync_payments="on", payments_from="2026-03-01")
    assert 'value="2026-03-01"' in page(admin, connection)
    with tenant_transaction(connection.organization_id):
        ExactConnection.objects.update(payments_sync_requested_at=None)
        SyncCursor.objects.create(
            connection=connection, next_at=timezone.now() + timedelta(minutes=4)
        )

    save(admin, connection, sync_payments="on", payments_from="2026-01-01")

    with tenant_transaction(connection.organization_id):
        fresh = ExactConnection.objects.get(pk=connection.pk)
    assert fresh.payments_from == date(2026, 1, 1)
    assert fresh.payments_sync_requested_at is not None


@pytest.mark.parametrize("day", ["2999-01-01", "1899-12-31", "soon"])
def test_a_first_day_that_cannot_be_is_refused_with_a_sentence(connection, admin, day):
    answer = save(admin, connection, sync_payments="on", payments_from=day)

    assert answer.status_code == 422
    assert 'id="id_payments_from_error"' in answer.content.decode()
    with tenant_transaction(connection.organization_id):
        assert not ExactConnection.objects.get(pk=connection.pk).sync_payments


def test_p20_the_note_says_that_bulk_payments_are_recognized(connection, admin):
    """The original leaves bulk payments to a person; here they are read, and the note beside the toggle says so."""
    text = page(admin, connection)

    assert "booked as one amount and matched with several invoices are recognized" in text


def test_p60_the_note_says_that_expenses_are_not_synchronized(connection, admin):
    assert "Expenses are not synchronized" in page(admin, connection)
    assert "expenses are not synchronized" in admin.get("/payments/").content.decode()

"""What a restored database forgot and no invoice claims, on the health page: seen by members, dismissed by admins (RELIABILITY F4)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from uuid import UUID, uuid4

import pytest

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.models import ConnectionEvent, ConnectionState, ExactConnection, Route
from invoices.connection_health import forgotten
from invoices.models import CopyRequest, CopyState, ForgottenDocument
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


class Agency:
    """An organization whose restored database has forgotten a few documents."""

    def __init__(self) -> None:
        self.organization = factories.make_organization()
        self.connection = factories.make_connection(
            organization=self.organization, default_vat_code="2"
        )
        with self.rows():
            lanes.seat(self.connection)
        self.admin = factories.make_user(organization=self.organization)
        self.finance = factories.make_user(organization=self.organization, role=Role.FINANCE)

    def rows(self):
        return tenant_transaction(self.organization.pk)

    def forget(self, number="F-2701", *, amount="121.00", **fields):
        with self.rows():
            return ForgottenDocument.objects.create(
                connection=self.connection,
                exact_id=uuid4(),
                marker="K7Q2-9F3M",
                your_ref=number,
                gross_amount=Decimal(amount),
                found_at=NOW,
                **{"route": Route.BOOKING, "description": "Website [K7Q2-9F3M]", **fields},
            )

    def held(self, number):
        invoice = factories.make_invoice(
            organization=self.organization, subsidiary=self.connection.subsidiary, number=number
        )
        return factories.make_copy_request(
            invoice=invoice,
            connection=self.connection,
            state=CopyState.NEEDS_CHOICE,
            choices={"journal_code": "70"},
            problem_code="forgotten_by_restore",
            problem_sentence="Exact has it, or another one's.",
            problem_remedy="Look.",
        )

    @property
    def address(self):
        return f"/settings/marketplace/{self.connection.pk}/health/"

    def page(self, user=None):
        answer = factories.sign_in(user or self.admin).get(self.address)
        assert answer.status_code == 200
        return " ".join(unescape(answer.content.decode()).split())

    def dismiss(self, row, user=None):
        path = f"{self.address}forgotten/{row.pk}/dismiss/"
        return factories.sign_in(user or self.admin).post(path, follow=True)

    def is_waiting(self, row):
        with self.rows():
            return ForgottenDocument.objects.get(pk=row.pk).settled_at is None


@pytest.fixture
def agency():
    return Agency()


def test_without_forgotten_documents_the_page_says_nothing_of_them(agency):
    agency.forget(settled_at=NOW)

    assert "before the database was restored" not in agency.page()


def test_reliability_f4_members_see_what_nobody_claims_and_only_admins_may_dismiss_it(agency):
    row = agency.forget(amount="1210.50", document_date=date(2026, 11, 20))
    agency.forget("", description="Retainer [K7Q2-9F3M]")

    seen, changeable = agency.page(agency.finance), agency.page()

    for page in (seen, changeable):
        assert "2 documents in Exact from before the database was restored" in page
        assert "with our mark, made after the backup was taken" in page
        for told in ("F-2701", "1,210.50", "20 Nov 2026", "without a number", "Retainer [K7Q2"):
            assert told in page, told
        assert "Open in Exact" not in page
    assert "/dismiss/" not in seen
    assert f"/forgotten/{row.pk}/dismiss/" in changeable
    assert agency.dismiss(row, agency.finance).status_code == 403
    assert agency.is_waiting(row)


def test_reliability_f4_not_ours_dismisses_it_and_says_who_did(agency):
    row = agency.forget()

    answer = agency.dismiss(row)

    assert "Dismissed: copies look at it no more." in answer.content.decode()
    assert answer.context["forgotten"].count == 0
    with agency.rows():
        [event] = ConnectionEvent.objects.filter(kind="forgotten_dismissed")
    assert event.user == agency.admin
    assert event.details == {"exact_id": str(row.exact_id)}
    assert "“F-2701” in Exact" in str(event.sentence)
    again = agency.dismiss(row).content.decode()
    assert "Somebody decided about it meanwhile" in again
    with agency.rows():
        assert ConnectionEvent.objects.filter(kind="forgotten_dismissed").count() == 1


def test_reliability_f4_j2_another_organizations_document_cannot_be_dismissed(agency):
    theirs = Agency()
    row = theirs.forget()

    own_address = f"{agency.address}forgotten/{row.pk}/dismiss/"
    browser = factories.sign_in(agency.admin)

    assert browser.post(own_address).status_code == 404
    assert browser.post(f"{theirs.address}forgotten/{row.pk}/dismiss/").status_code == 404
    assert theirs.is_waiting(row)
    # Nor through another connection of the same organization.
    beside = factories.make_connection(organization=theirs.organization)
    path = f"/settings/marketplace/{beside.pk}/health/forgotten/{row.pk}/dismiss/"
    assert factories.sign_in(theirs.admin).post(path).status_code == 404
    assert theirs.is_waiting(row)
    with agency.rows():
        assert forgotten.list_forgotten(theirs.connection).count == 0


def test_reliability_f4_what_was_held_because_of_it_is_asked_for_again_and_nothing_else(agency):
    row = agency.forget()
    waits, other = agency.held("F-2701"), agency.held("F-2799")

    page = " ".join(agency.dismiss(row).content.decode().split())

    assert "1 copy was asked for again, with the same choices." in page
    with agency.rows():
        waits.refresh_from_db()
        other.refresh_from_db()
        [queued] = CopyRequest.objects.filter(state=CopyState.QUEUED)
        assert queued.requested_by == agency.admin
    assert (waits.state, other.state) == (CopyState.CANCELLED, CopyState.NEEDS_CHOICE)
    assert (queued.invoice_id, queued.choices) == (waits.invoice_id, waits.choices)


def test_where_the_connection_cannot_be_used_the_copy_stays_held_and_the_page_says_why(agency):
    row, waits = agency.forget(), agency.held("F-2701")
    with agency.rows():
        ExactConnection.objects.update(state=ConnectionState.NEEDS_CONSENT)

    page = agency.dismiss(row).content.decode()

    assert "Dismissed: copies look at it no more." in page
    assert "has to be reconnected before" in page
    assert not agency.is_waiting(row)
    with agency.rows():
        waits.refresh_from_db()
    assert waits.state == CopyState.NEEDS_CHOICE


def test_a_document_opens_in_exact_where_its_id_is_enough_for_that(agency, settings):
    entry = agency.forget()
    # Exact's own invoice is not known by the id of its entry.
    agency.forget("F-2702", route=Route.EXACT_INVOICE)
    settings.EXACT_ENTRY_URL = "{exact}/entry?id={entry_id}&d={division}"

    found = re.findall(r'href="([^"]+/entry\?[^"]+)"', agency.page())

    [address] = found
    assert address.endswith(f"/entry?id={entry.exact_id}&d={agency.connection.division}")
    settings.EXACT_ENTRY_URL = "{exact}/docs/{journal}?n={entry_number}"
    assert "/docs/" not in agency.page()


def test_many_are_counted_and_the_first_of_them_shown(agency):
    with agency.rows():
        ForgottenDocument.objects.bulk_create(
            ForgottenDocument(
                organization_id=agency.organization.pk,
                connection=agency.connection,
                route=Route.BOOKING,
                exact_id=UUID(int=number),
                marker="K7Q2-9F3M",
                your_ref=f"F-{number}",
                document_date=date(2026, 1, 1) + timedelta(days=number),
                gross_amount=Decimal(121),
                found_at=NOW,
            )
            for number in range(1, 62)
        )

    page = agency.page()

    assert "61 documents in Exact" in page
    assert "The first 50 are shown" in page
    assert page.count("/dismiss/") == 50
    assert "F-50<" in page.replace(" <", "<")
    assert "F-51" not in page

"""The health page of a connection: three counters that open what they counted, causes, and Retry all (B-10)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connector.money import format_money
from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.models import ConnectionState, ExactConnection
from invoices.connection_health import retrying, standings, troubles
from invoices.models import (
    BreakKind,
    CopyKind,
    CopyRequest,
    CopyState,
    DeliveryState,
    InvoiceEvent,
    InvoiceKind,
    PostedDocumentState,
    ReconciliationBreak,
)
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
RATE = {"problem_code": "vat_code_unknown", "problem_remedy": "Give the tax rate a VAT code."}


class Office:
    """An organization with a working connection and people."""

    def __init__(self) -> None:
        self.organization = factories.make_organization()
        self.connection = factories.make_connection(
            organization=self.organization, default_vat_code="2"
        )
        with tenant_transaction(self.organization.pk):
            lanes.seat(self.connection)
        self.finance = factories.make_user(organization=self.organization, role=Role.FINANCE)
        self.browser = factories.sign_in(self.finance)

    def invoice(self, kind=InvoiceKind.INVOICE):
        return factories.make_invoice(
            organization=self.organization, subsidiary=self.connection.subsidiary, kind=kind
        )

    def held(self, state=CopyState.NEEDS_CHOICE, *, of=InvoiceKind.INVOICE, **fields):
        """An invoice whose copy stands still, for something that is mended since."""
        fields.setdefault("choices", {"journal_code": "70"})
        return factories.make_copy_request(
            invoice=self.invoice(of), connection=self.connection, state=state, **fields
        )

    def no_rate(self, line=1, **fields):
        sentence = f"Line {line}: tax rate 9 % has no VAT code."
        return self.held(problem_sentence=sentence, **RATE, **fields)

    def copied(self, **fields):
        return factories.make_posted_document(
            invoice=self.invoice(), connection=self.connection, **fields
        )

    def rows(self):
        return tenant_transaction(self.organization.pk)

    def troubles(self):
        with self.rows():
            return troubles.list_troubles(self.connection)

    def page(self, name="", **options):
        path = f"/settings/marketplace/{self.connection.pk}/health/{name}"
        return self.browser.get(path, **options)

    def retry(self, trouble):
        path = f"/settings/marketplace/{self.connection.pk}/health/causes/{trouble.key}/retry/"
        return " ".join(unescape(self.browser.post(path, follow=True).content.decode()).split())


@pytest.fixture
def office():
    return Office()


def _mixed(office):
    """One invoice in each position, by what the page has to call it."""
    changed = office.copied()
    with office.rows():
        ReconciliationBreak.objects.create(
            invoice=changed.invoice,
            document=changed,
            connection=office.connection,
            kind=BreakKind.MISSING,
            exact_id=changed.exact_id,
            sentence="It is gone.",
            first_seen_at=NOW,
            last_seen_at=NOW,
        )
    differed = office.held(CopyState.MISMATCH)
    factories.make_posted_document(
        invoice=differed.invoice, connection=office.connection, copy_request=differed
    )
    mended = office.held(CopyState.MISMATCH)
    factories.make_posted_document(
        invoice=mended.invoice,
        connection=office.connection,
        copy_request=mended,
        state=PostedDocumentState.SUPERSEDED,
    )
    factories.make_posted_document(invoice=mended.invoice, connection=office.connection)
    found = {
        "in_sync": {office.copied().invoice_id, mended.invoice_id},
        "not_synced": {
            office.invoice().pk,
            office.held(CopyState.QUEUED).invoice_id,
            office.held(CopyState.UNKNOWN).invoice_id,
            office.held(CopyState.CANCELLED).invoice_id,
        },
        "failing": {
            office.no_rate().invoice_id,
            office.held(CopyState.CONFLICT).invoice_id,
            differed.invoice_id,
            office.copied(delivery=DeliveryState.FAILED).invoice_id,
            changed.invoice_id,
        },
    }
    # Of another subsidiary, and so of no count here.
    factories.make_invoice(organization=office.organization)
    return found


def test_behavior_13_each_counter_opens_what_it_counted(office):
    found = _mixed(office)

    with office.rows():
        counted = standings.count_standings(office.connection)
    page = unescape(office.page().content.decode())

    assert counted == standings.Standings(
        in_sync=2, not_asked=2, on_the_way=2, held=3, not_sent=1, changed=1, set_aside=0
    )
    links = re.findall(r'class="counter" href="([^"]+)">\s*<span[^>]*>(\d+)<', page)
    assert [int(number) for _, number in links] == [2, 4, 5]
    for (address, number), ids in zip(links, found.values(), strict=True):
        listed = office.browser.get(address).context["page"].object_list
        assert {row.pk for row in listed} == ids
        assert len(listed) == int(number)


def test_the_same_cause_is_told_once_whichever_line_it_is_about(office):
    for line in (1, 2, 3):
        office.no_rate(line, of=InvoiceKind.CREDIT_NOTE if line == 3 else InvoiceKind.INVOICE)
    office.held(
        problem_code="period_closed",
        problem_sentence="The period is closed.",
        problem_remedy="Ask.",
    )

    first, second = office.troubles()

    assert (first.sentence, first.count) == ("Tax rate 9 % has no VAT code.", 3)
    assert second.count == 1
    assert "An admin can mend this." in office.page().content.decode()
    listed = office.page(f"causes/{first.key}/").content.decode()
    assert all(one.invoice.number in listed for one in first.requests)
    amount = format_money(first.requests[0].invoice.gross_amount, "EUR")
    assert (listed.count(f">{amount}<"), listed.count(f">-{amount}<")) == (2, 1)


def test_retry_all_asks_again_with_the_choices_that_were_made(office):
    ledger = {"vat_code": "2", "journal_code": "70"}
    refused = [office.no_rate(choices=ledger), office.no_rate(2, kind=CopyKind.UPDATE)]
    [trouble] = office.troubles()

    page = office.retry(trouble)

    assert "2 copies were asked for again, with the same choices." in page
    with office.rows():
        for old in refused:
            old.refresh_from_db()
            assert old.state == CopyState.CANCELLED
            new = CopyRequest.objects.get(invoice=old.invoice_id, state=CopyState.QUEUED)
            assert (new.kind, new.choices, new.generation) == (
                old.kind,
                old.choices,
                old.generation + 1,
            )
            assert new.requested_by == office.finance
            assert new.marker != old.marker
        assert InvoiceEvent.objects.filter(kind="copy_requested").count() == 2
    assert office.troubles() == []
    assert "Nothing stands still for this any more." in office.retry(trouble)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (CopyState.CONFLICT, "1 was not: Exact holds something that is not ours"),
        (CopyState.MISMATCH, "1 was not: it is in Exact already, with a difference"),
    ],
)
def test_what_exact_may_have_is_never_retried_blindly(office, state, reason):
    sentence = {"problem_code": "x", "problem_sentence": "Odd.", "problem_remedy": "Look."}
    office.held(**sentence)
    other = office.held(state, **sentence)
    if state == CopyState.MISMATCH:
        factories.make_posted_document(
            invoice=other.invoice, connection=office.connection, copy_request=other
        )
    [trouble] = office.troubles()

    page = office.retry(trouble)

    assert "1 copy was asked for again" in page
    assert reason in page
    with office.rows():
        assert CopyRequest.objects.get(pk=other.pk).state == state
        assert CopyRequest.objects.filter(invoice=other.invoice_id).count() == 1


@pytest.mark.parametrize("state", [CopyState.UNKNOWN, CopyState.SENDING, CopyState.QUEUED])
def test_a_copy_that_moves_is_left_alone(office, state):
    moving = office.held(state)
    with office.rows():
        retried = retrying.retry_all(
            request_ids=[moving.pk], connection=office.connection, user=None, now=NOW
        )

        assert retried.count == 0
        assert list(retried.refused.values()) == [1]
        assert list(CopyRequest.objects.values_list("state", flat=True)) == [state]


def test_retry_all_needs_a_connection_that_works(office):
    old = office.no_rate()
    [trouble] = office.troubles()
    with office.rows():
        ExactConnection.objects.update(state=ConnectionState.NEEDS_CONSENT)

    assert "has to be reconnected before" in office.retry(trouble)

    with office.rows():
        assert CopyRequest.objects.get().pk == old.pk


def test_retry_all_and_the_page_cost_the_same_for_any_number(office):
    def cost(count):
        for _ in range(count):
            office.no_rate()
        with CaptureQueriesContext(database) as page:
            office.page()
        with office.rows(), CaptureQueriesContext(database) as retry:
            ids = [one.pk for one in troubles.list_troubles(office.connection)[0].requests]
            retrying.retry_all(request_ids=ids, connection=office.connection, user=None, now=NOW)
        return len(page), len(retry)

    cost(1)

    assert cost(1) == cost(12)


def test_viewers_and_other_organizations_see_no_health_page(office):
    viewer = factories.make_user(organization=office.organization, role=Role.VIEWER)
    path = f"/settings/marketplace/{office.connection.pk}/health/"

    assert factories.sign_in(viewer).get(path).status_code == 403
    assert Office().browser.get(path).status_code == 404

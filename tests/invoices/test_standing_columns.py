"""The columns by which the list filters say what other rows make of an invoice, after whatever happens to any of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from connector.tenancy.scope import tenant_transaction
from integrations.models import Route
from invoices.connection_health.standings import count_standings
from invoices.models import (
    BreakKind,
    CopyRequest,
    CopyState,
    DeliveryState,
    HandPayment,
    IntakeConflict,
    Invoice,
    PaymentDecision,
    PaymentStatus,
    PostedDocument,
    PostedDocumentState,
    ReconciliationBreak,
    SetAside,
)
from invoices.models.copying import ACTIVE_COPY_STATES
from invoices.open_invoices import list_open
from tests import factories
from tests.factories import NOW
from tests.invoices.standing_rule import count_by_sync, derived, kept

pytestmark = pytest.mark.django_db

_MOVES = {
    CopyState.QUEUED: (CopyState.NEEDS_CHOICE, CopyState.CANCELLED, CopyState.COPIED),
    CopyState.UNKNOWN: (CopyState.COPIED, CopyState.CONFLICT, CopyState.MISMATCH),
    CopyState.NEEDS_CHOICE: (CopyState.CANCELLED,),
    CopyState.CONFLICT: (CopyState.CANCELLED,),
    CopyState.COPIED: (CopyState.MISMATCH,),
    CopyState.MISMATCH: (CopyState.COPIED,),
}


class Life:
    """Things that happen to an invoice, drawn by lot. What the product never lets happen together does not happen here."""

    def __init__(self, connection: Any, invoices: list[Invoice], seed: int) -> None:
        self._connection = connection
        self._invoices = invoices
        self._lot = Random(seed)
        self._stale = {one.pk: Invoice.objects.get(pk=one.pk) for one in invoices}
        self._events: list[Callable[[Invoice], object]] = [
            *(self._ask, self._move, self._move, self._document, self._deliver, self._lose),
            *(self._open_break, self._close_breaks, self._contradict, self._resolve),
            *(self._mark, self._take_back, self._decide, self._read, self._read, self._psa_day),
            *(self._put_aside, self._save_whole, self._forget_breaks),
        ]

    def go_on(self) -> str:
        """One thing happens; its name."""
        event = self._lot.choice(self._events)
        event(Invoice.objects.get(pk=self._lot.choice(self._invoices).pk))
        return event.__name__

    def _ask(self, invoice: Invoice) -> None:
        if not invoice.copy_requests.filter(state__in=ACTIVE_COPY_STATES).exists():
            state = self._lot.choice([CopyState.QUEUED, CopyState.UNKNOWN, CopyState.CANCELLED])
            factories.make_copy_request(invoice=invoice, connection=self._connection, state=state)

    def _move(self, invoice: Invoice) -> None:
        request = invoice.copy_requests.order_by("?").first()
        if request is not None and (moves := _MOVES.get(CopyState(request.state))):
            state = self._lot.choice(moves)
            if state in {CopyState.COPIED, CopyState.MISMATCH}:
                self._document(invoice, copy_request=request)
            CopyRequest.objects.filter(pk=request.pk).update(state=state)

    def _document(self, invoice: Invoice, **fields: Any) -> None:
        Invoice.objects.filter(pk=invoice.pk).update(set_aside="", set_aside_at=None)
        invoice.refresh_from_db()
        current = invoice.posted_documents.filter(state=PostedDocumentState.CURRENT)
        current.update(state=PostedDocumentState.SUPERSEDED)
        factories.make_posted_document(
            invoice=invoice,
            connection=self._connection,
            delivery=self._lot.choice(DeliveryState.values),
            **fields,
        )

    def _deliver(self, invoice: Invoice) -> None:
        invoice.posted_documents.update(delivery=self._lot.choice(DeliveryState.values))

    def _lose(self, invoice: Invoice) -> None:
        document = invoice.posted_documents.first()
        if document is not None:
            document.state = PostedDocumentState.DELETED_IN_EXACT
            PostedDocument.objects.bulk_update([document], ["state"])

    def _open_break(self, invoice: Invoice) -> None:
        ReconciliationBreak.objects.create(
            organization_id=invoice.organization_id,
            connection=self._connection,
            invoice=invoice,
            kind=BreakKind.CHANGED,
            route=Route.BOOKING,
            exact_id=uuid4(),
            first_seen_at=NOW,
            last_seen_at=NOW,
        )

    def _close_breaks(self, invoice: Invoice) -> None:
        invoice.breaks.update(closed_at=NOW)

    def _forget_breaks(self, invoice: Invoice) -> None:
        invoice.breaks.all().delete()

    def _contradict(self, invoice: Invoice) -> None:
        IntakeConflict.objects.create(
            organization_id=invoice.organization_id,
            invoice=invoice,
            at=NOW,
            content_hash=uuid4().hex,
            incoming={},
        )

    def _resolve(self, invoice: Invoice) -> None:
        invoice.conflicts.update(resolution="keep_ours")

    def _mark(self, invoice: Invoice) -> None:
        if not invoice.hand_payments.filter(undone_at=None).exists():
            HandPayment.objects.create(
                organization_id=invoice.organization_id, invoice=invoice, paid_date=NOW, at=NOW
            )

    def _take_back(self, invoice: Invoice) -> None:
        invoice.hand_payments.filter(undone_at=None).update(undone_at=NOW)

    def _decide(self, invoice: Invoice) -> None:
        mark = invoice.hand_payments.filter(undone_at=None).first()
        PaymentDecision.objects.create(
            organization_id=invoice.organization_id,
            invoice=invoice,
            hand_payment=mark,
            psa_paid_date=None if mark else invoice.psa_paid_date,
            exact_status=invoice.exact_payment_status,
            exact_paid_amount=invoice.exact_paid_amount,
            at=NOW,
        )

    def _read(self, invoice: Invoice) -> None:
        status = self._lot.choice(PaymentStatus.values)
        amount = Decimal(self._lot.choice([0, 10]))
        Invoice.objects.filter(pk=invoice.pk).update(
            payment_status=status,
            exact_payment_status=status,
            exact_paid_amount=amount,
            payments_read_at=self._lot.choice([None, NOW, NOW]),
        )

    def _psa_day(self, invoice: Invoice) -> None:
        day = NOW.date() + timedelta(days=self._lot.randrange(2))
        Invoice.objects.filter(pk=invoice.pk).update(psa_paid_date=self._lot.choice([None, day]))

    def _put_aside(self, invoice: Invoice) -> None:
        if not invoice.posted_documents.filter(state=PostedDocumentState.CURRENT).exists():
            word = self._lot.choice(["", *SetAside.values])
            Invoice.objects.filter(pk=invoice.pk).update(
                set_aside=word, set_aside_at=NOW if word else None
            )

    def _save_whole(self, invoice: Invoice) -> None:
        stale = self._stale[invoice.pk]
        stale.set_aside, stale.set_aside_at = invoice.set_aside, invoice.set_aside_at
        stale.save()
        self._stale[invoice.pk] = invoice


def _is_open(invoice: Invoice) -> bool:
    current = invoice.posted_documents.filter(state=PostedDocumentState.CURRENT)
    return not invoice.set_aside and not current.exists()


@pytest.mark.parametrize("seed", [27, 2026])
def test_the_columns_of_the_list_say_what_all_rows_say_after_each_of_many_events(seed):
    organization = factories.make_organization()
    connection = factories.make_connection(organization=organization)
    invoices = [
        factories.make_invoice(organization=organization, subsidiary=connection.subsidiary)
        for _ in range(2)
    ]
    seen = set()
    with tenant_transaction(organization.pk):
        life = Life(connection, invoices, seed)
        for _ in range(100):
            happened = life.go_on()
            rows = Invoice.objects.all()
            assert kept(rows) == derived(rows), happened
            counted = count_standings(connection)
            by_sync = count_by_sync(connection.subsidiary_id)
            assert (
                counted.in_sync,
                counted.not_synced,
                counted.failing,
                counted.set_aside,
            ) == tuple(
                by_sync.get(word, 0) for word in ("in_sync", "not_synced", "failing", "set_aside")
            ), happened
            opened = set(list_open(connection).values_list("pk", flat=True))
            assert opened == {one.pk for one in rows if _is_open(one)}, happened
            seen |= {word for one in kept(rows).values() for word in one}
    # The lot has led through nearly every word there is.
    assert len(seen) >= 14

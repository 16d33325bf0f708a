"""What screens show of payments. Everything is read from our own rows; nothing here calls Exact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Q, QuerySet

from integrations import lanes, status
from integrations.models import ConnectionState, ExactConnection
from invoices import copy_requests, paid_by_hand
from invoices.models import (
    DeliveryState,
    HandPayment,
    Invoice,
    InvoiceKind,
    PaymentStatus,
    PostedDocument,
)
from invoices.payment_conflicts import PaymentConflict, find_conflict
from invoices.payment_words import what_exact_shows
from payments.document_facts import find_division_currency, read_collecting_amount
from payments.models import Payment, SyncCursor
from payments.sync import is_on
from payments.sync_words import since_sentence


@dataclass(frozen=True, slots=True)
class Reading:
    """How old what is shown of a connection's payments is, and what keeps it from being renewed; times are UTC."""

    connection: ExactConnection
    is_on: bool
    read_at: datetime | None
    problem: str


@dataclass(frozen=True, slots=True)
class SyncState(Reading):
    """The same with what comes next; ``next_at`` is None while the sync is off or paused."""

    is_waiting: bool
    next_at: datetime | None
    # Why they are not read now and when they are, as a sentence without its end.
    waits: str
    is_paused: bool
    # That nothing in the background runs while somebody waits, as a sentence; else empty.
    silence: str = ""


@dataclass(frozen=True, slots=True)
class InvoicePayments:
    """What the invoice page shows: the payments, how fresh they are, and what the PSA and people say themselves."""

    invoice: Invoice
    document: PostedDocument | None
    sync: SyncState | None
    payments: list[Payment]
    mark: HandPayment | None
    conflict: PaymentConflict | None
    # What is on its way by direct debit and not certain yet, in the invoice's currency.
    collecting_amount: Decimal
    # The currency that the books are kept in, where a payment has an amount in it; empty when it is not known.
    division_currency: str

    @property
    def is_known(self) -> bool:
        """Whether Exact's payments of this invoice were ever read."""
        return self.invoice.payments_read_at is not None

    @property
    def is_not_booked_yet(self) -> bool:
        """Whether Exact wrote the invoice and has not printed it: it has no entry that can be paid."""
        return self.document is not None and self.document.delivery == DeliveryState.WAITING

    @property
    def is_credit_note(self) -> bool:
        """Whether it is settled, not paid."""
        return self.invoice.kind == InvoiceKind.CREDIT_NOTE

    @property
    def exact_shows(self) -> str:
        """What Exact said when it was last read, in words."""
        return what_exact_shows(self.invoice)

    @property
    def exact_open_amount(self) -> Decimal:
        """What is still to be paid by what Exact says, in the invoice's currency."""
        amount: Decimal = self.invoice.gross_amount - self.invoice.exact_paid_amount
        return amount

    @property
    def both_settled(self) -> bool:
        """Whether Exact shows that nothing is open, in whichever way."""
        return PaymentStatus(self.invoice.exact_payment_status).is_settled

    @property
    def psa_conflict(self) -> PaymentConflict | None:
        """That the PSA says paid, and Exact and people here do not."""
        return self.conflict if self.mark is None else None

    @property
    def obstacle(self) -> str:
        """Why nobody can mark it paid by hand."""
        return paid_by_hand.find_obstacle(self.invoice)


def sync_state(connection: ExactConnection) -> SyncState:
    """This function will return how fresh the connection's payments are and when they are read next."""
    reading = _reading(connection)
    on = reading.is_on
    lane = lanes.lane_status(connection, purpose=lanes.Purpose.BACKGROUND)
    is_paused = lane.paused_at is not None
    next_at = (
        SyncCursor.objects.filter(connection=connection).values_list("next_at", flat=True).first()
    )
    if next_at is not None and lane.waits_until is not None:
        next_at = max(next_at, lane.waits_until)
    is_waiting = on and not is_paused and connection.payments_sync_requested_at is not None
    return SyncState(
        connection=connection,
        is_on=on,
        read_at=reading.read_at,
        problem=reading.problem,
        is_waiting=is_waiting,
        next_at=next_at if on and not is_paused else None,
        waits=lane.sentence if on else "",
        is_paused=on and is_paused,
        silence=status.stands_still() if is_waiting else "",
    )


def _reading(connection: ExactConnection) -> Reading:
    on = is_on(connection)
    return Reading(
        connection=connection,
        is_on=on,
        read_at=connection.payments_synced_at,
        problem=_problem(connection) if on else "",
    )


def _problem(connection: ExactConnection) -> str:
    """What is wrong with the reading, and since when."""
    since = since_sentence(connection.payments_problem_since)
    return f"{connection.payments_sync_problem} {since}".strip()


def list_sync_states() -> list[SyncState]:
    """This function will return the state of each connection that was set up and not disconnected."""
    connections = ExactConnection.objects.exclude(
        state__in=[ConnectionState.SETUP_INCOMPLETE, ConnectionState.DISCONNECTED]
    )
    return [sync_state(connection) for connection in connections.order_by("name", "id")]


def list_readings() -> list[Reading]:
    """This function will return how old what is shown is: of each connection that is read or once was, with one query."""
    connections = ExactConnection.objects.filter(
        Q(sync_payments=True) | Q(payments_synced_at__isnull=False)
    ).exclude(state=ConnectionState.SETUP_INCOMPLETE)
    return [_reading(connection) for connection in connections.order_by("name", "id")]


def list_connections() -> QuerySet[ExactConnection]:
    """This function will return the connections that payments may have come through, also disconnected ones."""
    return ExactConnection.objects.filter(division__isnull=False).order_by("name", "id")


def list_payments(invoice: Invoice) -> list[Payment]:
    """This function will return the invoice's payments by date, those that were removed in Exact among them."""
    payments = Payment.objects.filter(invoice=invoice).select_related(
        "invoice", "term__connection__grant"
    )
    return list(payments.order_by(F("paid_date").asc(nulls_last=True), "id"))


def invoice_payments(invoice: Invoice) -> InvoicePayments:
    """This function will return what the invoice page shows of payments."""
    document = copy_requests.newest_document(invoice)
    mark = paid_by_hand.find_mark(invoice)
    payments = list_payments(invoice)
    has_other_currency = any(payment.division_amount for payment in payments)
    return InvoicePayments(
        invoice=invoice,
        document=document,
        sync=sync_state(document.connection) if document else None,
        payments=payments,
        mark=mark,
        conflict=find_conflict(invoice, mark),
        collecting_amount=read_collecting_amount(document) if document else Decimal(0),
        division_currency=find_division_currency(document.connection)
        if document and has_other_currency
        else "",
    )

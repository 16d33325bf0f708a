"""How far an invoice is paid, as the PSA is told it: the same body in a callback and in the list that it may read."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal

from django.conf import settings
from pydantic import Field

from connector.money import quantize
from invoices import paid_by_hand
from invoices.api.schema import Answer
from invoices.models import Invoice, PaymentStatus
from payments.models import Payment, PaymentKind

_UNKNOWN = datetime.min.replace(tzinfo=UTC)
# What may differ without the state of the payments being another.
_NOT_A_FACT = {"number", "kind", "currency", "gross_amount", "open_amount", "changed_at", "url"}


class PaymentPartAnswer(Answer):
    """One part of what is settled, as Exact has it."""

    kind: PaymentKind = Field(
        description="What settled it; `unknown` when Exact does not tell more than that it is settled."
    )
    amount: Decimal | None = Field(
        description="Null when Exact only tells the sum of several parts."
    )
    excess_amount: Decimal | None = Field(
        description="What came in beyond the invoice; null when there is no such amount."
    )
    paid_date: date | None
    reference: str = Field(description="Of the bank line or entry in Exact.")
    counter_document: str = Field(
        description="The number of the credit note or invoice it was set off against; else empty."
    )


class PaymentStateAnswer(Answer):
    """How far one invoice is paid now. Amounts are absolute, in the invoice's currency, also for a credit note."""

    id: str = Field(description="Your own id of the invoice.")
    number: str
    kind: Literal["invoice", "credit_note"]
    currency: str
    status: PaymentStatus
    gross_amount: Decimal
    paid_amount: Decimal = Field(
        description="What is settled, in whatever way; `payments` says in which."
    )
    open_amount: Decimal
    paid_date: date | None = Field(description="The day of the payment that settled the invoice.")
    origin: Literal["exact", "person"] = Field(
        description="Who says so: Exact's books, or a person here who marked the invoice paid by hand."
    )
    payments: list[PaymentPartAnswer] = Field(
        description="The parts that Exact has now; one that was removed there is no longer here."
    )
    changed_at: datetime = Field(
        description="Grows with each change. Of two states of an invoice the one with the later time counts."
    )
    url: str = Field(description="The invoice's page here.")


def describe(
    invoices: Sequence[Invoice], *, changed_at: Mapping[int, datetime] | None = None
) -> list[PaymentStateAnswer]:
    """This function will describe the invoices' payments, in their order, with two queries for all of them together.

    ``changed_at`` gives the time of each one's last change (UTC) by the invoice's id.
    """
    parts = defaultdict[int, list[Payment]](list)
    living = Payment.objects.filter(invoice__in=invoices, removed_at__isnull=True)
    for payment in living.order_by("paid_date", "id"):
        parts[payment.invoice_id].append(payment)
    marks = paid_by_hand.find_marks(invoice.pk for invoice in invoices)
    times = changed_at or {}
    return [
        _describe(
            invoice,
            parts[invoice.pk],
            by_hand=invoice.pk in marks,
            changed_at=times.get(invoice.pk, _UNKNOWN),
        )
        for invoice in invoices
    ]


def _describe(
    invoice: Invoice, parts: Sequence[Payment], *, by_hand: bool, changed_at: datetime
) -> PaymentStateAnswer:
    currency = invoice.currency
    return PaymentStateAnswer.model_validate(
        {
            "id": invoice.source_id,
            "number": invoice.number,
            "kind": invoice.kind,
            "currency": currency,
            "status": invoice.payment_status,
            "gross_amount": quantize(invoice.gross_amount, currency),
            "paid_amount": quantize(invoice.paid_amount, currency),
            "open_amount": quantize(invoice.open_amount, currency),
            "paid_date": invoice.paid_date,
            "origin": "person" if by_hand else "exact",
            "payments": [_describe_part(part) for part in parts],
            "changed_at": changed_at,
            "url": f"{settings.PUBLIC_URL}/invoices/{invoice.pk}/",
        }
    )


def _describe_part(part: Payment) -> dict[str, object]:
    return {
        "kind": part.kind,
        "amount": _rounded(part.amount, part.currency),
        "excess_amount": _rounded(part.excess_amount, part.currency),
        "paid_date": part.paid_date,
        "reference": part.reference,
        "counter_document": part.counter_document,
    }


def _rounded(amount: Decimal | None, currency: str) -> Decimal | None:
    return None if amount is None else quantize(amount, currency)


def hash_of(state: PaymentStateAnswer) -> str:
    """This function will return the same text for the same state of an invoice's payments, and another for another."""
    return hashlib.sha256(state.model_dump_json(exclude=_NOT_A_FACT).encode()).hexdigest()


def says_nothing(state: PaymentStateAnswer) -> bool:
    """This function will tell whether this is how every invoice begins: open, with no payment."""
    return state.status == PaymentStatus.OPEN and not state.paid_amount and not state.payments

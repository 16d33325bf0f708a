"""What came in, day by day and connection by connection: what the payments page shows of our own rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import DecimalField, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext, gettext_noop

from integrations.models import ExactConnection
from invoices.models import InvoiceKind
from payments.models import Payment, PaymentKind

_MONEY = DecimalField(max_digits=19, decimal_places=4)
_KINDS = [kind.value for kind in PaymentKind]
# Behind an amount.
_WORDS = {
    PaymentKind.PAYMENT: gettext_noop("received"),
    PaymentKind.DISCOUNT: gettext_noop("discount taken"),
    PaymentKind.CREDIT_NOTE: gettext_noop("credit note"),
    PaymentKind.INVOICE: gettext_noop("set off against an invoice"),
    PaymentKind.WRITE_OFF: gettext_noop("written off"),
    PaymentKind.JOURNAL: gettext_noop("journal entry"),
    PaymentKind.CURRENCY_DIFFERENCE: gettext_noop("currency difference"),
    PaymentKind.UNKNOWN: gettext_noop("settled in Exact"),
}


@dataclass(frozen=True, slots=True)
class PaymentSelection:
    """What a person narrowed the payments down to; empty fields narrow nothing, both days are included."""

    connection: ExactConnection | None = None
    text: str = ""
    kind: str = ""
    paid_from: date | None = None
    paid_to: date | None = None


@dataclass(frozen=True, slots=True)
class KindTotal:
    """What payments of one kind and currency add up to; what credit notes paid out is negative."""

    kind: PaymentKind
    currency: str
    amount: Decimal

    @property
    def word(self) -> str:
        """What happened to this amount: only payments were received."""
        return gettext(_WORDS[self.kind])


@dataclass(frozen=True, slots=True)
class DayTotal:
    """What one connection's payments of a day add up to."""

    connection_name: str
    totals: tuple[KindTotal, ...]


@dataclass(frozen=True, slots=True)
class PaymentDay:
    """The payments of one day on this page, and what the whole day adds up to, also where a page ends within it."""

    day: date | None
    payments: list[Payment]
    connections: tuple[DayTotal, ...]


def find_payments(chosen: PaymentSelection) -> QuerySet[Payment]:
    """This function will return the matching payments, newest first, those that were removed in Exact among them."""
    payments = Payment.objects.select_related("invoice__client", "term__connection__grant")
    if chosen.text:
        payments = payments.filter(
            Q(invoice__client__name__icontains=chosen.text)
            | Q(invoice__number__icontains=chosen.text)
            | Q(reference__icontains=chosen.text)
        )
    exact = {
        "term__connection": chosen.connection,
        "kind": chosen.kind,
        "paid_date__gte": chosen.paid_from,
        "paid_date__lte": chosen.paid_to,
    }
    payments = payments.filter(**{column: value for column, value in exact.items() if value})
    return payments.order_by(F("paid_date").desc(nulls_last=True), "-id")


def sum_payments(payments: QuerySet[Payment]) -> list[KindTotal]:
    """This function will add up, per kind and currency, what of these payments Exact still has."""
    return _totals(_sums(payments))


def list_days(payments: QuerySet[Payment], on_page: Sequence[Payment]) -> list[PaymentDay]:
    """This function will divide a page of the payments into days, with what each whole day adds up to, by one query."""
    days = {payment.paid_date for payment in on_page}
    is_shown = Q(paid_date__in=days - {None})
    if None in days:
        is_shown |= Q(paid_date__isnull=True)
    by_connection: dict[tuple[date | None, str], list[dict[str, Any]]] = {}
    for row in _sums(payments.filter(is_shown), "paid_date", "term__connection__name"):
        key = (row["paid_date"], row["term__connection__name"])
        by_connection.setdefault(key, []).append(row)
    return [
        PaymentDay(
            day,
            list(rows),
            tuple(
                DayTotal(name, tuple(totals))
                for (of_day, name), sums in sorted(
                    by_connection.items(), key=lambda item: item[0][1]
                )
                if of_day == day and (totals := _totals(sums))
            ),
        )
        for day, rows in groupby(on_page, key=lambda payment: payment.paid_date)
    ]


def _sums(payments: QuerySet[Payment], *by: str) -> list[dict[str, Any]]:
    """What Exact still has, with what came in beyond an invoice, by kind and currency and whatever else."""
    nothing = Value(Decimal(0), output_field=_MONEY)
    rows = (
        payments.filter(removed_at__isnull=True)
        .order_by()
        .values(*by, "kind", "currency", "invoice__kind")
        .annotate(total=Sum(F("amount") + Coalesce("excess_amount", nothing), output_field=_MONEY))
    )
    return list(rows)


def _totals(sums: Sequence[dict[str, Any]]) -> list[KindTotal]:
    found: dict[tuple[str, str], Decimal] = {}
    for row in sums:
        key = (row["kind"], row["currency"])
        amount = row["total"] or Decimal(0)
        signed = -amount if row["invoice__kind"] == InvoiceKind.CREDIT_NOTE else amount
        found[key] = found.get(key, Decimal(0)) + signed
    return [
        KindTotal(PaymentKind(kind), currency, amount)
        for (kind, currency), amount in sorted(
            found.items(), key=lambda item: (_KINDS.index(item[0][0]), item[0][1])
        )
        if amount
    ]

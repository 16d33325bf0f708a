"""What is still open, by client and by how long it is due (B-24): from what was read of Exact, without a call.

An invoice stands in one cell: all that is open of it counts by the oldest part that is, with the due date that Exact has.
What Exact was never asked about is not here; how much that is, `count_unread` says. Credit notes are negative.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Count, F, Func, Min, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _, gettext_lazy

from connector.money import trim
from connector.spreadsheets import Row
from invoices.models import Client, Invoice
from invoices.payment_standing import (
    NOT_READ,
    OPEN_AMOUNT,
    STILL_OPEN,
    in_books,
    living_documents,
)
from payments.models import ReceivableTerm, TermStatus

_NOTHING = Decimal(0)
_READ_AT = gettext_lazy("Read from Exact (UTC)")


class Bucket(models.IntegerChoices):
    """How long something is due. What is due today is not late, and counts as due for 0 days."""

    NOT_DUE = 0, gettext_lazy("Not due")
    TO_30 = 1, gettext_lazy("0\u201330 days")
    TO_60 = 2, gettext_lazy("31\u201360 days")
    TO_90 = 3, gettext_lazy("61\u201390 days")
    OVER_90 = 4, gettext_lazy("Over 90 days")


class _BucketOf(Func):
    """Days due as a Bucket. PostgreSQL counts the thresholds that a number has reached."""

    template = "width_bucket(%(expressions)s, ARRAY[0, 31, 61, 91])"
    arg_joiner = " - "
    output_field = models.IntegerField()


@dataclass(frozen=True, slots=True)
class Cell:
    """What of one client, or of all, is due for so long."""

    bucket: Bucket
    amount: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class Line:
    """One client's open amounts in one currency, or those of all clients (``client`` is None)."""

    client: Client | None
    cells: tuple[Cell, ...]
    # When the oldest of it was read from Exact.
    read_at: datetime | None

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        """What is open, bucket by bucket."""
        return tuple(cell.amount for cell in self.cells)

    @property
    def total(self) -> Decimal:
        """All that is open."""
        return sum(self.amounts, _NOTHING)

    @property
    def count(self) -> int:
        """How many invoices are open."""
        return sum(cell.count for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Total:
    """What is open in one currency; credit notes count as negative."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CurrencyAgeing:
    """What is open in one currency: a line for each client, and one for all of them."""

    currency: str
    lines: tuple[Line, ...]
    total: Line


def open_invoices(
    *,
    today: date,
    currency: str = "",
    client: Client | None = None,
    bucket: Bucket | None = None,
) -> QuerySet[Any]:
    """This function will return the open invoices with `open_amount_now`, `due`, `bucket`, `days_due` and `read_at`.

    `open_amount_now` has the sign it has in the books. Where Exact tells no due date the invoice's own counts, and for
    one without that its date.
    """
    documents = living_documents()
    rows: QuerySet[Any] = (
        Invoice.objects.filter(STILL_OPEN, payments_read_at__isnull=False)
        .annotate(
            entry=Subquery(documents.values("entry_exact_id")[:1]),
            via=Subquery(documents.values("connection_id")[:1]),
        )
        .filter(entry__isnull=False)
    )
    if currency:
        rows = rows.filter(currency=currency)
    if client is not None:
        rows = rows.filter(client=client)
    day = Cast(Value(today), models.DateField())
    rows = rows.annotate(
        due=Coalesce(Subquery(_oldest_due_date()), F("due_date"), F("invoice_date")),
        open_amount_now=in_books(OPEN_AMOUNT),
        read_at=Subquery(documents.values("connection__payments_synced_at")[:1]),
    ).annotate(
        bucket=_BucketOf(day, F("due")),
        days_due=Func(
            day,
            F("due"),
            template="(%(expressions)s)",
            arg_joiner=" - ",
            output_field=models.IntegerField(),
        ),
    )
    return rows if bucket is None else rows.filter(bucket=bucket)


def read_ageing(*, today: date) -> list[CurrencyAgeing]:
    """This function will add up what is open with two queries, however many clients and invoices there are.

    The currency with the most open invoices comes first; clients come by name.
    """
    groups = (
        open_invoices(today=today)
        .order_by()
        .values("currency", "client_id", "bucket")
        .annotate(amount=Sum("open_amount_now"), count=Count("pk"), oldest=Min("read_at"))
    )
    found: dict[str, dict[int, list[dict[str, Any]]]] = {}
    for group in groups:
        found.setdefault(group["currency"], {}).setdefault(group["client_id"], []).append(group)
    clients = Client.objects.in_bulk({one for by_client in found.values() for one in by_client})
    tables = []
    for currency, by_client in found.items():
        lines = [_line(clients[client], rows) for client, rows in by_client.items()]
        everything = [row for rows in by_client.values() for row in rows]
        tables.append(
            CurrencyAgeing(currency, tuple(sorted(lines, key=_by_name)), _line(None, everything))
        )
    return sorted(tables, key=lambda table: (-table.total.count, table.currency))


def add_up(invoices: QuerySet[Any]) -> list[Total]:
    """This function will add up what is open of these invoices, per currency, with one query."""
    rows = invoices.order_by().values("currency").annotate(open=Sum("open_amount_now"))
    return [Total(row["currency"], row["open"]) for row in rows.order_by("currency")]


def count_unread() -> int:
    """This function will count the invoices in Exact whose payments were never read: nothing can be said of them."""
    return Invoice.objects.filter(payment_standing=NOT_READ).count()


def summary_rows(tables: Sequence[CurrencyAgeing]) -> Iterator[Row]:
    """This function will give the ageing as rows for a spreadsheet, a row for each client and currency."""
    buckets = [str(bucket.label) for bucket in Bucket]
    yield [_("Client"), _("Currency"), *buckets, _("Total"), _("Invoices"), str(_READ_AT)]
    for table in tables:
        for line in table.lines:
            amounts = [trim(amount, table.currency) for amount in (*line.amounts, line.total)]
            yield [str(line.client or ""), table.currency, *amounts, line.count, line.read_at]


def invoice_rows(invoices: QuerySet[Any]) -> Iterator[Row]:
    """This function will give open invoices as rows for a spreadsheet, read bit by bit."""
    yield [
        _("Number"),
        _("Kind"),
        _("Client"),
        _("Date"),
        _("Due"),
        _("Days due"),
        _("Currency"),
        _("Total"),
        _("Open"),
        _("Payment"),
        str(_READ_AT),
    ]
    for row in invoices.iterator(chunk_size=1_000):
        yield [
            row.number,
            row.get_kind_display(),
            row.client.name,
            row.invoice_date,
            row.due,
            row.days_due,
            row.currency,
            trim(row.gross_amount * row.sign, row.currency),
            trim(row.open_amount_now, row.currency),
            row.get_payment_status_display(),
            row.read_at,
        ]


def _oldest_due_date() -> QuerySet[Any, Any]:
    return (
        ReceivableTerm.objects.filter(
            connection=OuterRef("via"),
            entry_exact_id=OuterRef("entry"),
            status__lt=TermStatus.MATCHED,
            deleted_at=None,
            due_date__isnull=False,
        )
        .order_by("due_date")
        .values("due_date")[:1]
    )


def _line(client: Client | None, groups: Sequence[dict[str, Any]]) -> Line:
    cells = []
    for bucket in Bucket:
        here = [group for group in groups if group["bucket"] == bucket]
        amount = sum((group["amount"] for group in here), _NOTHING)
        cells.append(Cell(bucket, amount, sum(group["count"] for group in here)))
    read = [group["oldest"] for group in groups if group["oldest"]]
    return Line(client, tuple(cells), min(read, default=None))


def _by_name(line: Line) -> tuple[str, int]:
    return (line.client.name.casefold(), line.client.pk) if line.client else ("", 0)

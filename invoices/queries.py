"""What the invoice screens and the API read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import (
    CharField,
    DateTimeField,
    Exists,
    F,
    Max,
    OuterRef,
    QuerySet,
    Subquery,
    TextChoices,
)
from django.db.models.expressions import OrderBy
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _, gettext_lazy

from connector.tenancy.scope import current_organization_id
from integrations.models import Subsidiary
from invoices.models import (
    HandPayment,
    IntakeConflict,
    Invoice,
    InvoiceEvent,
    InvoiceFile,
    InvoiceLine,
    PostedDocument,
    PostedDocumentState,
    SetAside,
)
from invoices.search import AT_ONCE, MOST, SORTED, among, find


class CopyStanding(TextChoices):
    """Where an invoice stands with Exact, in one word: `Invoice.copy_standing`."""

    NOT_COPIED = "not_copied", gettext_lazy("Not copied")
    IN_PROGRESS = "in_progress", gettext_lazy("Copying")
    COPIED = "copied", gettext_lazy("Copied")
    SENT = "sent", gettext_lazy("Sent by Exact")
    NEEDS_ATTENTION = "needs_attention", gettext_lazy("Needs attention")
    COPIED_ELSEWHERE = SetAside.ELSEWHERE.value, SetAside.ELSEWHERE.label
    IGNORED = SetAside.IGNORED.value, SetAside.IGNORED.label


# In Exact, and on its way to the customer if Exact is the one to send it: what payments are expected of.
SETTLED_STANDINGS = (CopyStanding.COPIED, CopyStanding.SENT)


def count_that_need_a_look() -> int:
    """This function will count the invoices about which somebody has to decide or mend something, `MOST` + 1 at most.

    A copy needs attention, Exact says something else of a payment, a document in Exact is not as it was, or a file holds
    another version (migration 0026).
    """
    return count_up_to_most(Invoice.objects.filter(needs_look=True))


def count_up_to_most(rows: QuerySet[Any], most: int = MOST) -> int:
    """This function will count the rows; ``most`` + 1 stands for any more than that, which would take long to count."""
    return rows.order_by().values("pk")[: most + 1].count()


def count_matching(chosen: InvoiceFilter) -> int:
    """This function will count the invoices of a list, as far as it matters."""
    if chosen.found is not None:
        return len(chosen.found)
    return count_up_to_most(matching(chosen), chosen.most_sorted)


def with_updated_at(invoices: QuerySet[Any]) -> QuerySet[Any]:
    """This function will add `updated_at`: the time of the newest event, as every change of an invoice notes one."""
    newest = (
        InvoiceEvent.objects.filter(invoice=OuterRef("pk"))
        .order_by()
        .values("invoice")
        .annotate(newest=Max("at"))
        .values("newest")
    )
    annotated: QuerySet[Any] = invoices.annotate(
        updated_at=Coalesce(Subquery(newest), "created_at", output_field=DateTimeField())
    )
    return annotated


@dataclass(frozen=True)
class InvoiceFilter:
    """What a person narrowed the list down to; empty fields narrow nothing."""

    text: str = ""
    copy: str = ""
    payment: str = ""
    look: bool = False
    state: str = ""
    kind: str = ""
    subsidiary: Subsidiary | None = None
    currency: str = ""
    sync: str = ""
    from_date: date | None = None
    to_date: date | None = None
    # What matches all of this, once somebody looked for the text (`searched`).
    found: tuple[int, ...] | None = None

    @property
    def most(self) -> int:
        """How many a page counts at most."""
        return AT_ONCE if self.text else MOST

    @property
    def most_sorted(self) -> int:
        """How many are found first and sorted then."""
        return SORTED if self.payment or self.from_date or self.to_date else MOST


SORTS: dict[str, tuple[str, ...]] = {
    "number": ("number",),
    "client": ("client__name",),
    "date": ("invoice_date",),
    "due": ("due_date",),
    "amount": ("currency", "gross_amount"),
}
DEFAULT_SORT = "-date"


# What `write_rows` shows of an invoice; it has three times as many columns.
_SHOWN = (
    "number",
    "client__name",
    "subject",
    "kind",
    "state",
    "invoice_date",
    "due_date",
    "currency",
    "gross_amount",
    "copy_standing",
    "payment_standing",
    "payment_status",
    "exact_payment_status",
    "payments_read_at",
)


def list_invoices(chosen: InvoiceFilter, *, sort: str, count: int) -> QuerySet[Any]:
    """This function will return the matching invoices in the order asked for (`date`, `-date`, …), ready for the list.

    ``count`` is how many match (`count_matching`). `other_number` is the newest copy's number in Exact where that is not
    the invoice's own.
    """
    descending = sort.startswith("-")
    columns = SORTS.get(sort.lstrip("-"), SORTS["date"])
    is_sorted = chosen != InvoiceFilter() and (
        count <= MOST or (count <= chosen.most_sorted and "invoice_date" not in columns)
    )
    order = [
        _in_order(column, descending=descending, is_sorted=is_sorted) for column in (*columns, "id")
    ]
    marks = HandPayment.objects.filter(invoice=OuterRef("pk"), undone_at=None)
    number = Cast(Coalesce("entry_number", "invoice_number"), CharField())
    numbers = (
        PostedDocument.objects.filter(invoice=OuterRef("pk"), state=PostedDocumentState.CURRENT)
        .annotate(number=number)
        .exclude(number=OuterRef("number"))
        .values("number")
    )
    ordered: QuerySet[Any] = (
        matching(chosen)
        # Not the subsidiary: PostgreSQL takes its invoices for few and would go through all of them for each client.
        .select_related("client")
        .only(*_SHOWN)
        .annotate(is_paid_by_hand=Exists(marks), other_number=Subquery(numbers[:1]))
        .order_by(*order)
    )
    return ordered


def _in_order(column: str, *, descending: bool, is_sorted: bool) -> OrderBy:
    by: F | Coalesce = F(column)
    if is_sorted:
        # PostgreSQL would pass over a million in an index's order, hoping to meet few soon. An expression is in no index, and
        # one of two tables in none of theirs, so that few are found by what narrows them down and then sorted.
        by = Coalesce(column, "number" if column == "client__name" else column)
    if not descending:
        return by.asc()
    # Only a due date may be missing; those come last either way.
    return by.desc(nulls_last=True) if column == "due_date" else by.desc()


_CURRENCIES = """
WITH RECURSIVE found AS (
  (SELECT currency FROM invoices_invoice WHERE organization_id = %s ORDER BY currency LIMIT 1)
  UNION ALL
  SELECT (SELECT i.currency FROM invoices_invoice i WHERE i.organization_id = %s AND i.currency > found.currency
          ORDER BY i.currency LIMIT 1)
  FROM found WHERE found.currency IS NOT NULL
)
SELECT currency FROM found WHERE currency IS NOT NULL
"""


def list_currencies() -> list[str]:
    """This function will return the currencies that the organization's invoices use, going from one to the next in an index."""
    organization_id = current_organization_id()
    with connection.cursor() as cursor:
        cursor.execute(_CURRENCIES, [organization_id, organization_id])
        return [currency for (currency,) in cursor.fetchall()]


def has_invoices() -> bool:
    """This function will tell whether the organization has any invoice."""
    return Invoice.objects.exists()


def searched(chosen: InvoiceFilter) -> InvoiceFilter:
    """This function will look for the text now, for a page that counts, sorts and adds up what it found.

    At most `AT_ONCE` + 1 of each kind of finding are found.
    """
    return _found(chosen, most=AT_ONCE + 1) if chosen.text else chosen


def _found(chosen: InvoiceFilter, *, most: int) -> InvoiceFilter:
    others = replace(chosen, text="", found=None)
    rows = matching(others)
    if others != InvoiceFilter() and count_up_to_most(rows) <= MOST:
        # Few are looked through; otherwise all of a common client's invoices might be read for hardly any that match.
        rows = Invoice.objects.filter(pk__in=rows.order_by().values("pk")[: MOST + 1])
    found = find(chosen.text, rows, most=most).values_list("pk", flat=True)
    return replace(chosen, found=tuple(found))


def counted(chosen: InvoiceFilter, *, count: int) -> InvoiceFilter:
    """This function will return what is added up: up to `MOST` + 1 of each kind that a text finds, where a page shows fewer."""
    if chosen.found is None or count <= chosen.most:
        return chosen
    return _found(chosen, most=MOST + 1)


def matching(chosen: InvoiceFilter) -> QuerySet[Any]:
    """This function will return the invoices that match, in no order."""
    rows: QuerySet[Any] = Invoice.objects.all()
    if chosen.found is not None:
        return rows.filter(among(chosen.found))
    exact = {
        "state": chosen.state,
        "kind": chosen.kind,
        "subsidiary": chosen.subsidiary,
        "currency": chosen.currency,
        "invoice_date__gte": chosen.from_date,
        "invoice_date__lte": chosen.to_date,
        "payment_standing": chosen.payment,
        "sync_standing": chosen.sync,
        "needs_look": chosen.look,
    }
    rows = rows.filter(**{column: value for column, value in exact.items() if value})
    if chosen.copy:
        # What Exact has sent is copied, too.
        standings = SETTLED_STANDINGS if chosen.copy == CopyStanding.COPIED else (chosen.copy,)
        rows = rows.filter(copy_standing__in=standings)
    return Invoice.objects.filter(pk__in=find(chosen.text, rows)) if chosen.text else rows


@dataclass(frozen=True)
class VatTotal:
    """The lines of one tax rate together."""

    name: str
    net_amount: Decimal


@dataclass(frozen=True)
class InvoicePageData:
    """Everything the invoice page shows of the invoice itself."""

    invoice: Invoice
    lines: list[InvoiceLine]
    vat: list[VatTotal]
    credit_notes: list[Invoice]
    conflicts: list[IntakeConflict]
    files: list[InvoiceFile]
    events: list[InvoiceEvent]
    has_more_events: bool


EVENTS_SHOWN = 50


def read_invoice_page(invoice: Invoice) -> InvoicePageData:
    """This function will read what the page shows, with a fixed number of queries."""
    lines = list(invoice.lines.select_related("service_type", "tax_rate"))
    events = list(invoice.events.select_related("user")[: EVENTS_SHOWN + 1])
    by_rate: dict[str, Decimal] = {}
    for line in lines:
        name = line.tax_rate.name if line.tax_rate else _("No tax rate")
        by_rate[name] = by_rate.get(name, Decimal(0)) + line.net_amount
    return InvoicePageData(
        invoice=invoice,
        lines=lines,
        vat=[VatTotal(name, net_amount) for name, net_amount in by_rate.items()],
        credit_notes=list(invoice.credit_notes.order_by("invoice_date", "id")),
        conflicts=list(invoice.conflicts.filter(resolution="").select_related("import_run")),
        files=list(invoice.files.defer("content")),
        events=events[:EVENTS_SHOWN],
        has_more_events=len(events) > EVENTS_SHOWN,
    )

"""What the invoice screens and the API read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from integrations.models import Subsidiary
from invoices import payment_conflicts
from invoices.connection_health.standings import with_sync
from invoices.models import (
    CopyRequest,
    DeliveryState,
    HandPayment,
    IntakeConflict,
    Invoice,
    InvoiceEvent,
    InvoiceFile,
    InvoiceLine,
    PostedDocument,
    PostedDocumentState,
    ReconciliationBreak,
    SetAside,
)
from invoices.models.copying import (
    ACTIVE_COPY_STATES,
    ATTENTION_COPY_STATES,
    UNSENT_DELIVERIES,
    CopyState,
)
from invoices.payment_standing import with_payment_standing


class CopyStanding(TextChoices):
    """Where an invoice stands with Exact, in one word."""

    NOT_COPIED = "not_copied", "Not copied"
    IN_PROGRESS = "in_progress", "Copying"
    COPIED = "copied", "Copied"
    SENT = "sent", "Sent by Exact"
    NEEDS_ATTENTION = "needs_attention", "Needs attention"
    COPIED_ELSEWHERE = SetAside.ELSEWHERE.value, SetAside.ELSEWHERE.label
    IGNORED = SetAside.IGNORED.value, SetAside.IGNORED.label


# In Exact, and on its way to the customer if Exact is the one to send it: what payments are expected of.
SETTLED_STANDINGS = (CopyStanding.COPIED, CopyStanding.SENT)


def with_copy_standing(invoices: QuerySet[Any]) -> QuerySet[Any]:
    """This function will add `copy_standing` and `last_copy_state` to each invoice, without more queries."""
    last_state = (
        CopyRequest.objects.filter(invoice=OuterRef("pk"))
        # What stands in Exact is still as the wish before one that was given up left it.
        .exclude(state=CopyState.CANCELLED)
        .order_by("-id")
        .values("state")[:1]
    )
    document = PostedDocument.objects.filter(
        invoice=OuterRef("pk"), state=PostedDocumentState.CURRENT
    )
    annotated: QuerySet[Any] = invoices.annotate(
        last_copy_state=Subquery(last_state),
        delivery=Subquery(document.values("delivery")[:1]),
    ).annotate(
        copy_standing=Case(
            # A person's word goes before what is left of earlier wishes; its values are standings.
            When(~Q(set_aside=""), then=F("set_aside")),
            When(last_copy_state__in=ACTIVE_COPY_STATES, then=Value(CopyStanding.IN_PROGRESS)),
            When(
                last_copy_state__in=ATTENTION_COPY_STATES, then=Value(CopyStanding.NEEDS_ATTENTION)
            ),
            When(delivery__in=UNSENT_DELIVERIES, then=Value(CopyStanding.NEEDS_ATTENTION)),
            When(delivery=DeliveryState.SENT, then=Value(CopyStanding.SENT)),
            When(delivery__isnull=False, then=Value(CopyStanding.COPIED)),
            default=Value(CopyStanding.NOT_COPIED),
            output_field=CharField(),
        )
    )
    return annotated


def that_need_a_look(invoices: QuerySet[Any]) -> QuerySet[Any]:
    """This function will keep the invoices about which somebody has to decide or mend something.

    A copy needs attention, Exact says something else of a payment, a document in Exact is not as it was, or a file holds
    another version.
    """
    breaks = ReconciliationBreak.objects.filter(invoice=OuterRef("pk"), closed_at=None)
    versions = IntakeConflict.objects.filter(invoice=OuterRef("pk"), resolution="")
    narrowed: QuerySet[Any] = with_copy_standing(invoices).filter(
        Q(copy_standing=CopyStanding.NEEDS_ATTENTION)
        | payment_conflicts.undecided()
        | Exists(breaks)
        | Exists(versions)
    )
    return narrowed


def count_that_need_a_look() -> int:
    """This function will count them in the whole organization."""
    return that_need_a_look(Invoice.objects.all()).count()


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


SORTS: dict[str, tuple[str, ...]] = {
    "number": ("number",),
    "client": ("client__name",),
    "date": ("invoice_date",),
    "due": ("due_date",),
    "amount": ("currency", "gross_amount"),
}
DEFAULT_SORT = "-date"


def list_invoices(chosen: InvoiceFilter, *, sort: str) -> QuerySet[Any]:
    """This function will return the matching invoices in the order asked for (`date`, `-date`, …), ready for the list.

    `other_number` is the newest copy's number in Exact where that is not the invoice's own.
    """
    descending = sort.startswith("-")
    columns = SORTS.get(sort.lstrip("-"), SORTS["date"])
    order = [
        F(column).desc(nulls_last=True) if descending else F(column).asc(nulls_last=True)
        for column in columns
    ]
    marks = HandPayment.objects.filter(invoice=OuterRef("pk"), undone_at=None)
    rows = with_payment_standing(with_copy_standing(matching(chosen)))
    number = Cast(Coalesce("entry_number", "invoice_number"), CharField())
    numbers = (
        PostedDocument.objects.filter(invoice=OuterRef("pk"), state=PostedDocumentState.CURRENT)
        .annotate(number=number)
        .exclude(number=OuterRef("number"))
        .values("number")
    )
    ordered: QuerySet[Any] = (
        rows.select_related("client", "subsidiary")
        .annotate(is_paid_by_hand=Exists(marks), other_number=Subquery(numbers[:1]))
        .order_by(*order, "-id" if descending else "id")
    )
    return ordered


def list_currencies() -> list[str]:
    """This function will return the currencies that the organization's invoices use."""
    return list(Invoice.objects.order_by("currency").values_list("currency", flat=True).distinct())


def has_invoices() -> bool:
    """This function will tell whether the organization has any invoice."""
    return Invoice.objects.exists()


def matching(chosen: InvoiceFilter) -> QuerySet[Any]:
    """This function will return the invoices that match, in no order."""
    rows: QuerySet[Any] = Invoice.objects.all()
    if chosen.text:
        rows = rows.filter(
            Q(number__icontains=chosen.text)
            | Q(client__name__icontains=chosen.text)
            | Q(subject__icontains=chosen.text)
            | Q(psa_number__icontains=chosen.text)
        )
    exact = {
        "state": chosen.state,
        "kind": chosen.kind,
        "subsidiary": chosen.subsidiary,
        "currency": chosen.currency,
        "invoice_date__gte": chosen.from_date,
        "invoice_date__lte": chosen.to_date,
    }
    rows = rows.filter(**{column: value for column, value in exact.items() if value})
    if chosen.sync:
        rows = with_sync(rows, chosen.sync)
    if chosen.look:
        rows = that_need_a_look(rows)
    if chosen.payment:
        rows = with_payment_standing(rows).filter(payment_standing=chosen.payment)
    if not chosen.copy:
        return rows
    # What Exact has sent is copied, too.
    standings = SETTLED_STANDINGS if chosen.copy == CopyStanding.COPIED else (chosen.copy,)
    return with_copy_standing(rows).filter(copy_standing__in=standings)


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
        name = line.tax_rate.name if line.tax_rate else "No tax rate"
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

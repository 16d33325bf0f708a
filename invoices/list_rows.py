"""What a row of the invoice list shows. What many rows show alike is written once a page: a list of fifty has few different ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from connector.money import format_money
from invoices.models import InvoiceKind, InvoiceState, PaymentStatus
from invoices.payment_standing import NOT_IN_EXACT, SET_ASIDE
from invoices.queries import SETTLED_STANDINGS
from invoices.templatetags.invoices import signed

_SUBJECT = 60


@dataclass(frozen=True, slots=True)
class ListRow:
    """An invoice as the list shows it, in the reader's language; `copy` and `payment` are HTML."""

    pk: int
    number: str
    tick: str
    address: str
    card_address: str
    is_credit_note: bool
    is_draft: bool
    client: str
    subject: str
    invoice_date: str
    due_date: str
    amount: str
    is_in_exact: bool
    copy: str
    other_number: str
    is_paid_nothing: bool
    payment: str


def list_rows(invoices: Iterable[Any]) -> list[ListRow]:
    """This function will write the rows of what `invoices.queries.list_invoices` returned."""
    page = _Page()
    return [page.row(invoice) for invoice in invoices]


class _Page:
    """Remembers what it has written."""

    def __init__(self) -> None:
        self._pieces: dict[tuple[object, ...], str] = {}
        self._days: dict[date, str] = {}
        self._tick = _("Choose invoice %(number)s")
        self._unnumbered = _("No number yet")
        # No invoice has the id 0.
        self._invoice = reverse("invoice", args=[0])
        self._card = reverse("invoice_copied", args=[0])

    def row(self, invoice: Any) -> ListRow:
        pk, standing = invoice.pk, invoice.payment_standing
        return ListRow(
            pk=pk,
            number=invoice.number or self._unnumbered,
            tick=self._tick % {"number": invoice.number or pk},
            address=self._invoice.replace("0", str(pk)),
            card_address=self._card.replace("0", str(pk)),
            is_credit_note=invoice.kind == InvoiceKind.CREDIT_NOTE,
            is_draft=invoice.state == InvoiceState.DRAFT,
            client=invoice.client.name,
            subject=_shortened(invoice.subject),
            invoice_date=self._day(invoice.invoice_date),
            due_date=self._day(invoice.due_date) if invoice.due_date else "–",  # noqa: RUF001 - the sign for "none" on all pages
            amount=format_money(signed(invoice.gross_amount, invoice.sign), invoice.currency),
            is_in_exact=invoice.copy_standing in SETTLED_STANDINGS,
            copy=self._piece("invoices/_copy_standing.html", standing=invoice.copy_standing),
            other_number=invoice.other_number or "",
            is_paid_nothing=standing in {NOT_IN_EXACT, SET_ASIDE},
            payment=self._piece(
                "invoices/_payment_standing.html",
                standing=standing,
                status=invoice.payment_status,
                kind=invoice.kind,
                by_hand=invoice.is_paid_by_hand,
                in_exact=_said_by_exact(invoice),
            ),
        )

    def _day(self, day: date) -> str:
        if day not in self._days:
            self._days[day] = date_format(day, "DATE_FORMAT")
        return self._days[day]

    def _piece(self, template: str, **values: object) -> str:
        key = (template, *values.values())
        if key not in self._pieces:
            self._pieces[key] = render_to_string(template, values)
        return self._pieces[key]


def _shortened(subject: str) -> str:
    return subject if len(subject) <= _SUBJECT else Truncator(subject).chars(_SUBJECT)


def _said_by_exact(invoice: Any) -> str:
    """What Exact says of the payment, where a mark by hand says otherwise; in words."""
    is_known = invoice.is_paid_by_hand and invoice.payments_read_at is not None
    if not is_known or invoice.exact_payment_status == invoice.payment_status:
        return ""
    return str(PaymentStatus(invoice.exact_payment_status).label)

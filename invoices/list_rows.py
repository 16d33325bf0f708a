"""The rows of the invoice list as HTML. A list of fifty has few different looks: each is written once a page, and filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from connector.money import format_money
from invoices.models import PaymentStatus
from invoices.queries import SETTLED_STANDINGS
from invoices.templatetags.invoices import signed

_SUBJECT = 60
# Where a look leaves room for what is an invoice's own: its name between two characters that no text of ours has.
_MARK = "\ue000"
_OWN = (
    "id",
    "tick",
    "address",
    "card_address",
    "number",
    "client",
    "subject",
    "invoice_date",
    "due_date",
    "amount",
    "other_number",
)
_ROOM = {name: f"{_MARK}{name}{_MARK}" for name in _OWN}


def write_rows(invoices: Iterable[Any], *, may_copy: bool) -> SafeString:
    """This function will write the rows of what `invoices.queries.list_invoices` returned, in the reader's language."""
    page = _Page(may_copy=may_copy)
    return mark_safe("".join(page.row(invoice) for invoice in invoices))  # noqa: S308 - what is an invoice's own is escaped


class _Page:
    """Remembers what it has written."""

    def __init__(self, *, may_copy: bool) -> None:
        self._may_copy = may_copy
        self._looks: dict[tuple[object, ...], Sequence[str]] = {}
        self._days: dict[date, str] = {}
        self._tick = _("Choose invoice %(number)s")
        self._unnumbered = _("No number yet")
        # No invoice has the id 0.
        self._invoice = reverse("invoice", args=[0])
        self._card = reverse("invoice_copied", args=[0])

    def row(self, invoice: Any) -> str:
        look = self._look(
            kind=invoice.kind,
            state=invoice.state,
            copy_standing=invoice.copy_standing,
            payment_standing=invoice.payment_standing,
            payment_status=invoice.payment_status,
            by_hand=invoice.is_paid_by_hand,
            in_exact=_said_by_exact(invoice),
            has_other_number=bool(invoice.other_number),
        )
        own = self._own(invoice)
        return "".join(
            escape(own[piece]) if place % 2 else piece for place, piece in enumerate(look)
        )

    def _own(self, invoice: Any) -> dict[str, str]:
        """What is of one invoice alone."""
        pk = str(invoice.pk)
        return {
            "id": pk,
            "tick": self._tick % {"number": invoice.number or pk},
            "address": self._invoice.replace("0", pk),
            "card_address": self._card.replace("0", pk),
            "number": invoice.number or self._unnumbered,
            "client": invoice.client.name,
            "subject": _shortened(invoice.subject),
            "invoice_date": self._day(invoice.invoice_date),
            "due_date": self._day(invoice.due_date) if invoice.due_date else "–",  # noqa: RUF001 - the sign for "none" on all pages
            "amount": format_money(signed(invoice.gross_amount, invoice.sign), invoice.currency),
            "other_number": invoice.other_number or "",
        }

    def _day(self, day: date) -> str:
        if day not in self._days:
            self._days[day] = date_format(day, "DATE_FORMAT")
        return self._days[day]

    def _look(self, **values: object) -> Sequence[str]:
        """The pieces of a row, between each two the name of what is the invoice's own."""
        key = tuple(values.values())
        if key not in self._looks:
            values |= {"may_copy": self._may_copy, "settled_standings": SETTLED_STANDINGS}
            html = render_to_string("invoices/_list_row.html", {**values, "own": _ROOM})
            self._looks[key] = re.split(f"{_MARK}([a-z_]+){_MARK}", html)
        return self._looks[key]


def _shortened(subject: str) -> str:
    return subject if len(subject) <= _SUBJECT else Truncator(subject).chars(_SUBJECT)


def _said_by_exact(invoice: Any) -> str:
    """What Exact says of the payment, where a mark by hand says otherwise; in words."""
    is_known = invoice.is_paid_by_hand and invoice.payments_read_at is not None
    if not is_known or invoice.exact_payment_status == invoice.payment_status:
        return ""
    return str(PaymentStatus(invoice.exact_payment_status).label)

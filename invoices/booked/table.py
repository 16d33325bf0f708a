"""What was booked against what was sent, field by field, as Exact had it when it was last read (B-3). No calls.

Before: `remembering` kept what was read. After: the invoice's page draws it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from connector.money import format_money, format_number
from integrations import status
from invoices.booked.names import Names
from invoices.booked.remembering import as_booked, vat_as_booked
from invoices.document_plan import MadeDocument
from invoices.document_texts import reference
from invoices.models import Invoice, PostedDocument
from invoices.routes import route_of

# Properties of drafts and of what Exact makes of them: both routes call them the same on both sides.
_HEADER: Mapping[str, Promise] = {
    "customer_id": gettext_lazy("Customer"),
    "entry_date": gettext_lazy("Date"),
    "due_date": gettext_lazy("Due date"),
    "journal": gettext_lazy("Journal"),
    "your_ref": gettext_lazy("Reference"),
    "description": gettext_lazy("Description"),
    "payment_condition": gettext_lazy("Payment condition"),
    "currency": gettext_lazy("Currency"),
    "rate": gettext_lazy("Exchange rate"),
}
_LINE: Mapping[str, Promise] = {
    "gl_account_id": gettext_lazy("Ledger account"),
    "item_id": gettext_lazy("Item"),
    "quantity": gettext_lazy("Quantity"),
    "vat_code": gettext_lazy("VAT code"),
    "from_date": gettext_lazy("Period from"),
    "to_date": gettext_lazy("Period to"),
    "cost_center": gettext_lazy("Cost center"),
    "cost_unit": gettext_lazy("Cost unit"),
}
_IDS = frozenset({"customer_id", "gl_account_id", "item_id"})
# Codes and texts that Exact may write in another case or with spaces around them.
_AS_READ = frozenset({"cost_center", "cost_unit", "vat_code", "payment_condition", "journal"})


@dataclass(frozen=True, slots=True)
class Row:
    """One field: what was sent, what Exact has, and whether they differ. `is_amount`: it belongs at the right."""

    label: str
    sent: str
    booked: str
    differs: bool
    is_amount: bool = False

    @property
    def is_exacts_own(self) -> bool:
        """Whether nothing was sent, and Exact filled it in."""
        return bool(self.booked) and not self.sent


@dataclass(frozen=True, slots=True)
class LineRows:
    """The fields of one line; `is_missing` in Exact, or `is_added` there."""

    position: int
    rows: tuple[Row, ...]
    is_missing: bool = False
    is_added: bool = False

    @property
    def differs(self) -> bool:
        """Whether somebody has to look at it."""
        return self.is_missing or self.is_added or any(row.differs for row in self.rows)


@dataclass(frozen=True, slots=True)
class BookedTable:
    """The newest copy as it was sent and as Exact had it at `seen_at`; without rows it was never read back."""

    document: PostedDocument
    seen_at: datetime | None
    rows: tuple[Row, ...] = ()
    lines: tuple[LineRows, ...] = ()
    was_sent: bool = True

    @property
    def count(self) -> int:
        """How many fields differ."""
        lines = sum(sum(row.differs for row in line.rows) or line.differs for line in self.lines)
        return sum(row.differs for row in self.rows) + lines

    @property
    def lines_differ(self) -> bool:
        """Whether one of the lines does."""
        return any(line.differs for line in self.lines)

    @property
    def is_awaited(self) -> bool:
        """Whether it is about to be read again."""
        return self.document.check_due_at is not None

    @property
    def silence(self) -> str:
        """That it waits because nothing in the background runs, as a sentence; else empty."""
        return status.stands_still() if self.is_awaited else ""

    @property
    def may_be_read(self) -> bool:
        """Whether Exact can be asked for it now."""
        return bool(self.document.connection.is_working)


def read_table(invoice: Invoice, document: PostedDocument | None) -> BookedTable | None:
    """This function will put the newest copy beside what was sent; None when there is no copy. At most three queries."""
    if document is None:
        return None
    if document.seen is None:
        return BookedTable(document, None)
    route = route_of(document.route)
    made = route.made(document.seen)
    stored = document.payload.get("draft")
    draft = route.draft(stored) if stored else None
    both = [one for one in (draft, made) if one is not None]
    rows = [row for one in both for row in (one, *(one.lines or ()))]
    names = Names(
        document.connection_id, (getattr(row, name, None) for row in rows for name in _IDS)
    )
    drawn = _Drawing(invoice, document, draft, made, names)
    return BookedTable(
        document,
        document.seen_at,
        tuple(drawn.header()),
        tuple(drawn.lines()) if draft is not None else (),
        was_sent=draft is not None,
    )


@dataclass(frozen=True)
class _Drawing:
    invoice: Invoice
    document: PostedDocument
    draft: Any
    made: MadeDocument
    names: Names

    def header(self) -> Iterator[Row]:
        """The number and the fields of the whole, then its amounts."""
        seen = self.document.seen_number
        number = self.invoice.number
        yield Row(_("Number"), number, seen, bool(number) and number != seen)
        for name, label in _HEADER.items():
            sent = getattr(self.draft, name, None)
            if name == "your_ref" and sent is None and self.draft is None:
                sent = reference(self.invoice.number) or None
            found = getattr(self.made, name, None)
            if sent or found:
                yield self._row(str(label), name, sent, found)
        yield self._amount(_("VAT"), self._sent("vat"), vat_as_booked(self.invoice, self.made))
        booked = as_booked(self.invoice, self.made.amount_fc)
        yield self._amount(_("Total"), self._sent("gross"), booked)

    def lines(self) -> Iterator[LineRows]:
        """The lines by their order, as Exact books them."""
        nets: Sequence[str] = self.document.payload.get("line_nets", ())
        found = sorted(self.made.lines or (), key=lambda line: line.line_number or 0)
        if self.made.lines is None:
            return
        for number, (sent, line) in enumerate(zip_longest(self.draft.lines, found), 1):
            net = Decimal(nets[number - 1]) if number <= len(nets) else None
            yield LineRows(
                number,
                tuple(self._line(sent, line, net)),
                is_missing=line is None,
                is_added=sent is None,
            )

    def _line(self, sent: Any, line: Any, net: Decimal | None) -> Iterator[Row]:
        for name, label in _LINE.items():
            ours, theirs = getattr(sent, name, None), getattr(line, name, None)
            if (ours or theirs) and not (ours is None and name == "gl_account_id" and sent):
                yield self._row(str(label), name, ours, theirs)
        # Which sign a credit note's lines have is the division's; that of the total was compared.
        booked = None if line is None else line.amount_fc * self._turned(self.made.amount_fc)
        ours = None if net is None else net * self._turned(Decimal(self.document.payload["gross"]))
        differs = ours is not None and booked is not None and abs(ours) != abs(booked)
        yield self._amount(_("Amount"), ours, booked, differs=differs)

    def _turned(self, total: Decimal) -> int:
        """What gives the parts of a total the sign that they have in the books."""
        return -1 if self.invoice.sign < 0 and total > 0 else 1

    def _sent(self, which: str) -> Decimal:
        """What was sent, or of what was only linked what the invoice says."""
        stored = self.document.payload.get(which)
        if stored is not None:
            return as_booked(self.invoice, Decimal(stored))
        invoice = self.invoice
        amount: Decimal = invoice.vat_amount if which == "vat" else invoice.gross_amount
        return amount * invoice.sign

    def _row(self, label: str, name: str, sent: Any, booked: Any) -> Row:
        """What was not sent is Exact's own to fill in, so it is no difference."""
        if name in _AS_READ:
            differs = sent is not None and _plain(sent) != _plain(booked)
        else:
            differs = sent is not None and sent != booked
        return Row(label, self._text(name, sent), self._text(name, booked), differs)

    def _amount(
        self,
        label: str,
        sent: Decimal | None,
        booked: Decimal | None,
        *,
        differs: bool | None = None,
    ) -> Row:
        if differs is None:
            differs = sent is not None and booked is not None and sent != booked
        ours, theirs = self.document.currency, self.document.seen_currency
        return Row(label, _money(sent, ours), _money(booked, theirs), differs, is_amount=True)

    def _text(self, name: str, value: Any) -> str:
        if value is None:
            return ""
        if name in _IDS:
            return self.names(value)
        if isinstance(value, Decimal):
            return format_number(value)
        return date_format(value, "DATE_FORMAT") if isinstance(value, date) else str(value)


def _plain(value: Any) -> str:
    return str(value or "").strip().casefold()


def _money(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else format_money(amount, currency)

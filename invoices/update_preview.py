"""What Update existing would change, field by field. Exact is not called.

A copy that was read back is compared as the update itself will do it (`document_changes`), with what Exact had then, so also
what somebody changed there is shown before it is written over. One that was never read back is compared with what was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy
from pydantic import ValidationError

from connector.money import format_money
from integrations.exact.rows import exact_name
from integrations.mappings.facts import ConnectionFacts
from invoices.booked.names import Names
from invoices.document_changes import AddLine, ChangeHeader, ChangeLine, RemoveLine, changes_to
from invoices.document_plan import DocumentDraft, DocumentPlan
from invoices.models import AttachmentLink, ExactRecordState, InvoiceFile, PostedDocument
from invoices.routes import route_of

# Properties of the drafts of either route, as a person calls them. The contact is known by its id only, which tells
# nobody anything, and is the same person as long as its e-mail address is.
_HEADER: Mapping[str, Promise] = {
    "customer_id": gettext_lazy("Customer"),
    "entry_date": gettext_lazy("Date"),
    "due_date": gettext_lazy("Due date"),
    "your_ref": gettext_lazy("Reference"),
    "description": gettext_lazy("Description"),
    "currency": gettext_lazy("Currency"),
    "rate": gettext_lazy("Exchange rate"),
    "payment_condition": gettext_lazy("Payment condition"),
    "payment_reference": gettext_lazy("Payment reference"),
}
_LINE: Mapping[str, Promise] = {
    "description": gettext_lazy("description"),
    "gl_account_id": gettext_lazy("ledger account"),
    "item_id": gettext_lazy("item"),
    "vat_code": gettext_lazy("VAT code"),
    "amount_fc": gettext_lazy("amount"),
    "vat_amount_fc": gettext_lazy("VAT"),
    "quantity": gettext_lazy("quantity"),
    "net_price": gettext_lazy("price"),
    "cost_center": gettext_lazy("cost center"),
    "cost_unit": gettext_lazy("cost unit"),
    "from_date": gettext_lazy("period from"),
    "to_date": gettext_lazy("period to"),
    "notes": gettext_lazy("notes"),
}
_MONEY = frozenset({"amount_fc", "vat_amount_fc"})


@dataclass(frozen=True, slots=True)
class Change:
    """A field that will be different; empty texts mean that it is added or removed."""

    field: str
    before: str
    after: str


def preview_update(
    document: PostedDocument, plan: DocumentPlan, facts: ConnectionFacts
) -> list[Change]:
    """This function will list what will be written over: what Exact had when it was last read, or what was sent last."""
    currency = plan.draft.currency or document.currency
    sent = _sent(document)
    made = route_of(document.route).made(document.seen) if document.seen else None
    if made is not None and made.lines is not None:
        return list(_Overwritten(document, made, plan, facts, currency).changes(sent))
    if sent is None:
        # Linked rather than sent; Exact itself is compared when the update runs.
        return []
    return [*_header(sent, plan.draft), *_lines(sent, plan, facts, currency)]


def _sent(document: PostedDocument) -> DocumentDraft | None:
    try:
        return route_of(document.route).draft(document.payload["draft"])
    except (KeyError, ValidationError):
        return None


@dataclass(frozen=True)
class _Overwritten:
    """What Exact has, beside what the update will write."""

    document: PostedDocument
    made: Any
    plan: DocumentPlan
    facts: ConnectionFacts
    currency: str

    def changes(self, sent: DocumentDraft | None) -> Iterator[Change]:
        """This function will list the fields that the update writes, in its order."""
        comparison = route_of(self.document.route).comparison
        lines = sorted(self.made.lines, key=lambda line: line.line_number or 0)
        numbers = {line.exact_id: number for number, line in enumerate(lines, 1)}
        added = len(lines)
        for operation in changes_to(comparison, self.made, self.plan, last_sent=sent):
            match operation:
                case ChangeHeader(changes):
                    yield from self._header(changes)
                case ChangeLine(line_id, changes):
                    number = numbers[line_id]
                    yield from self._line(number, lines[number - 1], changes, sent)
                case AddLine(line):
                    added += 1
                    yield Change(_where(added), "", _summary(line, self.currency))
                case RemoveLine(line_id):
                    number = numbers[line_id]
                    whole = _summary(lines[number - 1], self.currency)
                    yield Change(_where(number), whole, "")

    def _header(self, changes: Mapping[str, Any]) -> Iterator[Change]:
        names = _our_names(self.plan.draft)
        for written, new in changes.items():
            name = names.get(written, "")
            if name not in _HEADER:
                continue
            old = getattr(self.made, name, None)
            if name == "customer_id":
                call = Names(self.document.connection_id, [old, new])
                yield Change(str(_HEADER[name]), call(old), call(new))
            else:
                yield Change(str(_HEADER[name]), _text(old), _text(new))

    def _line(
        self, number: int, old: Any, changes: Mapping[str, Any], sent: DocumentDraft | None
    ) -> Iterator[Change]:
        draft, planned = self.plan.draft.lines[number - 1], self.plan.lines[number - 1]
        names = _our_names(draft)
        new = {names[name]: value for name, value in changes.items() if name in names}
        if "AmountFC" in changes or "Item" in changes:
            # As Exact will book them: what is sent may include the VAT, or leave it to Exact.
            new |= {"amount_fc": planned.net, "vat_amount_fc": planned.vat}
        last = sent.lines[number - 1] if sent and number <= len(sent.lines) else None
        for name, value in new.items():
            # What Exact does not give back is compared with what it got last.
            was = getattr(old, name, None) if hasattr(old, name) else getattr(last, name, None)
            if name in _LINE and (was or None) != (value or None):
                yield Change(
                    _within(number, _LINE[name]),
                    _value(name, was, self.facts, self.currency),
                    _value(name, value, self.facts, self.currency),
                )


def _where(number: int) -> str:
    return _("Line %(number)s") % {"number": number}


def _within(number: int, label: Promise) -> str:
    return _("%(line)s: %(field)s") % {"line": _where(number), "field": label}


def _our_names(draft: Any) -> dict[str, str]:
    """Our names of what can be sent, by Exact's."""
    return {exact_name(name, info): name for name, info in type(draft).model_fields.items()}


def preview_files(document: PostedDocument) -> list[Change]:
    """This function will list the files that an update puts beside the booking, and those that it takes out."""
    held = list(
        AttachmentLink.objects.filter(
            document_link__copy_request=document.copy_request_id, state=ExactRecordState.LINKED
        ).order_by("id")
    )
    by_file = {link.file_id: link for link in held if link.file_id is not None}
    changes = []
    for file in InvoiceFile.objects.filter(invoice=document.invoice_id).defer("content"):
        old = by_file.get(file.pk)
        if old is None or old.sha256 != file.sha256:
            before = _("%(name)s, as it was") % {"name": old.name} if old else ""
            changes.append(Change(file.get_kind_display(), before, file.name))
    return changes + [Change(_("File"), link.name, "") for link in held if link.file_id is None]


def _header(before: DocumentDraft, after: DocumentDraft) -> Iterator[Change]:
    for name, label in _HEADER.items():
        old, new = getattr(before, name, None), getattr(after, name, None)
        if old == new:
            continue
        if name == "customer_id":
            yield Change(str(label), _("the customer it is booked on"), _("another customer"))
        else:
            yield Change(str(label), _text(old), _text(new))


def _lines(
    before: DocumentDraft, plan: DocumentPlan, facts: ConnectionFacts, currency: str
) -> Iterator[Change]:
    for position, (old, new) in enumerate(zip_longest(before.lines, plan.draft.lines), start=1):
        where = _where(position)
        if old is None or new is None:
            whole = _summary(new or old, currency)
            yield Change(where, "" if old is None else whole, "" if new is None else whole)
            continue
        for name, label in _LINE.items():
            was, becomes = getattr(old, name, None), getattr(new, name, None)
            if was != becomes:
                yield Change(
                    _within(position, label),
                    _value(name, was, facts, currency),
                    _value(name, becomes, facts, currency),
                )


def _summary(line: Any, currency: str) -> str:
    amount = getattr(line, "amount_fc", None)
    if amount is None:
        amount = line.quantity * line.net_price
    return f"{line.description or _('Line')}, {format_money(amount, currency)}"


def _value(name: str, value: Any, facts: ConnectionFacts, currency: str) -> str:
    if value is None:
        return ""
    if name == "gl_account_id":
        return str(facts.ledgers.get(value, _("an account that is gone")))
    if name == "item_id":
        return str(facts.items.get(value, _("an item that is gone")))
    return format_money(value, currency) if name in _MONEY else _text(value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)

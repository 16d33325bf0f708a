"""Whether what Exact has is what was sent: totals, VAT, customer, currency, and line by line where its lines were read.

Pure functions. Decision 10: Exact may take a document and drop a part of it without a word, so an answer that says
"created" is compared before it is called a success.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from connector.sentences import Money, Sentence, Value, counted_sentence, sentence, together
from invoices.document_plan import DocumentDraft, MadeDocument
from invoices.models import CopyRequest
from invoices.routes import DocumentRoute, route_of

_NAMED = 4


def difference(request: CopyRequest, booked: MadeDocument, draft: DocumentDraft) -> str:
    """This function will say in words where Exact's document differs from what was sent; empty when it does not."""
    found = list_differences(
        request.payload or {},
        draft,
        booked,
        route=route_of(request.route),
        currency=request.invoice.currency,
    )
    return say(found)


def say(found: list[Sentence]) -> str:
    """This function will put differences into one sentence; empty when there are none."""
    if not found:
        return ""
    return sentence(
        "Exact made something else of it: %(differences)s.", differences=name_some(found)
    )


def name_some(found: list[Sentence]) -> Sentence:
    """This function will name the first differences, and how many more there are."""
    named = together(*found[:_NAMED], by=", ")
    if len(found) <= _NAMED:
        return named
    return counted_sentence(
        "%(named)s, and %(n)s more", "%(named)s, and %(n)s more", n=len(found) - _NAMED, named=named
    )


def list_differences(
    payload: Mapping[str, Any],
    draft: DocumentDraft,
    booked: MadeDocument,
    *,
    route: DocumentRoute,
    currency: str,
) -> list[Sentence]:
    """This function will list where a document differs from what was sent. `currency` is the invoice's."""
    currency = draft.currency or currency
    gross, vat = Decimal(payload["gross"]), Decimal(payload["vat"])
    found: list[Sentence] = []
    if booked.amount_fc != gross:
        found.append(
            sentence(
                "total %(seen)s instead of %(expected)s",
                seen=Money(booked.amount_fc, currency),
                expected=Money(gross, currency),
            )
        )
    if booked.vat_amount_fc is not None and booked.vat_amount_fc != vat:
        found.append(
            sentence(
                "VAT %(seen)s instead of %(expected)s",
                seen=Money(booked.vat_amount_fc, currency),
                expected=Money(vat, currency),
            )
        )
    if booked.customer_id != draft.customer_id:
        found.append(sentence("another customer"))
    return found + _in_parts(payload, draft, booked, route, currency)


def list_edits(
    payload: Mapping[str, Any],
    draft: DocumentDraft,
    booked: MadeDocument,
    *,
    route: DocumentRoute,
    currency: str,
) -> list[Sentence]:
    """This function will list what a total, the VAT and the customer do not tell: another day or currency, and the lines."""
    sent_day, day = getattr(draft, "entry_date", None), getattr(booked, "entry_date", None)
    moved = [_instead(str(day), str(sent_day))] if sent_day and day and day != sent_day else []
    return moved + _in_parts(payload, draft, booked, route, draft.currency or currency)


def _in_parts(
    payload: Mapping[str, Any],
    draft: DocumentDraft,
    booked: MadeDocument,
    route: DocumentRoute,
    currency: str,
) -> list[Sentence]:
    found: list[Sentence] = []
    if booked.currency is not None and booked.currency != currency:
        found.append(_instead(booked.currency, currency))
    if booked.line_count is not None and booked.line_count != len(draft.lines):
        found.append(
            counted_sentence(
                "%(n)s line instead of %(expected)s",
                "%(n)s lines instead of %(expected)s",
                n=booked.line_count,
                expected=len(draft.lines),
            )
        )
    elif booked.lines is not None:
        found += _in_lines(payload.get("line_nets", ()), draft, booked, route, currency)
    return found


def _in_lines(
    nets: list[str], draft: DocumentDraft, booked: MadeDocument, route: DocumentRoute, currency: str
) -> Iterator[Sentence]:
    lines = sorted(booked.lines or (), key=lambda line: line.line_number or 0)
    for number, (sent, line) in enumerate(zip(draft.lines, lines, strict=True), 1):
        # Which sign a credit note's lines have is the division's; that of the total was compared.
        net = Decimal(nets[number - 1]) if number <= len(nets) else line.amount_fc
        if abs(line.amount_fc) != abs(net):
            yield sentence(
                "line %(number)s is %(seen)s instead of %(expected)s",
                number=number,
                seen=Money(line.amount_fc, currency),
                expected=Money(net, currency),
            )
        for odd in route.line_differences(sent, line):
            yield sentence("line %(number)s has %(odd)s", number=number, odd=odd)


def _instead(seen: Value, expected: Value) -> Sentence:
    return sentence("%(seen)s instead of %(expected)s", seen=seen, expected=expected)

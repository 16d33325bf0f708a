"""Whether what Exact has is what was sent: totals, VAT, customer, currency, and line by line where its lines were read.

Pure functions. Decision 10: Exact may take a document and drop a part of it without a word, so an answer that says
"created" is compared before it is called a success.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from connector.money import format_money
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
    return say(found, "Exact made something else of it")


def say(found: list[str], what: str) -> str:
    """This function will put differences into one sentence; empty when there are none."""
    if not found:
        return ""
    more = f", and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{what}: {', '.join(found[:_NAMED])}{more}."


def list_differences(
    payload: Mapping[str, Any],
    draft: DocumentDraft,
    booked: MadeDocument,
    *,
    route: DocumentRoute,
    currency: str,
) -> list[str]:
    """This function will list where a document differs from what was sent. `currency` is the invoice's."""
    currency = draft.currency or currency
    gross, vat = Decimal(payload["gross"]), Decimal(payload["vat"])
    found = []
    if booked.amount_fc != gross:
        found.append(
            f"total {format_money(booked.amount_fc, currency)} instead of {format_money(gross, currency)}"
        )
    if booked.vat_amount_fc is not None and booked.vat_amount_fc != vat:
        found.append(
            f"VAT {format_money(booked.vat_amount_fc, currency)} instead of {format_money(vat, currency)}"
        )
    if booked.customer_id != draft.customer_id:
        found.append("another customer")
    return found + _in_parts(payload, draft, booked, route, currency)


def list_edits(
    payload: Mapping[str, Any],
    draft: DocumentDraft,
    booked: MadeDocument,
    *,
    route: DocumentRoute,
    currency: str,
) -> list[str]:
    """This function will list what a total, the VAT and the customer do not tell: another day or currency, and the lines."""
    sent_day, day = getattr(draft, "entry_date", None), getattr(booked, "entry_date", None)
    moved = [f"{day} instead of {sent_day}"] if sent_day and day and day != sent_day else []
    return moved + _in_parts(payload, draft, booked, route, draft.currency or currency)


def _in_parts(
    payload: Mapping[str, Any],
    draft: DocumentDraft,
    booked: MadeDocument,
    route: DocumentRoute,
    currency: str,
) -> list[str]:
    found = []
    if booked.currency is not None and booked.currency != currency:
        found.append(f"{booked.currency} instead of {currency}")
    if booked.line_count is not None and booked.line_count != len(draft.lines):
        found.append(f"{booked.line_count} lines instead of {len(draft.lines)}")
    elif booked.lines is not None:
        found += _in_lines(payload.get("line_nets", ()), draft, booked, route, currency)
    return found


def _in_lines(
    nets: list[str], draft: DocumentDraft, booked: MadeDocument, route: DocumentRoute, currency: str
) -> Iterator[str]:
    lines = sorted(booked.lines or (), key=lambda line: line.line_number or 0)
    for number, (sent, line) in enumerate(zip(draft.lines, lines, strict=True), 1):
        # Which sign a credit note's lines have is the division's; that of the total was compared.
        net = Decimal(nets[number - 1]) if number <= len(nets) else line.amount_fc
        if abs(line.amount_fc) != abs(net):
            yield (
                f"line {number} is {format_money(line.amount_fc, currency)} instead of "
                f"{format_money(net, currency)}"
            )
        for odd in route.line_differences(sent, line):
            yield f"line {number} has {odd}"

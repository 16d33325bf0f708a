"""What lines are put on in the copy dialog: a ledger account, or an item where Exact writes the invoice.

In the dialog the two routes differ by this alone, apart from how the invoice is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from integrations.mappings.resolve import Gap, Reason, ResolvedLine
from integrations.models import Route
from invoices.places.base import Place, UnknownChoice, read_id
from invoices.places.items import ItemPlace, typed_codes
from invoices.places.ledgers import LedgerPlace

__all__ = ["Place", "UnknownChoice", "join_gaps", "place_of", "read_id", "typed_codes"]

# Why a line has what the field for the whole invoice says, or nothing.
_FROM_INVOICE = frozenset({"", Reason.INVOICE, Reason.DEFAULT})
_PLACES: Mapping[str, Place] = {
    Route.BOOKING: LedgerPlace(),
    Route.EXACT_INVOICE: ItemPlace(),
}


def place_of(route: str) -> Place:
    """This function will return what lines are put on, on this route."""
    return _PLACES[route]


def join_gaps(
    place: Place, own: Sequence[Gap], found: Iterable[Gap], lines: Sequence[ResolvedLine]
) -> list[Gap]:
    """This function will put the fields' own gaps first, and leave out what the lines lack only because of them."""
    wrong = {gap.line_id for gap in own}
    if None in wrong:
        wrong |= {line.line.line_id for line in lines if _reason(line) in _FROM_INVOICE}
    rest = [
        gap
        for gap in found
        if not (gap.line_id in wrong and gap.line_id and gap.code.startswith(place.gap_codes))
    ]
    return [*own, *rest]


def _reason(line: ResolvedLine) -> str:
    return line.item_reason or line.ledger_reason

"""Decides which ledger account or item, and which VAT code, each invoice line gets, and names all that is missing.

Pure functions over plain values. What a line needs differs by route, and only here: the table at the top. After it,
the route's builder in `invoices` makes what is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from integrations.mappings import costs, gaps, precedence
from integrations.mappings.costs import NO_CLIENT_COSTS, ClientCosts
from integrations.mappings.facts import ConnectionFacts, CustomerFacts, VatFacts
from integrations.mappings.lines import (
    Chosen,
    Gap,
    MappedLine,
    Reason,
    Resolution,
    ResolvedLine,
)
from integrations.mappings.situations import AT_HOME, Buyer
from integrations.models import Route

__all__ = ["Chosen", "Gap", "MappedLine", "Reason", "Resolution", "ResolvedLine", "resolve"]


def _with_ledger(facts: ConnectionFacts, chosen: Chosen, placed: ResolvedLine) -> ResolvedLine:
    line = placed.line
    ledger_id, reason = precedence.ledger_of(facts, chosen, line)
    mapped = precedence.mapped_ledger(facts, line)
    return replace(
        placed,
        ledger=facts.ledgers.get(ledger_id) if ledger_id else None,
        ledger_reason=reason,
        suggested_ledger=facts.ledgers.get(mapped) if mapped and facts.manual_ledger else None,
    )


def _with_item(facts: ConnectionFacts, chosen: Chosen, placed: ResolvedLine) -> ResolvedLine:
    item, reason = precedence.item_of(facts, chosen, placed.line)
    return replace(placed, item=item, item_reason=reason)


@dataclass(frozen=True, slots=True)
class _Needs:
    """What a line needs on a route: what it is placed on, what may be missing, and whether the usual VAT code counts."""

    place: Callable[[ConnectionFacts, Chosen, ResolvedLine], ResolvedLine]
    find_gaps: Callable[[ResolvedLine, date | None], Iterator[Gap]]
    usual_vat_code: bool


_NEEDS: Mapping[str, _Needs] = {
    Route.BOOKING: _Needs(_with_ledger, gaps.ledger_gaps, usual_vat_code=False),
    Route.EXACT_INVOICE: _Needs(_with_item, gaps.item_gaps, usual_vat_code=True),
}


def resolve(
    *,
    facts: ConnectionFacts,
    chosen: Chosen,
    lines: Sequence[MappedLine],
    currency: str,
    customer: CustomerFacts | None = None,
    day: date | None = None,
    buyer: Buyer = AT_HOME,
    client: ClientCosts = NO_CLIENT_COSTS,
) -> Resolution:
    """This function will decide the journal, ledger accounts or items, and VAT codes of an invoice in the currency.

    `customer` is the chosen account as mirrored; None when one will be created or the mirror does not have it. `day` is
    the invoice's date, on which items have to be for sale; None asks no day of them. `buyer` is the client's situation,
    `client` its rule for cost centers and units.
    """
    needs = _NEEDS[facts.route]
    resolved = tuple(
        _with_costs(facts, client, _resolve_line(facts, chosen, line, needs, buyer=buyer, day=day))
        for line in lines
    )
    found = [
        *gaps.customer_gaps(customer),
        *gaps.journal_gaps(facts, chosen.journal_code, currency),
        *gaps.payment_condition_gaps(facts),
        *gaps.vat_list_gaps(facts),
        *(gap for line in resolved for gap in _line_gaps(facts, line, needs, day)),
    ]
    return Resolution(facts.journals.get(chosen.journal_code), resolved, tuple(found), buyer)


def _resolve_line(
    facts: ConnectionFacts,
    chosen: Chosen,
    line: MappedLine,
    needs: _Needs,
    *,
    buyer: Buyer,
    day: date | None,
) -> ResolvedLine:
    code, reason = precedence.vat_code_of(
        facts, chosen, line, may_be_usual=needs.usual_vat_code, buyer=buyer
    )
    vat = facts.vat_codes.get(code)
    if odd := precedence.charged_abroad(vat, buyer):
        reason = f"{reason}; {odd}"
    period, period_reason = precedence.period_of(facts, line, day)
    placed = ResolvedLine(
        line=line,
        vat=vat,
        vat_reason=reason,
        vat_wanted=code,
        suggested_vat=same_percentage(facts, line.percentage),
        period=period,
        period_reason=period_reason,
    )
    return needs.place(facts, chosen, placed)


def _with_costs(facts: ConnectionFacts, client: ClientCosts, placed: ResolvedLine) -> ResolvedLine:
    return replace(
        placed,
        cost_center=costs.cost_center_of(facts, placed.line, placed.ledger, client),
        cost_unit=costs.cost_unit_of(facts, placed.line, placed.ledger, client),
    )


def _line_gaps(
    facts: ConnectionFacts, resolved: ResolvedLine, needs: _Needs, day: date | None
) -> Iterator[Gap]:
    yield from needs.find_gaps(resolved, day)
    yield from costs.lost_costs(facts, resolved.line, resolved.cost_center, resolved.cost_unit)
    # One sentence about the empty list says it for all lines.
    if facts.sales_vat_codes:
        yield from gaps.vat_gaps(resolved, tried_usual=needs.usual_vat_code)


def same_percentage(facts: ConnectionFacts, percentage: Decimal | None) -> VatFacts | None:
    """This function will return the only sales VAT code that excludes VAT and has this percentage, or None.

    At 0 % there is none: exempt, reverse charge and export all come to nothing, and only a person knows which it is.
    """
    if not percentage:
        return None
    fitting = [
        vat for vat in facts.sales_vat_codes if vat.type == "E" and vat.fraction * 100 == percentage
    ]
    return fitting[0] if len(fitting) == 1 else None

"""Which cost center and cost unit a line gets (B-14): the line's own, then its client's, then its service type's.

Pure functions. A client goes before a service type, since a client that has a cost center of its own has it for all that is
done for them. The rules count only while the connection uses them; what a line brings of its own always does.

A ledger account says whether lines on it carry a cost center or unit (``UseCostcenter``, ``UseCostunit``; 2 is no). To one
that has none, none is sent: Exact may refuse the entry, or drop it without a word.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialGLAccounts
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

from connector.sentences import Sentence, sentence
from integrations.mappings.facts import NO_COSTS, ConnectionFacts, Costs, LedgerFacts
from integrations.mappings.lines import NO_COST, Gap, MappedLine, PlacedCost, Reason


@dataclass(frozen=True, slots=True)
class ClientCosts:
    """The rule of an invoice's client, and what the client is called."""

    name: str = ""
    costs: Costs = NO_COSTS


NO_CLIENT_COSTS = ClientCosts()


def cost_center_of(
    facts: ConnectionFacts, line: MappedLine, ledger: LedgerFacts | None, client: ClientCosts
) -> PlacedCost:
    """This function will choose the line's cost center. `ledger` is None where Exact takes that of the item."""
    found = _choose(facts, line, client, lambda costs: costs.center, own=line.cost_center)
    if found.code and ledger is not None and not ledger.takes_cost_center:
        return PlacedCost(
            "",
            sentence(
                "%(code)s is not sent: %(ledger)s uses no cost centers",
                code=found.code,
                ledger=str(ledger),
            ),
        )
    return found


def cost_unit_of(
    facts: ConnectionFacts, line: MappedLine, ledger: LedgerFacts | None, client: ClientCosts
) -> PlacedCost:
    """This function will choose the line's cost unit. `ledger` is None where Exact takes that of the item."""
    found = _choose(facts, line, client, lambda costs: costs.unit, own=line.cost_unit)
    if found.code and ledger is not None and not ledger.takes_cost_unit:
        return PlacedCost(
            "",
            sentence(
                "%(code)s is not sent: %(ledger)s uses no cost units",
                code=found.code,
                ledger=str(ledger),
            ),
        )
    return found


def _choose(
    facts: ConnectionFacts,
    line: MappedLine,
    client: ClientCosts,
    of: Callable[[Costs], str],
    *,
    own: str,
) -> PlacedCost:
    if own:
        return PlacedCost(own, Reason.LINE)
    if not facts.use_costs:
        return NO_COST
    if code := of(client.costs):
        return PlacedCost(code, sentence("from client %(name)s", name=client.name), is_by_rule=True)
    if code := of(facts.service_type_costs.get(line.service_type_id or 0, NO_COSTS)):
        why = sentence("from service type %(name)s", name=line.service_type_name)
        return PlacedCost(code, why, is_by_rule=True)
    return NO_COST


def lost_costs(
    facts: ConnectionFacts, line: MappedLine, center: PlacedCost, unit: PlacedCost
) -> Iterator[Gap]:
    """This function will name what a rule says and Exact does not have; what the line brings of its own is Exact's to judge."""
    if _is_lost(center, facts.cost_centers):
        yield Gap(
            "cost_center_unknown",
            sentence(
                "Line %(position)s: cost center %(code)s (%(reason)s) is not active or no longer in Exact.",
                position=line.position,
                code=center.code,
                reason=center.reason,
            ),
            _remedy(),
            line.line_id,
        )
    if _is_lost(unit, facts.cost_units):
        yield Gap(
            "cost_unit_unknown",
            sentence(
                "Line %(position)s: cost unit %(code)s (%(reason)s) is no longer in Exact.",
                position=line.position,
                code=unit.code,
                reason=unit.reason,
            ),
            _remedy(),
            line.line_id,
        )


def _is_lost(placed: PlacedCost, known: Container[str] | None) -> bool:
    return placed.is_by_rule and known is not None and placed.code not in known


def _remedy() -> Sentence:
    return sentence(
        "Choose another in the mapping. Refresh the lists from Exact if it was changed there."
    )

"""How many open invoices a change of the rules touches: each kind of line is decided by the rules as they are and as
they would be, by the same functions that decide a copy (`precedence`). Pure functions.

What a person chose by hand for one invoice goes before every rule and is not looked at here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from django.utils.translation import gettext as _

from integrations.mappings import costs, precedence
from integrations.mappings.facts import ConnectionFacts
from integrations.mappings.open_lines import DAY, LineKind, OpenInvoices
from integrations.mappings.situations import Situation
from integrations.models import Route


class Part(StrEnum):
    """What rules decide of a line."""

    PLACE = "place"
    VAT = "vat"
    PERIOD = "period"
    COSTS = "costs"


@dataclass(frozen=True, slots=True)
class NothingChosen:
    """The choices of a copy for which a person chose nothing."""

    journal_code: str = ""
    ledger_exact_id: UUID | None = None
    item_exact_id: UUID | None = None
    vat_code: str = ""
    line_ledgers: Mapping[int, UUID] = field(default_factory=dict)
    line_items: Mapping[int, UUID] = field(default_factory=dict)
    line_vat_codes: Mapping[int, str] = field(default_factory=dict)


NOTHING_CHOSEN = NothingChosen()


@dataclass(frozen=True, slots=True)
class Touched:
    """How many open invoices are decided otherwise, in all and by what of them changes; parts without any are left out."""

    total: int
    by_part: Mapping[Part, int]

    @property
    def parts(self) -> list[tuple[str, int]]:
        """What changes, as people call it, and for how many invoices."""
        return [(part_name(part), count) for part, count in self.by_part.items()]


def part_name(part: Part) -> str:
    """This function will return what people call a part of the decision."""
    match part:
        case Part.PLACE:
            return _("ledger account or item")
        case Part.VAT:
            return _("VAT code")
        case Part.PERIOD:
            return _("period over which revenue is spread")
        case Part.COSTS:
            return _("cost center or cost unit")


def count_touched(before: ConnectionFacts, after: ConnectionFacts, opened: OpenInvoices) -> Touched:
    """This function will count the open invoices that `after` decides otherwise than `before`."""
    changed = {kind: _changed_parts(before, after, kind) for kind in opened.kinds}
    by_part: Counter[Part] = Counter()
    for kinds, count in opened.groups:
        for part in frozenset().union(*(changed[kind] for kind in kinds)):
            by_part[part] += count
    total = opened.count(lambda kind: bool(changed[kind]))
    return Touched(total, {part: by_part[part] for part in Part if by_part[part]})


def decide(facts: ConnectionFacts, kind: LineKind) -> dict[Part, object]:
    """This function will return what the rules say of a kind of line, comparable part by part."""
    line = kind.to_line()
    code, _why = precedence.vat_code_of(
        facts,
        NOTHING_CHOSEN,
        line,
        may_be_usual=facts.route == Route.EXACT_INVOICE,
        buyer=kind.buyer(facts.country),
    )
    period, _why = precedence.period_of(facts, line, DAY)
    place = _place(facts, kind)
    return {
        Part.PLACE: place,
        Part.VAT: code,
        Part.PERIOD: period,
        Part.COSTS: _costs(facts, kind, place),
    }


def _costs(facts: ConnectionFacts, kind: LineKind, place: object) -> tuple[str, str]:
    ledger = facts.ledgers.get(place) if isinstance(place, UUID) else None
    line, client = kind.to_line(), kind.client()
    return (
        costs.cost_center_of(facts, line, ledger, client).code,
        costs.cost_unit_of(facts, line, ledger, client).code,
    )


def _place(facts: ConnectionFacts, kind: LineKind) -> object:
    if facts.route == Route.BOOKING:
        return precedence.ledger_of(facts, NOTHING_CHOSEN, kind.to_line())[0]
    if kind.has_own_item:
        return None
    return precedence.item_of(facts, NOTHING_CHOSEN, kind.to_line())[0]


def _changed_parts(
    before: ConnectionFacts, after: ConnectionFacts, kind: LineKind
) -> frozenset[Part]:
    old, new = decide(before, kind), decide(after, kind)
    return frozenset(part for part in Part if old[part] != new[part])


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """How many open invoices have lines that a row of the mapping page is about, by our ids."""

    total: int = 0
    is_capped: bool = False
    by_tax_rate: Mapping[int, int] = field(default_factory=dict)
    by_situation: Mapping[tuple[int, Situation], int] = field(default_factory=dict)
    by_service_type: Mapping[int, int] = field(default_factory=dict)
    with_period: int = 0


def count_rows(opened: OpenInvoices, *, home: str) -> RuleCounts:
    """This function will count the open invoices of each tax rate, situation and service type, and those with a period.

    `home` is the country of the books. A tax rate counts in all situations.
    """
    return RuleCounts(
        total=opened.total,
        is_capped=opened.is_capped,
        by_tax_rate=_count_by(opened, lambda kind: kind.tax_rate_id),
        by_situation=_count_by(opened, lambda kind: _abroad(kind, home)),
        by_service_type=_count_by(opened, lambda kind: kind.service_type_id),
        with_period=opened.count(lambda kind: bool(kind.spread)),
    )


def _abroad(kind: LineKind, home: str) -> tuple[int, Situation] | None:
    buyer = kind.buyer(home)
    if kind.tax_rate_id is None or not buyer.is_abroad:
        return None
    return kind.tax_rate_id, buyer.situation


_Key = TypeVar("_Key")


def _count_by(opened: OpenInvoices, key_of: Callable[[LineKind], _Key | None]) -> dict[_Key, int]:
    """Each invoice counts once for every key that one of its lines has."""
    counts: Counter[_Key] = Counter()
    for kinds, count in opened.groups:
        for key in {key for kind in kinds if (key := key_of(kind)) is not None}:
            counts[key] += count
    return counts

"""What the invoices that are not in Exact yet are made of: the kinds of lines they have, and how many invoices each mix.

Plain values. Lines of one kind are decided alike by every rule, so a rule is tried on the kinds and not on each invoice;
and since the kinds of one invoice stay together, an invoice is counted once whatever many of its lines a rule touches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from integrations.mappings.costs import ClientCosts
from integrations.mappings.facts import Costs
from integrations.mappings.lines import MappedLine, Period
from integrations.mappings.situations import Buyer, buyer_of

# Any day does: only whether a period goes on after its month is asked.
DAY = date(2026, 1, 15)


class Spread(StrEnum):
    """The period of a line, seen from the invoice's month."""

    NONE = ""
    WITHIN = "within"
    BEYOND = "beyond"


_PERIODS = {
    Spread.WITHIN: Period(DAY, DAY),
    Spread.BEYOND: Period(DAY, DAY + timedelta(days=60)),
}


@dataclass(frozen=True, slots=True)
class LineKind:
    """What rules look at in a line, and nothing else of it.

    `country` is the client's; `vat_number` the beginning of the client's, with two digits if it has two.
    """

    service_type_id: int | None = None
    tax_rate_id: int | None = None
    country: str = ""
    vat_number: str = ""
    has_own_item: bool = False
    has_own_vat_code: bool = False
    spread: str = Spread.NONE
    has_own_cost_center: bool = False
    has_own_cost_unit: bool = False
    client_cost_center: str = ""
    client_cost_unit: str = ""

    def to_line(self) -> MappedLine:
        """This function will return a line of this kind, as `precedence` takes it."""
        return MappedLine(
            line_id=0,
            position=1,
            service_type_id=self.service_type_id,
            tax_rate_id=self.tax_rate_id,
            period=_PERIODS.get(Spread(self.spread)),
            item_code="own" if self.has_own_item else "",
            vat_code="own" if self.has_own_vat_code else "",
            cost_center="own" if self.has_own_cost_center else "",
            cost_unit="own" if self.has_own_cost_unit else "",
        )

    def client(self) -> ClientCosts:
        """This function will return the client's rule for cost centers and units, without its name."""
        return ClientCosts("", Costs(self.client_cost_center, self.client_cost_unit))

    def buyer(self, home: str) -> Buyer:
        """This function will decide the client's situation, seen from the country of the books."""
        return buyer_of(home=home, country=self.country, vat_number=self.vat_number)


@dataclass(frozen=True, slots=True)
class OpenInvoices:
    """The open invoices by the kinds of their lines. `is_capped`: only the newest were looked at."""

    groups: tuple[tuple[frozenset[LineKind], int], ...] = ()
    is_capped: bool = False

    @property
    def total(self) -> int:
        """How many invoices these are."""
        return sum(count for _kinds, count in self.groups)

    @property
    def kinds(self) -> frozenset[LineKind]:
        """Every kind of line among them."""
        return frozenset(kind for kinds, _count in self.groups for kind in kinds)

    def count(self, fits: Callable[[LineKind], bool]) -> int:
        """This function will return how many invoices have at least one line of the kinds that fit."""
        return sum(count for kinds, count in self.groups if any(map(fits, kinds)))

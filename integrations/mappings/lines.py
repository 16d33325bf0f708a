"""The plain values that mapping works with: what a line says, what a person chose, what came of it, what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from connector.sentences import Sentence, sentence
from integrations.mappings.facts import (
    USUAL_VAT_CODE,
    ItemFacts,
    JournalFacts,
    LedgerFacts,
    VatFacts,
)
from integrations.mappings.situations import AT_HOME, Buyer


class Chosen(Protocol):
    """What a person chose in the copy dialog; empty values were not chosen."""

    @property
    def journal_code(self) -> str: ...
    @property
    def ledger_exact_id(self) -> UUID | None: ...
    @property
    def item_exact_id(self) -> UUID | None: ...
    @property
    def vat_code(self) -> str: ...
    @property
    def line_ledgers(self) -> Mapping[int, UUID]: ...
    @property
    def line_items(self) -> Mapping[int, UUID]: ...
    @property
    def line_vat_codes(self) -> Mapping[int, str]: ...


@dataclass(frozen=True, slots=True)
class Period:
    """When what a line charges is delivered; both days included."""

    first: date
    last: date

    def goes_on_after(self, day: date) -> bool:
        """This function will tell whether it ends after the month of that day."""
        return (self.last.year, self.last.month) > (day.year, day.month)


@dataclass(frozen=True, slots=True)
class MappedLine:
    """What decides a line's ledger account or item, and its VAT code.

    `percentage` is 21 for 21 %; None when the PSA gave none. `item_code` and `vat_code` are the line's own accounting
    details, in Exact's codes; empty when it has none (H-35).
    """

    line_id: int
    position: int
    description: str = ""
    service_type_id: int | None = None
    service_type_name: str = ""
    tax_rate_id: int | None = None
    tax_rate_name: str = ""
    percentage: Decimal | None = None
    cost_center: str = ""
    cost_unit: str = ""
    period: Period | None = None
    item_code: str = ""
    vat_code: str = ""


class Reason(StrEnum):
    """Why a line has its ledger account, item or VAT code, in the words a person reads."""

    BY_HAND = "chosen for this line"
    LINE = "the line's own"
    TAX_RATE = "from the tax rate"
    INVOICE = "chosen for this invoice"
    DEFAULT = "default"
    USUAL = f"Exact's usual code {USUAL_VAT_CODE}"

    @property
    def told(self) -> Sentence:
        """This function will say it in the active language; the value is what reasons are compared by."""
        match self:
            case Reason.BY_HAND:
                return sentence("chosen for this line")
            case Reason.LINE:
                return sentence("the line's own")
            case Reason.TAX_RATE:
                return sentence("from the tax rate")
            case Reason.INVOICE:
                return sentence("chosen for this invoice")
            case Reason.DEFAULT:
                return sentence("default")
            case Reason.USUAL:
                return sentence("Exact's usual code %(code)s", code=USUAL_VAT_CODE)


def tell(reason: str) -> str:
    """This function will say a reason that may be one of `Reason` in the active language."""
    return reason.told if isinstance(reason, Reason) else reason


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that stands in the way of copying: what, and what to do. `line_id` is None for the whole invoice."""

    code: str
    sentence: str
    remedy: str
    line_id: int | None = None


@dataclass(frozen=True, slots=True)
class PlacedCost:
    """A cost center or cost unit by its code, and why; without a code the reason says why it is not sent, if it is not."""

    code: str = ""
    reason: str = ""
    is_by_rule: bool = False


NO_COST = PlacedCost()


@dataclass(frozen=True, slots=True)
class ResolvedLine:
    """A line with its ledger account or item, and its VAT code, as far as they are known, and why.

    A reason without its ledger account, item or VAT code: something was named that Exact does not have. Suggestions
    are never used by themselves: a person confirms them in the dialog. `item` is for the route on which Exact writes
    the invoice, `ledger` for the other; a line has one of them at most.
    """

    line: MappedLine
    vat: VatFacts | None
    vat_reason: str
    # The code that was named, also when Exact does not have it.
    vat_wanted: str = ""
    ledger: LedgerFacts | None = None
    ledger_reason: str = ""
    item: ItemFacts | None = None
    item_reason: str = ""
    suggested_ledger: LedgerFacts | None = None
    suggested_vat: VatFacts | None = None
    # The period that Exact is told; None when it is told none, and then the reason says why, if the line has one.
    period: Period | None = None
    period_reason: str = ""
    cost_center: PlacedCost = NO_COST
    cost_unit: PlacedCost = NO_COST


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where an invoice would be booked. It may be sent only when there is no gap."""

    journal: JournalFacts | None
    lines: tuple[ResolvedLine, ...]
    gaps: tuple[Gap, ...]
    buyer: Buyer = AT_HOME

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.gaps

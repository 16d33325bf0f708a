"""Decides which ledger account and VAT code each invoice line gets, and names everything that is missing at once.

Pure functions over plain values. After it, `invoices.sales_entry` builds what is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from integrations.mappings.facts import (
    ConnectionFacts,
    CustomerFacts,
    JournalFacts,
    LedgerFacts,
    VatFacts,
)

_CUSTOMER = "C"
_REFRESH = "Refresh the lists from Exact if it was changed there."


class Chosen(Protocol):
    """What a person chose in the copy dialog; empty values were not chosen."""

    @property
    def journal_code(self) -> str: ...
    @property
    def ledger_exact_id(self) -> UUID | None: ...
    @property
    def vat_code(self) -> str: ...
    @property
    def line_ledgers(self) -> Mapping[int, UUID]: ...
    @property
    def line_vat_codes(self) -> Mapping[int, str]: ...


@dataclass(frozen=True, slots=True)
class MappedLine:
    """What decides a line's ledger account and VAT code. `percentage` is 21 for 21 %; None when the PSA gave none."""

    line_id: int
    position: int
    description: str = ""
    service_type_id: int | None = None
    service_type_name: str = ""
    tax_rate_id: int | None = None
    percentage: Decimal | None = None
    cost_center: str = ""
    cost_unit: str = ""


class Reason(StrEnum):
    """Why a line has its ledger account or VAT code, in the words a person reads."""

    BY_HAND = "chosen for this line"
    TAX_RATE = "from the tax rate"
    INVOICE = "chosen for this invoice"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that stands in the way of copying: what, and what to do. `line_id` is None for the whole invoice."""

    code: str
    sentence: str
    remedy: str
    line_id: int | None = None


@dataclass(frozen=True, slots=True)
class ResolvedLine:
    """A line with its ledger account and VAT code as far as they are known, and why.

    Suggestions are never used by themselves: a person confirms them in the dialog.
    """

    line: MappedLine
    ledger: LedgerFacts | None
    ledger_reason: str
    vat: VatFacts | None
    vat_reason: str
    suggested_ledger: LedgerFacts | None = None
    suggested_vat: VatFacts | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where an invoice would be booked. It may be sent only when there is no gap."""

    journal: JournalFacts | None
    lines: tuple[ResolvedLine, ...]
    gaps: tuple[Gap, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.gaps


def resolve(
    *,
    facts: ConnectionFacts,
    chosen: Chosen,
    lines: Sequence[MappedLine],
    currency: str,
    customer: CustomerFacts | None = None,
) -> Resolution:
    """This function will decide the journal, ledger accounts and VAT codes of an invoice in the given currency.

    `customer` is the chosen account as mirrored; None when one will be created or the mirror does not have it.
    """
    resolved = tuple(_resolve_line(facts, chosen, line) for line in lines)
    gaps = [
        *_customer_gaps(customer),
        *_journal_gaps(facts, chosen.journal_code, currency),
        *_vat_list_gaps(facts),
        *(gap for line in resolved for gap in _line_gaps(facts, chosen, line)),
    ]
    return Resolution(facts.journals.get(chosen.journal_code), resolved, tuple(gaps))


def _resolve_line(facts: ConnectionFacts, chosen: Chosen, line: MappedLine) -> ResolvedLine:
    ledger_id, ledger_reason = _ledger_of(facts, chosen, line)
    vat_code, vat_reason = _vat_code_of(facts, chosen, line)
    mapped = _mapped_ledger(facts, line)
    return ResolvedLine(
        line=line,
        ledger=facts.ledgers.get(ledger_id) if ledger_id else None,
        ledger_reason=ledger_reason,
        vat=facts.vat_codes.get(vat_code),
        vat_reason=vat_reason,
        suggested_ledger=facts.ledgers.get(mapped) if mapped and facts.manual_ledger else None,
        suggested_vat=same_percentage(facts, line.percentage),
    )


def _mapped_ledger(facts: ConnectionFacts, line: MappedLine) -> UUID | None:
    if not facts.map_service_types or line.service_type_id is None:
        return None
    return facts.service_type_ledgers.get(line.service_type_id)


def _ledger_of(facts: ConnectionFacts, chosen: Chosen, line: MappedLine) -> tuple[UUID | None, str]:
    """By hand, then the service type's, then the invoice's, then the connection's; with manual choice only by hand."""
    if by_hand := chosen.line_ledgers.get(line.line_id):
        return by_hand, Reason.BY_HAND
    mapped = _mapped_ledger(facts, line)
    if mapped and not facts.manual_ledger:
        return mapped, f"service type {line.service_type_name}".strip()
    default = None if facts.manual_ledger else facts.default_ledger_id
    if chosen.ledger_exact_id and chosen.ledger_exact_id != default:
        return chosen.ledger_exact_id, Reason.INVOICE
    return (default, Reason.DEFAULT) if default else (None, "")


def _vat_code_of(facts: ConnectionFacts, chosen: Chosen, line: MappedLine) -> tuple[str, str]:
    """By hand, then the tax rate's, then the invoice's, then the connection's; it is never guessed."""
    if by_hand := chosen.line_vat_codes.get(line.line_id):
        return by_hand, Reason.BY_HAND
    if line.tax_rate_id is not None and (mapped := facts.tax_rate_vat_codes.get(line.tax_rate_id)):
        return mapped, Reason.TAX_RATE
    if chosen.vat_code and chosen.vat_code != facts.default_vat_code:
        return chosen.vat_code, Reason.INVOICE
    return (facts.default_vat_code, Reason.DEFAULT) if facts.default_vat_code else ("", "")


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


def _customer_gaps(customer: CustomerFacts | None) -> Iterator[Gap]:
    if customer is None:
        return
    if not customer.is_usable:
        yield Gap(
            "customer_blocked",
            f"Customer {customer.name} is blocked or no longer in Exact.",
            "Choose another customer, or unblock this one in Exact and refresh the lists.",
        )
    elif customer.status != _CUSTOMER:
        yield Gap(
            "customer_not_a_customer",
            f"{customer.name} is a relation in Exact, but not a customer.",
            "Set its status to Customer in Exact and refresh the lists, or choose another customer.",
        )


def _journal_gaps(facts: ConnectionFacts, code: str, currency: str) -> Iterator[Gap]:
    if not code:
        yield Gap(
            "journal_missing", "No journal is chosen.", "Choose the sales journal to post to."
        )
        return
    journal = facts.journals.get(code)
    other = "Choose another journal."
    if journal is None:
        yield Gap("journal_unknown", f"Journal {code} is not in Exact.", f"{other} {_REFRESH}")
    elif not journal.is_usable:
        yield Gap(
            "journal_blocked",
            f"Journal {journal} is blocked or no longer in Exact.",
            f"{other} {_REFRESH}",
        )
    elif not journal.is_sales:
        yield Gap("journal_not_sales", f"Journal {journal} is not a sales journal.", other)
    elif not journal.takes(currency):
        yield Gap(
            "journal_currency",
            f"Journal {journal} takes {journal.currency} only, and this invoice is in {currency}.",
            "Choose a journal that allows other currencies, or allow them for this journal in Exact.",
        )


def _vat_list_gaps(facts: ConnectionFacts) -> Iterator[Gap]:
    if not facts.sales_vat_codes:
        yield Gap(
            "vat_list_empty",
            "This division has no VAT codes for sales yet.",
            "Set up VAT codes in Exact, then refresh the lists here.",
        )


def _line_gaps(facts: ConnectionFacts, chosen: Chosen, resolved: ResolvedLine) -> Iterator[Gap]:
    yield from _ledger_gaps(facts, chosen, resolved)
    # One sentence about the empty list says it for all lines.
    if facts.sales_vat_codes:
        yield from _vat_gaps(facts, chosen, resolved)


def _ledger_gaps(facts: ConnectionFacts, chosen: Chosen, resolved: ResolvedLine) -> Iterator[Gap]:
    line, ledger = resolved.line, resolved.ledger
    where, other = f"Line {line.position}", "Choose another ledger account for this line."

    def gap(code: str, sentence: str, remedy: str) -> Gap:
        return Gap(code, sentence, remedy, line.line_id)

    if ledger is None:
        wanted, reason = _ledger_of(facts, chosen, line)
        if wanted is None:
            yield gap(
                "ledger_missing",
                f"{where} has no ledger account.",
                "Choose one for the line or for the invoice.",
            )
        else:
            yield gap(
                "ledger_unknown",
                f"{where}: its ledger account ({reason}) is no longer in Exact.",
                f"{other} {_REFRESH}",
            )
    elif not ledger.is_usable:
        yield gap(
            "ledger_blocked",
            f"{where}: ledger account {ledger} is blocked or no longer in Exact.",
            f"{other} {_REFRESH}",
        )
    elif not ledger.is_revenue:
        yield gap(
            "ledger_not_revenue",
            f"{where}: ledger account {ledger} is not a revenue account.",
            other,
        )
    elif ledger.needs_cost_center and not line.cost_center:
        yield gap(
            "cost_center_missing",
            f"{where}: ledger account {ledger} requires a cost center, and the line has none.",
            "Add a cost center to the line in the PSA, or choose another ledger account.",
        )
    elif ledger.needs_cost_unit and not line.cost_unit:
        yield gap(
            "cost_unit_missing",
            f"{where}: ledger account {ledger} requires a cost unit, and the line has none.",
            "Add a cost unit to the line in the PSA, or choose another ledger account.",
        )


def _vat_gaps(facts: ConnectionFacts, chosen: Chosen, resolved: ResolvedLine) -> Iterator[Gap]:
    line, vat = resolved.line, resolved.vat
    where, other = f"Line {line.position}", "Choose another VAT code for this line."
    if vat is None:
        wanted, reason = _vat_code_of(facts, chosen, line)
        if not wanted:
            yield Gap(
                "vat_missing",
                f"{where} has no VAT code.",
                "Choose one for the line or for the invoice.",
                line.line_id,
            )
        else:
            yield Gap(
                "vat_unknown",
                f"{where}: VAT code {wanted} ({reason}) is not in Exact.",
                f"{other} {_REFRESH}",
                line.line_id,
            )
    elif not vat.is_usable:
        yield Gap(
            "vat_blocked",
            f"{where}: VAT code {vat} is blocked or no longer in Exact.",
            f"{other} {_REFRESH}",
            line.line_id,
        )
    elif not vat.is_for_sales:
        yield Gap(
            "vat_not_for_sales",
            f"{where}: VAT code {vat} is for purchases only.",
            other,
            line.line_id,
        )

"""The copy dialog as its template draws it: options, reasons, and each gap at the field it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from integrations import reference_lists
from integrations.mappings.facts import ConnectionFacts, LedgerFacts, VatFacts
from integrations.mappings.resolve import Gap, ResolvedLine
from integrations.models import ExactConnection, ListKind
from invoices.copy_forms import MOST_LINES, DialogInput
from invoices.customer_field import CustomerField
from invoices.customer_match import CustomerMatch
from invoices.document_texts import one_line, shorten
from invoices.models import Invoice, PostedDocument
from invoices.proposal import Proposal
from invoices.update_preview import Change
from invoices.vat_check import VatCheck

# More selects than this make a page that no browser likes; such an invoice is decided as a whole.
_MOST_OPTIONS = 20_000
_DESCRIPTION_SHOWN = 90
_LISTS = (ListKind.JOURNALS, ListKind.LEDGER_ACCOUNTS, ListKind.VAT_CODES, ListKind.CUSTOMERS)


class Mode(StrEnum):
    """What the dialog is opened for."""

    COPY = "copy"
    NEW = "new"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Option:
    """An entry of a select."""

    value: str
    label: str
    is_selected: bool = False


@dataclass(frozen=True, slots=True)
class DialogLine:
    """A line of the invoice with its two selects and what they come to."""

    line_id: int
    position: int
    description: str
    service_type: str
    percentage: Decimal | None
    net: Decimal
    ledger: str
    ledger_reason: str
    ledger_options: Sequence[Option]
    suggested_ledger: str
    vat: str
    vat_reason: str
    vat_options: Sequence[Option]
    ledger_errors: Sequence[str]
    vat_errors: Sequence[str]


@dataclass(frozen=True)
class CopyDialog:
    """Everything the dialog shows. `is_submitted`: gaps are errors now, not just what is still to choose."""

    mode: Mode
    invoice: Invoice
    connection: ExactConnection
    proposal: Proposal
    filled: DialogInput
    match: CustomerMatch
    document: PostedDocument | None = None
    changes: Sequence[Change] = ()
    is_submitted: bool = False
    is_refreshing: bool = False

    @property
    def facts(self) -> ConnectionFacts:
        """The connection's lists."""
        return self.proposal.facts

    @property
    def check(self) -> VatCheck | None:
        """The VAT comparison; None while a line has no VAT code."""
        return self.proposal.check

    # --- Gaps ---

    @cached_property
    def gaps(self) -> list[Gap]:
        """Everything that stands in the way, in the order of the dialog."""
        found = [*self.customer.gaps, *self.proposal.gaps]
        if self.mode == Mode.NEW and not self.filled.confirmed:
            found.append(
                Gap(
                    "not_confirmed",
                    "A second document was not confirmed.",
                    "Tick the box to make one.",
                )
            )
        return found

    @property
    def open_gaps(self) -> list[Gap]:
        """What is still to choose, without what the VAT comparison says itself."""
        return [gap for gap in self.gaps if gap.code not in {"vat_list_empty", "vat_differs"}]

    def errors(self, *prefixes: str, line_id: int | None = None) -> list[str]:
        """This function will return the sentences of the gaps of a field, once the dialog was submitted."""
        return [
            f"{gap.sentence} {gap.remedy}"
            for gap in self.gaps
            if self.is_submitted and gap.line_id == line_id and gap.code.startswith(prefixes)
        ]

    @property
    def customer_errors(self) -> list[str]:
        """The customer field's sentences."""
        return self.errors("customer_")

    @property
    def journal_errors(self) -> list[str]:
        """The journal field's sentences."""
        return self.errors("journal_")

    @property
    def confirm_errors(self) -> list[str]:
        """The sentences at the box that confirms a second document."""
        return self.errors("not_confirmed")

    @property
    def accept_errors(self) -> list[str]:
        """The sentences at the box that accepts a difference."""
        return self.errors("vat_differs")

    @property
    def has_vat_list(self) -> bool:
        """Whether the division has VAT codes to choose from."""
        return bool(self.facts.sales_vat_codes)

    @property
    def is_blocked(self) -> bool:
        """Whether nothing a person can choose here would make a copy possible."""
        hopeless = {
            "vat_list_empty",
            "no_lines",
            "number_missing",
            "totals_differ",
            "amount_does_not_fit",
        }
        return any(gap.code in hopeless for gap in self.gaps)

    @property
    def needs_tick(self) -> bool:
        """Whether the VAT difference has to be accepted."""
        return self.check is not None and not self.check.agrees

    # --- Fields ---

    @cached_property
    def customer(self) -> CustomerField:
        """The customer field."""
        return CustomerField(self.invoice, self.connection, self.filled, self.match)

    @cached_property
    def journals(self) -> list[Option]:
        """The sales journals."""
        chosen = self.filled.choices.journal_code
        return _options(
            ((row.code, str(row)) for row in self.facts.sales_journals),
            chosen,
            str(self.facts.journals.get(chosen, chosen)),
        )

    @cached_property
    def ledgers(self) -> list[Option]:
        """The ledger accounts for the whole invoice."""
        return self._ledger_options(self.filled.choices.ledger_exact_id)

    @cached_property
    def vat_codes(self) -> list[Option]:
        """The VAT codes for the whole invoice."""
        return self._vat_options(self.filled.choices.vat_code)

    @cached_property
    def has_line_choices(self) -> bool:
        """Whether ledger and VAT code can be chosen line by line."""
        lines = len(self.proposal.content.lines)
        options = len(self.facts.revenue_ledgers) + len(self.facts.sales_vat_codes)
        return lines <= MOST_LINES and lines * options <= _MOST_OPTIONS

    @cached_property
    def suggestion_count(self) -> int:
        """How many lines have a suggested ledger account that is not taken over yet."""
        return sum(
            line.suggested_ledger is not None and line.ledger is None
            for line in self.proposal.resolution.lines
        )

    @cached_property
    def lines(self) -> list[DialogLine]:
        """The invoice's lines, each with its reasons."""
        contents = {line.line_id: line for line in self.proposal.content.lines}
        return [
            self._line(resolved, contents[resolved.line.line_id].net)
            for resolved in self.proposal.resolution.lines
        ]

    def _line(self, resolved: ResolvedLine, net: Decimal) -> DialogLine:
        line, choices = resolved.line, self.filled.choices
        suggested = line.line_id in self.filled.suggested_lines
        return DialogLine(
            line_id=line.line_id,
            position=line.position,
            description=shorten(one_line(line.description), _DESCRIPTION_SHOWN),
            service_type=line.service_type_name,
            percentage=line.percentage,
            net=net,
            ledger=_name(resolved.ledger),
            ledger_reason=resolved.ledger_reason,
            ledger_options=self._ledger_options(choices.line_ledgers.get(line.line_id)),
            suggested_ledger=_name(resolved.suggested_ledger),
            vat=_name(resolved.vat),
            vat_reason="suggested: same percentage" if suggested else resolved.vat_reason,
            vat_options=self._vat_options(choices.line_vat_codes.get(line.line_id, "")),
            ledger_errors=self.errors("ledger_", "cost_", line_id=line.line_id),
            vat_errors=self.errors("vat_", line_id=line.line_id),
        )

    def _ledger_options(self, chosen: Any) -> list[Option]:
        return _options(
            ((str(row.exact_id), str(row)) for row in self.facts.revenue_ledgers),
            str(chosen or ""),
            _name(self.facts.ledgers.get(chosen)) if chosen else "",
        )

    def _vat_options(self, chosen: str) -> list[Option]:
        return _options(
            ((row.code, vat_label(row)) for row in self.facts.sales_vat_codes),
            chosen,
            _name(self.facts.vat_codes.get(chosen)) or chosen,
        )

    # --- How fresh ---

    @cached_property
    def refreshed_at(self) -> datetime | None:
        """When the oldest of the lists shown here was refreshed; None when one never was."""
        lists = reference_lists.freshness(self.connection)
        times = [lists[kind].refreshed_at if kind in lists else None for kind in _LISTS]
        known = [time for time in times if time is not None]
        return min(known) if len(known) == len(times) else None


def vat_label(vat: VatFacts) -> str:
    """This function will name a VAT code with its percentage, since descriptions do not always tell it."""
    return f"{vat.code} · {(vat.charged_fraction * 100).normalize():f}% {vat.description}".strip()


def _name(facts: LedgerFacts | VatFacts | None) -> str:
    return "" if facts is None else str(facts)


def _options(rows: Iterable[tuple[str, str]], chosen: str, chosen_label: str) -> list[Option]:
    """The rows as options; what was chosen stays on the list even when it can no longer be used."""
    options = [Option(value, label, value == chosen) for value, label in rows]
    if chosen and not any(option.is_selected for option in options):
        options.insert(0, Option(chosen, f"{chosen_label or chosen} (not usable)", True))
    return options

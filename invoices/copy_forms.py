"""The copy dialog's choices: filled in from what is known, and read back from what a person posted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from integrations.mappings.facts import ConnectionFacts
from integrations.mappings.resolve import same_percentage
from integrations.models import ExactConnection, ExactCustomer
from invoices.copy_choices import CopyChoices
from invoices.customer_match import CustomerMatch
from invoices.document_plan import InvoiceContent, LineContent

NEW_CUSTOMER = "new"
# Beyond this, lines are not decided one by one: mappings and the invoice's own choices do it (two fields a line).
MOST_LINES = 300


class UnknownChoice(ValueError):
    """An id was posted that this connection does not have: not something the dialog offers."""


@dataclass(frozen=True, slots=True)
class DialogInput:
    """What is filled in: the choices, and what the choices themselves do not tell.

    `customer` is an account's id, "new", or empty while a person has to choose. `seen` are the ids of the accounts that
    were on offer; None when the form does not say. `suggested_lines` are the lines whose VAT code was only suggested.
    """

    choices: CopyChoices
    customer: str
    search: str = ""
    seen: frozenset[str] | None = None
    confirmed: bool = False
    suggested_lines: frozenset[int] = frozenset()
    is_vat_suggested: bool = False

    @property
    def lacks_customer(self) -> bool:
        """Whether neither an account nor a new one is chosen."""
        return not self.customer


# --- Filling in -----------------------------------------------------------------------------------------------------


def fill_in(
    *, facts: ConnectionFacts, content: InvoiceContent, match: CustomerMatch
) -> DialogInput:
    """This function will fill the dialog in from the connection's defaults, mappings and the customer that matches."""
    journal = facts.journals.get(facts.default_journal_code)
    customer = match.customer.exact_id if match.customer else None
    return _with_suggested_vat(
        DialogInput(
            choices=CopyChoices(
                customer_exact_id=customer,
                matched_by=_matched_by(customer, match),
                journal_code=journal.code if journal and journal.is_usable else "",
                ledger_exact_id=None if facts.manual_ledger else facts.default_ledger_id,
                vat_code=facts.default_vat_code,
            ),
            customer=_customer_value(customer, match),
        ),
        facts,
        content,
    )


def fill_in_again(
    *,
    choices: CopyChoices,
    facts: ConnectionFacts,
    content: InvoiceContent,
    match: CustomerMatch,
) -> DialogInput:
    """This function will fill the dialog in with choices made before; lines that are new get a suggestion.

    A customer that was to be created may exist by now; then that one is chosen.
    """
    customer = choices.customer_exact_id or (match.customer.exact_id if match.customer else None)
    known = {line.line_id for line in content.lines}
    kept = replace(
        choices,
        customer_exact_id=customer,
        matched_by=_matched_by(customer, match),
        line_ledgers={line: value for line, value in choices.line_ledgers.items() if line in known},
        line_vat_codes={
            line: value for line, value in choices.line_vat_codes.items() if line in known
        },
        accept_difference=False,
    )
    value = NEW_CUSTOMER if choices.create_customer else ""
    filled = DialogInput(
        kept, value if value and customer is None else _customer_value(customer, match)
    )
    return _with_suggested_vat(filled, facts, content)


def _customer_value(customer: UUID | None, match: CustomerMatch) -> str:
    if customer is not None:
        return str(customer)
    return "" if match.is_ambiguous else NEW_CUSTOMER


def _matched_by(customer: UUID | None, match: CustomerMatch) -> str:
    """How the customer was found, when it is the one that matches for sure; else a person chose it."""
    is_match = match.sure is not None and match.sure.account.exact_id == customer
    return match.sure.rule if match.sure and is_match else ""


def _with_suggested_vat(
    filled: DialogInput, facts: ConnectionFacts, content: InvoiceContent
) -> DialogInput:
    """Pre-select, visibly as a suggestion, the only code with a line's percentage where what is set does not fit it."""
    suggestions = {
        line.line_id: vat.code
        for line in content.lines
        if _needs_suggestion(line, filled.choices, facts)
        and (vat := same_percentage(facts, line.percentage)) is not None
    }
    if not suggestions:
        return filled
    by_line = len(content.lines) <= MOST_LINES
    unmapped = [line for line in content.lines if line.tax_rate_id not in facts.tax_rate_vat_codes]
    codes = set(suggestions.values())
    if not filled.choices.vat_code and len(codes) == 1 and len(suggestions) == len(unmapped):
        choices = replace(filled.choices, vat_code=codes.pop())
        return replace(filled, choices=choices, is_vat_suggested=True)
    if not by_line:
        return filled
    choices = replace(
        filled.choices, line_vat_codes={**suggestions, **filled.choices.line_vat_codes}
    )
    return replace(filled, choices=choices, suggested_lines=frozenset(suggestions))


def _needs_suggestion(line: LineContent, choices: CopyChoices, facts: ConnectionFacts) -> bool:
    if line.tax_rate_id in facts.tax_rate_vat_codes or line.line_id in choices.line_vat_codes:
        return False
    general = facts.vat_codes.get(choices.vat_code)
    if general is None or line.percentage is None:
        return True
    return general.charged_fraction * 100 != line.percentage


# --- Reading back ---------------------------------------------------------------------------------------------------


def read_input(
    data: Mapping[str, str],
    *,
    facts: ConnectionFacts,
    content: InvoiceContent,
    connection: ExactConnection,
    match: CustomerMatch,
    booked_on: UUID | None = None,
) -> DialogInput:
    """This function will read what was posted. Raises UnknownChoice for ids the dialog cannot have offered.

    `booked_on` is the customer of the copy that is updated: on offer even when the mirror does not have it.
    """
    seen = frozenset(data["seen"].split()) if "seen" in data else None
    customer = _customer_of(data, match, seen)
    exact_id = _read_customer(customer, connection, booked_on)
    ids = [line.line_id for line in content.lines]
    return DialogInput(
        choices=CopyChoices(
            customer_exact_id=exact_id,
            matched_by=_matched_by(exact_id, match),
            create_customer=customer == NEW_CUSTOMER and _wants_new(data, match, seen),
            journal_code=_code(data, "journal"),
            ledger_exact_id=_read_ledger(data.get("ledger", ""), facts),
            vat_code=_code(data, "vat_code"),
            line_ledgers={
                line: ledger
                for line in ids
                if (ledger := _read_ledger(data.get(f"ledger_{line}", ""), facts))
            },
            line_vat_codes={line: code for line in ids if (code := _code(data, f"vat_{line}"))},
            accept_difference=data.get("accept_difference") == "on",
        ),
        customer=customer,
        search=data.get("q", "").strip(),
        seen=seen,
        confirmed=data.get("confirm_new") == "on",
    )


def _customer_of(data: Mapping[str, str], match: CustomerMatch, seen: frozenset[str] | None) -> str:
    """The posted customer; empty when the person has to choose, also because accounts turned up meanwhile."""
    customer = data.get("customer", "").strip()
    if customer == NEW_CUSTOMER and match.is_ambiguous and not _wants_new(data, match, seen):
        return ""
    return customer or ("" if match.is_ambiguous else NEW_CUSTOMER)


def _wants_new(data: Mapping[str, str], match: CustomerMatch, seen: frozenset[str] | None) -> bool:
    """Whether the person asked for a new account although there were others to choose from, and they were on offer."""
    has_seen = seen is None or match.account_ids <= seen
    return (
        data.get("customer") == NEW_CUSTOMER and has_seen and bool(match.candidates or match.notice)
    )


def use_suggestions(filled: DialogInput, suggestions: Mapping[int, UUID]) -> DialogInput:
    """This function will choose the suggested ledger account for each line that has none by hand."""
    ledgers = {**suggestions, **filled.choices.line_ledgers}
    return replace(filled, choices=replace(filled.choices, line_ledgers=ledgers))


def _code(data: Mapping[str, str], name: str) -> str:
    return data.get(name, "").strip()[:20]


def _read_ledger(value: str, facts: ConnectionFacts) -> UUID | None:
    if not value:
        return None
    ledger = _uuid(value)
    if ledger not in facts.ledgers:
        raise UnknownChoice("There is no such ledger account.")
    return ledger


def _read_customer(value: str, connection: ExactConnection, booked_on: UUID | None) -> UUID | None:
    if value in {"", NEW_CUSTOMER}:
        return None
    customer = _uuid(value)
    if (
        customer != booked_on
        and not ExactCustomer.objects.filter(connection=connection, exact_id=customer).exists()
    ):
        raise UnknownChoice("There is no such customer.")
    return customer


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as error:
        raise UnknownChoice("Not an id.") from error

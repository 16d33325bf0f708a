"""The copy dialog's choices: filled in from what is known, and read back from what a person posted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.utils.translation import gettext as _

from integrations.mappings.facts import USUAL_VAT_CODE, ConnectionFacts
from integrations.mappings.resolve import same_percentage
from integrations.mappings.situations import Buyer
from integrations.models import ExactConnection, ExactCustomer, Route, Sending
from invoices.copy_choices import CopyChoices
from invoices.customer_match import CustomerMatch
from invoices.document_plan import InvoiceContent, LineContent
from invoices.places import UnknownChoice, place_of, read_id

NEW_CUSTOMER = "new"
# Beyond this, lines are not decided one by one: mappings and the invoice's own choices do it (two fields a line).
MOST_LINES = 300


@dataclass(frozen=True, slots=True)
class DialogInput:
    """What is filled in: the choices, and what the choices themselves do not tell.

    `customer` is an account's id, "new", or empty while a person has to choose. `seen` are the ids of the accounts that
    were on offer; None when the form does not say. `suggested_lines` are the lines whose VAT code was only suggested.
    `typed` are item codes that the division does not have, by the line's id (`places.WHOLE_INVOICE` for the invoice).
    """

    choices: CopyChoices
    customer: str
    search: str = ""
    seen: frozenset[str] | None = None
    confirmed: bool = False
    suggested_lines: frozenset[int] = frozenset()
    is_vat_suggested: bool = False
    typed: Mapping[int, str] = field(default_factory=dict)

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
                vat_code=facts.default_vat_code,
                **place_of(facts.route).default(facts),
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

    A customer that was to be created may exist by now; then that one is chosen. Whoever wanted a new one instead of
    those that match still does.
    """
    wants_new = choices.create_customer and not match.is_remembered
    found = None if wants_new or match.customer is None else match.customer.exact_id
    customer = choices.customer_exact_id or found
    known = {line.line_id for line in content.lines}
    kept = replace(
        choices,
        customer_exact_id=customer,
        matched_by=_matched_by(customer, match),
        line_vat_codes={
            line: value for line, value in choices.line_vat_codes.items() if line in known
        },
        accept_difference=False,
        **place_of(facts.route).kept(choices, known),
    )
    is_new = wants_new and customer is None
    filled = DialogInput(kept, NEW_CUSTOMER if is_new else _customer_value(customer, match))
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
    buyer = content.buyer(facts.country)
    suggestions = {
        line.line_id: vat.code
        for line in content.lines
        if _needs_suggestion(line, filled.choices, facts, buyer)
        and (vat := same_percentage(facts, line.percentage)) is not None
    }
    if not suggestions:
        return filled
    by_line = len(content.lines) <= MOST_LINES
    unmapped = [line for line in content.lines if not _is_mapped(line, facts, buyer)]
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


def _needs_suggestion(
    line: LineContent, choices: CopyChoices, facts: ConnectionFacts, buyer: Buyer
) -> bool:
    if _is_mapped(line, facts, buyer) or line.line_id in choices.line_vat_codes:
        return False
    general = facts.vat_codes.get(choices.vat_code or _usual_vat_code(facts))
    if general is None or line.percentage is None:
        return True
    return general.charged_fraction * 100 != line.percentage


def _is_mapped(line: LineContent, facts: ConnectionFacts, buyer: Buyer) -> bool:
    """Whether the line itself, its service type or its tax rate names the VAT code."""
    return bool(
        line.vat_code
        or line.service_type_id in facts.service_type_vat_codes
        or line.tax_rate_id in facts.tax_rate_vat_codes
        or (line.tax_rate_id, buyer.situation) in facts.situation_vat_codes
    )


def _usual_vat_code(facts: ConnectionFacts) -> str:
    """The code that counts where nothing names one: Exact's usual one, when it is Exact that writes the invoice."""
    is_usual = facts.route == Route.EXACT_INVOICE and facts.has_usual_vat_code
    return USUAL_VAT_CODE if is_usual else ""


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
    places, typed = place_of(facts.route).read(data, ids, facts)
    return DialogInput(
        choices=CopyChoices(
            customer_exact_id=exact_id,
            matched_by=_matched_by(exact_id, match),
            create_customer=customer == NEW_CUSTOMER and _wants_new(data, match, seen),
            journal_code=_code(data, "journal"),
            vat_code=_code(data, "vat_code"),
            line_vat_codes={line: code for line in ids if (code := _code(data, f"vat_{line}"))},
            accept_difference=data.get("accept_difference") == "on",
            # A box that is not ticked is not posted, nor is one that was not on the page.
            with_files="files_offered" not in data or data.get("with_files") == "on",
            sending=_read_sending(data, facts),
            **places,
        ),
        customer=customer,
        search=data.get("q", "").strip(),
        seen=seen,
        confirmed=data.get("confirm_new") == "on",
        typed=typed,
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


def _read_sending(data: Mapping[str, str], facts: ConnectionFacts) -> str:
    """The way that was chosen where Exact sends the invoice; else what the connection says counts."""
    sending = data.get("sending", "")
    is_known = facts.route == Route.EXACT_INVOICE and sending in Sending.values
    return sending if is_known else ""


def _read_customer(value: str, connection: ExactConnection, booked_on: UUID | None) -> UUID | None:
    if value in {"", NEW_CUSTOMER}:
        return None
    customer = read_id(value)
    if (
        customer != booked_on
        and not ExactCustomer.objects.filter(connection=connection, exact_id=customer).exists()
    ):
        raise UnknownChoice(_("There is no such customer."))
    return customer

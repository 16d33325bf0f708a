"""The copy dialog as its template draws it: options, reasons, and each gap at the field it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy

from connector.money import format_number
from integrations import queries, reference_lists
from integrations.forms.item_fields import MOST_OPTIONS
from integrations.mappings.facts import ConnectionFacts
from integrations.mappings.resolve import Gap
from integrations.models import ExactConnection, Item, Sending
from invoices.copied.doubts import find_doubts
from invoices.copy_forms import MOST_LINES, DialogInput
from invoices.customer_field import CustomerField
from invoices.customer_match import CustomerMatch
from invoices.dialog_fields import Field, Option, make_options, vat_field
from invoices.dialog_lines import DialogLine, draw_line
from invoices.doubts import DOUBTS
from invoices.models import Invoice, InvoiceFile, InvoiceKind, PostedDocument
from invoices.places import Place, join_gaps, place_of
from invoices.proposal import Proposal
from invoices.sending_words import describe_outcome, sending_field
from invoices.update_preview import Change
from invoices.vat_check import VatCheck

# More selects than this make a page that no browser likes; such an invoice is decided as a whole.
_MOST_OPTIONS = 20_000


class Mode(StrEnum):
    """What the dialog is opened for."""

    COPY = "copy"
    NEW = "new"
    UPDATE = "update"


# What the button says, without and with Exact sending the invoice.
_SUBMIT: Mapping[Mode, tuple[Promise, Promise]] = {
    Mode.COPY: (gettext_lazy("Copy and Finalize"), gettext_lazy("Copy, Finalize and Send")),
    Mode.NEW: (gettext_lazy("Create new"), gettext_lazy("Create new and Send")),
    Mode.UPDATE: (gettext_lazy("Update existing"), gettext_lazy("Update and Send")),
}


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
    def invoice_name(self) -> str:
        """The invoice in the dialog's title; many have no number before Exact gives them one."""
        if self.invoice.number:
            return f"{self.invoice.noun} {self.invoice.number}"
        is_credit_note = self.invoice.kind == InvoiceKind.CREDIT_NOTE
        return _("this credit note") if is_credit_note else _("this invoice")

    @property
    def facts(self) -> ConnectionFacts:
        """The connection's lists."""
        return self.proposal.facts

    @property
    def check(self) -> VatCheck | None:
        """The VAT comparison; None while a line has no VAT code."""
        return self.proposal.check

    # --- Files ---

    @cached_property
    def files(self) -> list[InvoiceFile]:
        """The invoice's files, without their content."""
        return list(self.invoice.files.defer("content"))

    @property
    def takes_files(self) -> bool:
        """Whether they go along."""
        return self.proposal.route.takes_files

    @cached_property
    def doubts(self) -> list[str]:
        """Why Exact may refuse the update that is asked for."""
        if self.mode != Mode.UPDATE or self.document is None:
            return []
        return find_doubts(self.invoice, self.document)

    # --- Gaps ---

    @cached_property
    def gaps(self) -> list[Gap]:
        """Everything that stands in the way, in the order of the dialog."""
        found = [*self.customer.gaps, *self._proposed_gaps]
        if self.mode == Mode.NEW and not self.filled.confirmed:
            found.append(
                Gap(
                    "not_confirmed",
                    _("A second document was not confirmed."),
                    _("Tick the box to make one."),
                )
            )
        return found

    @property
    def _proposed_gaps(self) -> list[Gap]:
        lines = self.proposal.resolution.lines
        own = self._place.own_gaps(
            self.facts,
            self.filled.choices,
            self.filled.typed,
            lines=lines,
            day=self.proposal.content.invoice_date,
        )
        return join_gaps(self._place, own, self.proposal.gaps, lines)

    @property
    def open_gaps(self) -> list[Gap]:
        """What is still to choose, without what is said beside the VAT comparison and the tick."""
        return [gap for gap in self.gaps if gap.code not in {"vat_list_empty", *DOUBTS}]

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
        """The sentences at the box that accepts what is odd."""
        return self.errors(*DOUBTS)

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
        """Whether something odd has to be confirmed."""
        return bool(self.proposal.doubts)

    @property
    def other_doubts(self) -> list[Gap]:
        """What has to be confirmed besides the VAT difference, which the comparison shows."""
        return [gap for gap in self.proposal.doubts if gap.code != "vat_differs"]

    # --- Fields ---

    @cached_property
    def customer(self) -> CustomerField:
        """The customer field."""
        return CustomerField(self.invoice, self.connection, self.filled, self.match)

    @cached_property
    def journals(self) -> list[Option]:
        """The sales journals."""
        chosen = self.filled.choices.journal_code
        return make_options(
            ((row.code, str(row)) for row in self.facts.sales_journals),
            chosen,
            str(self.facts.journals.get(chosen, chosen)),
        )

    @property
    def _place(self) -> Place:
        return place_of(self.facts.route)

    @cached_property
    def place(self) -> Field:
        """What lines are put on, for the whole invoice."""
        field = self._place.field(self.facts, self.filled.choices, self.filled.typed)
        return replace(field, errors=self.errors(*self._place.gap_codes))

    @cached_property
    def vat(self) -> Field:
        """The VAT code for the whole invoice."""
        chosen = self.filled.choices.vat_code
        return vat_field(self.facts, chosen, is_suggested=self.filled.is_vat_suggested)

    @cached_property
    def sending(self) -> Field | None:
        """How Exact sends the invoice; None where it is not Exact that does."""
        if not self.proposal.sending:
            return None
        return sending_field(self.proposal.sending, self.proposal.recipient, self.errors("email_"))

    @property
    def outcome(self) -> str:
        """What Exact will do and that it is final, where it is Exact that numbers and sends."""
        if not self.proposal.sending:
            return ""
        return describe_outcome(
            noun=self.invoice.noun,
            sign=self.invoice.sign,
            journal=self.filled.choices.journal_code,
            sending=self.proposal.sending,
            recipient=self.proposal.recipient,
        )

    @property
    def helped_fields(self) -> list[Field]:
        """The fields for the whole invoice whose help depends on what was chosen."""
        return [field for field in (self.place, self.sending) if field is not None]

    @property
    def submit_label(self) -> str:
        """What the button does."""
        is_sent = self.proposal.sending not in {"", Sending.NONE}
        return str(_SUBMIT[self.mode][is_sent])

    @cached_property
    def sold_items(self) -> list[Item]:
        """The items to suggest while a code is typed, one more than fit on a page when there are too many."""
        if not self._place.is_typed:
            return []
        day = self.proposal.content.invoice_date
        return list(queries.list_sold_items(self.connection, day)[: MOST_OPTIONS + 1])

    @property
    def looks_items_up(self) -> bool:
        """Whether there are too many items for the page, so that they are looked up while somebody types."""
        return len(self.sold_items) > MOST_OPTIONS

    @cached_property
    def has_line_choices(self) -> bool:
        """Whether the place and the VAT code can be chosen line by line."""
        lines = len(self.proposal.content.lines)
        options = self._place.count_options(self.facts) + len(self.facts.sales_vat_codes)
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
            draw_line(
                resolved,
                contents[resolved.line.line_id].net,
                facts=self.facts,
                filled=self.filled,
                errors=self.errors,
            )
            for resolved in self.proposal.resolution.lines
        ]

    @cached_property
    def has_periods(self) -> bool:
        """Whether a line has a period, so that the column is worth its place."""
        return any(line.period for line in self.lines)

    @cached_property
    def has_costs(self) -> bool:
        """Whether a line has a cost center or a cost unit, or one that is not sent."""
        return any(line.has_costs for line in self.lines)

    @property
    def column_count(self) -> int:
        """How many columns the table of lines has."""
        return 4 + self.has_periods + self.has_costs

    @property
    def situation(self) -> str:
        """The client's situation for VAT with the reason, where it is not simply at home; else empty."""
        buyer, content = self.proposal.resolution.buyer, self.proposal.content
        if not buyer.is_abroad and content.client_country in {"", self.facts.country}:
            return ""
        return _("VAT for %(situation)s customers. %(because)s") % {
            "situation": buyer.name,
            "because": buyer.because,
        }

    @property
    def rate(self) -> str:
        """The rate to the currency of the books, where the invoice is in another one; else empty (B-15)."""
        content, books = self.proposal.content, self.facts.division_currency
        if not books or content.currency == books:
            return ""
        words = {"currency": content.currency, "books": books}
        if content.exchange_rate is None or not self.proposal.route.sends_rate:
            return _("In %(currency)s; Exact takes its own rate to %(books)s.") % words
        rate = format_number(content.exchange_rate)
        return _(
            "In %(currency)s, at the invoice's rate: 1 %(currency)s is %(rate)s %(books)s."
        ) % (words | {"rate": rate})

    # --- How fresh ---

    @cached_property
    def refreshed_at(self) -> datetime | None:
        """When the oldest of the lists shown here was refreshed; None when one never was."""
        lists = reference_lists.freshness(self.connection)
        kinds = reference_lists.shown_kinds(self.connection)
        times = [lists[kind].refreshed_at if kind in lists else None for kind in kinds]
        known = [time for time in times if time is not None]
        return min(known) if len(known) == len(times) else None

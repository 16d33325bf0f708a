"""The customer field of the copy dialog: the accounts on offer, each with its reason, and what a new one would carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from connector.sentences import sentence
from integrations import queries
from integrations.mappings.resolve import Gap
from integrations.models import ExactConnection, ExactCustomer, PaymentCondition
from invoices.copy_forms import NEW_CUSTOMER, DialogInput
from invoices.customer_match import Candidate, CustomerMatch, obstacle_of
from invoices.customers import draft_for
from invoices.models import Invoice


@dataclass(frozen=True, slots=True)
class CustomerOption:
    """A customer that can be chosen; `note` tells it from others of the same name. `is_sure`: it is the one, without a doubt."""

    value: str
    name: str
    note: str
    reason: str
    is_selected: bool
    is_sure: bool = True


@dataclass(frozen=True)
class CustomerField:
    """Everything the field shows."""

    invoice: Invoice
    connection: ExactConnection
    filled: DialogInput
    match: CustomerMatch

    @cached_property
    def options(self) -> list[CustomerOption]:
        """The accounts on offer: the chosen one, then what matches or what was searched."""
        rows: list[ExactCustomer] = [candidate.account for candidate in self.match.candidates]
        if self.filled.search:
            rows = queries.search_customers(self.connection, self.filled.search)
        chosen = self.filled.customer
        if chosen not in {"", NEW_CUSTOMER} and all(str(row.exact_id) != chosen for row in rows):
            rows = [
                *ExactCustomer.objects.filter(connection=self.connection, exact_id=chosen),
                *rows,
            ]
        options = [self._option(row) for row in rows]
        if chosen in {"", NEW_CUSTOMER} or any(option.is_selected for option in options):
            return options
        # The copy's own customer, which the list from Exact does not have (any more).
        return [CustomerOption(chosen, _("The customer it is booked on"), "", "", True), *options]

    def _option(self, row: ExactCustomer) -> CustomerOption:
        candidate = self._candidates.get(row.pk)
        obstacle = obstacle_of(row)
        return CustomerOption(
            value=str(row.exact_id),
            name=row.name,
            note=" · ".join(filter(None, (row.code, row.city, row.vat_number))),
            reason=candidate.explanation if candidate else obstacle,
            is_selected=str(row.exact_id) == self.filled.customer,
            # Of two that nothing speaks against, neither is.
            is_sure=candidate.is_sure and not self.match.is_ambiguous
            if candidate
            else not obstacle,
        )

    @cached_property
    def _candidates(self) -> dict[int, Candidate]:
        return {candidate.account.pk: candidate for candidate in self.match.candidates}

    @property
    def creates(self) -> bool:
        """Whether a new account will be made."""
        return self.filled.customer == NEW_CUSTOMER

    @property
    def question(self) -> str:
        """What the person has to decide, when the match does not."""
        return self.match.question if self.match.is_ambiguous else ""

    @property
    def gaps(self) -> Iterator[Gap]:
        """What is missing: a choice, where the match leaves one; the field itself says between whom."""
        if self.filled.lacks_customer:
            yield Gap(
                "customer_missing",
                sentence("No customer is chosen."),
                sentence("Choose the right one, or create a new customer."),
            )

    @property
    def seen(self) -> str:
        """What was on offer so far: only who saw the customers that match can want a new one instead."""
        shown = set(self.match.account_ids)
        if self.filled.search:
            shown &= {option.value for option in self.options}
        return " ".join(sorted(shown | (self.filled.seen or frozenset())))

    @cached_property
    def new_account(self) -> list[tuple[str, str]]:
        """What a new account will carry, field by field, so that nobody has to guess: exactly what is sent."""
        draft = draft_for(
            self.invoice.client,
            currency=self.invoice.currency,
            payment_condition=self.connection.payment_condition_code,
        )
        place = " ".join(filter(None, (draft.postcode, draft.city)))
        address = ", ".join(
            filter(None, (draft.address_line, draft.address_line2, place, draft.country))
        )
        facts = [
            (_("Name"), draft.name),
            (_("VAT number"), draft.vat_number),
            (_("Chamber of Commerce number"), draft.chamber_of_commerce),
            (_("Address"), address),
            (_("E-mail"), draft.email),
            (_("Phone"), draft.phone),
            (_("Website"), draft.website),
            (_("Payment condition"), self._payment_condition),
            (_("Currency"), draft.sales_currency),
        ]
        return [(label, value) for label, value in facts if value]

    @property
    def _payment_condition(self) -> str:
        code = self.connection.payment_condition_code
        if not code:
            return ""
        row = PaymentCondition.objects.filter(connection=self.connection, code=code).first()
        return str(row) if row else str(code)

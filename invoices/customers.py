"""The customer an invoice is booked on: remembered, chosen, or created in Exact once (`exact_records.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from connector.tenancy.scope import tenant_transaction
from integrations.exact import accounts
from integrations.models import ExactConnection, ExactCustomer
from invoices import history
from invoices.copy_choices import CopyChoices
from invoices.customer_marks import write_vat_number
from invoices.exact_records import CLOCK_MARGIN, RecordMaker
from invoices.models import Client, CopyRequest, CopyState, CustomerLink, ExactRecordState
from invoices.problems import Problem

CREATED = "created"


def remember_choice(
    *, connection: ExactConnection, client: Client, exact_id: UUID, matched_by: str = "chosen"
) -> None:
    """This function will link the client to the account that a person chose; the next invoice offers it again."""
    link = (
        CustomerLink.objects.select_for_update()
        .filter(connection=connection, client=client)
        .first()
    )
    if link is not None and link.state in {ExactRecordState.SENDING, ExactRecordState.UNKNOWN}:
        return
    if link is not None and link.state == ExactRecordState.LINKED and link.exact_id == exact_id:
        return
    CustomerLink.objects.update_or_create(
        connection=connection,
        client=client,
        defaults={
            "organization_id": connection.organization_id,
            "state": ExactRecordState.LINKED,
            "exact_id": exact_id,
            "matched_by": matched_by,
            "next_at": None,
        },
    )


def draft_for(
    client: Client, *, currency: str, payment_condition: str = ""
) -> accounts.AccountDraft:
    """This function will return the account to create: status customer and everything known of the client."""
    return accounts.AccountDraft(
        name=client.name,
        vat_number=write_vat_number(client.vat_number, client.country) or None,
        chamber_of_commerce=client.coc_number or None,
        email=client.email or None,
        phone=client.phone or None,
        website=client.website or None,
        address_line=client.address_line1 or None,
        address_line2=client.address_line2 or None,
        postcode=client.postcode or None,
        city=client.city or None,
        country=client.country or None,
        payment_condition=payment_condition or None,
        sales_currency=currency,
    )


class CustomerMaker(RecordMaker[CustomerLink, accounts.Account]):
    """The customer account of the invoice's client."""

    noun = "customer"

    @property
    def _client(self) -> Client:
        client: Client = self.request.invoice.client
        return client

    def settled(self) -> UUID | None:
        """The account that a person chose, which is remembered."""
        chosen = CopyChoices.from_json(self.request.choices).customer_exact_id
        if chosen is not None:
            remember_choice(
                connection=self.request.connection, client=self._client, exact_id=chosen
            )
        return chosen

    def row(self) -> CustomerLink | None:
        """The client's link in this division."""
        return (
            CustomerLink.objects.select_for_update()
            .filter(connection=self.request.connection, client=self._client)
            .first()
        )

    def note(self, values: dict[str, Any]) -> CustomerLink:
        """Make or renew the client's link."""
        link, _ = CustomerLink.objects.update_or_create(
            connection=self.request.connection,
            client=self._client,
            defaults={
                "organization_id": self.request.organization_id,
                "matched_by": CREATED,
                **values,
            },
        )
        return link

    def is_gone(self, link: CustomerLink) -> bool:
        """Whether the account was deleted in Exact."""
        gone = ExactCustomer.objects.filter(connection=self.request.connection, is_gone=True)
        return link.exact_id is not None and gone.filter(exact_id=link.exact_id).exists()

    def create(self) -> accounts.Account:
        """Make the account."""
        draft = draft_for(
            self._client,
            currency=self.request.invoice.currency,
            payment_condition=self.request.connection.payment_condition_code,
        )
        return accounts.create(self.job.client, draft)

    def exact_id(self, made: accounts.Account) -> UUID:
        """The account's id."""
        return made.exact_id

    def look_up(self, link: CustomerLink) -> Sequence[accounts.Account]:
        """Look for the account by name; only what is newer than our send, and not another client's, can be ours.

        Being in the mirror says nothing: the lists may have been read since.
        """
        found = accounts.find_by_name(self.job.client, self._client.name)
        since = (link.sent_at or self.job.now()) - CLOCK_MARGIN
        with tenant_transaction(self.job.organization_id):
            others = set(
                CustomerLink.objects.filter(
                    connection=self.request.connection,
                    exact_id__in=[account.exact_id for account in found],
                ).values_list("exact_id", flat=True)
            )
        return [
            account
            for account in found
            if account.exact_id not in others
            and (account.modified_at is None or account.modified_at >= since)
        ]

    def linked(self, link: CustomerLink, made: accounts.Account, *, now: datetime) -> None:
        """Mirror the account, tell of it, and let others that waited for the same customer go on."""
        mirror(self.request.connection, made)
        code = f" with code {made.code}" if made.code else ""
        history.note(
            invoice=self.request.invoice,
            kind="customer_created",
            sentence=f"Customer {made.name} was created in Exact{code}.",
            now=now,
        )
        CopyRequest.objects.filter(
            connection=self.request.connection,
            invoice__client=self._client,
            state=CopyState.QUEUED,
            next_at__gt=now,
        ).update(next_at=now)

    def ambiguous(self, found: Sequence[accounts.Account]) -> Problem:
        """More than one new account of this name."""
        return Problem(
            "customer_ambiguous",
            f"Exact has {len(found)} new customers named {self._client.name}.",
            "Choose the right one in the copy dialog.",
        )


def mirror(connection: ExactConnection, account: accounts.Account) -> None:
    """This function will put an account that Exact just told of into the mirror, so that search finds it at once."""
    ExactCustomer.objects.update_or_create(
        connection=connection,
        exact_id=account.exact_id,
        defaults={
            "organization_id": connection.organization_id,
            "code": account.code or "",
            "name": account.name[:200],
            "vat_number": account.vat_number or "",
            "coc_number": account.chamber_of_commerce or "",
            "email": account.email,
            "city": account.city,
            "country": account.country or "",
            "status": account.status or "",
            "is_blocked": account.is_blocked,
            "is_gone": False,
        },
    )

"""The person who receives an invoice: found by e-mail at its account, or created there once (H-25 to H-28)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from connector.sentences import sentence
from connector.tenancy.scope import tenant_transaction
from integrations.exact import contacts
from integrations.lanes import LaneJob
from invoices import history
from invoices.customers import CREATED
from invoices.exact_records import CLOCK_MARGIN, RecordMaker, RecordWords
from invoices.models import (
    Contact,
    ContactLink,
    CopyRequest,
    CustomerLink,
    ExactRecordState,
    RecoveryPass,
)
from invoices.models.records import UNDER_WAY_OR_THERE
from invoices.problems import Obstacle, Problem

# Exact wants two names and a source may know one; this stands for the other.
_NO_NAME = "-"


def draft_for(contact: Contact, account_id: UUID) -> contacts.ContactDraft:
    """This function will return the contact to create; a contact without a name gets its e-mail's first half."""
    last_name = contact.last_name or ("" if contact.first_name else contact.email.partition("@")[0])
    return contacts.ContactDraft(
        account_id=account_id,
        first_name=contact.first_name or _NO_NAME,
        last_name=last_name or _NO_NAME,
        email=contact.email.strip(),
        phone=contact.phone or None,
    )


class ContactMaker(RecordMaker[ContactLink, contacts.Contact]):
    """The invoice's contact, under the account that the invoice is made out to."""

    noun = "contact"
    words = RecordWords(
        creating=_("Creating the contact in Exact"),
        checking=_("Checking in Exact whether the contact was created"),
        waiting=_("Waiting for the contact to be created in Exact"),
        refused=_("Exact did not create the contact."),
        ambiguous=_("Exact has %(n)s new contacts that may be this one."),
    )

    def __init__(
        self, job: LaneJob, request: CopyRequest, account_id: UUID, obstacle: Obstacle
    ) -> None:
        super().__init__(job, request)
        self._account_id = account_id
        self._obstacle = obstacle

    @property
    def _contact(self) -> Contact:
        contact: Contact | None = self.request.invoice.contact
        if contact is None:
            raise ValueError("The invoice has no contact")
        return contact

    @property
    def _email(self) -> str:
        return self._contact.email.strip().casefold()

    def row(self) -> ContactLink | None:
        """The contact's link under this account."""
        return (
            ContactLink.objects.select_for_update()
            .filter(
                connection=self.request.connection,
                contact=self._contact,
                account_exact_id=self._account_id,
            )
            .first()
        )

    def note(self, values: dict[str, Any]) -> ContactLink:
        """Make or renew the contact's link."""
        link, _ = ContactLink.objects.update_or_create(
            connection=self.request.connection,
            contact=self._contact,
            account_exact_id=self._account_id,
            defaults={
                "organization_id": self.request.organization_id,
                "email": self._contact.email.strip(),
                **values,
            },
        )
        return link

    def is_gone(self, link: ContactLink) -> bool:
        """Whether the contact has another e-mail address now: that is another person to Exact."""
        return link.email.strip().casefold() != self._email

    def search(self) -> UUID | ContactLink | Problem | None:
        """Look for the e-mail address among the account's contacts (H-25).

        A contact of another account never comes by: it stays where it is, and a new one is made here (H-27).
        """
        with tenant_transaction(self.job.organization_id):
            known = self._find_twin() or self._obstacle(self._account_id)
            is_new = self._is_new_account()
        return known if known is not None or is_new else self._listed()

    def _listed(self) -> UUID | None:
        found = contacts.list_of_account(self.job.client, self._account_id)
        ours = [one for one in found if self._has_email(one)]
        # Of several with one address the account's main contact is the one that gets its invoices.
        ours.sort(key=lambda one: (not one.is_main, one.exact_id))
        return ours[0].exact_id if ours else None

    def _find_twin(self) -> UUID | ContactLink | None:
        """Somebody else in the PSA with the same address at the same account is the same person to Exact.

        One that is being made at this moment is waited for, since Exact may show it too late to be found there.
        """
        twins = (
            ContactLink.objects.select_for_update()
            .filter(
                connection=self.request.connection,
                account_exact_id=self._account_id,
                email__iexact=self._email,
                state__in=UNDER_WAY_OR_THERE,
            )
            .exclude(contact=self._contact)
            .order_by("id")
        )
        found = list(twins)
        there = next((one.exact_id for one in found if one.state == ExactRecordState.LINKED), None)
        return there or next((self.expired(one) for one in found), None)

    def _is_new_account(self) -> bool:
        """Whether we made the account a moment ago: it has no contacts but ours, and looking costs a call.

        Not after a restore, which forgot those of ours that were made since the backup.
        """
        link = CustomerLink.objects.filter(
            connection=self.request.connection,
            client=self.request.invoice.client,
            exact_id=self._account_id,
            matched_by=CREATED,
            sent_at__gte=self.job.now() - CLOCK_MARGIN,
        ).first()
        return (
            link is not None
            and link.sent_at is not None
            and not RecoveryPass.may_forget_since(self.request.connection, link.sent_at)
        )

    def _has_email(self, one: contacts.Contact) -> bool:
        return self._email in {
            one.email.strip().casefold(),
            one.business_email.strip().casefold(),
        }

    def create(self) -> contacts.Contact:
        """Make the contact at the account."""
        return contacts.create(self.job.client, draft_for(self._contact, self._account_id))

    def exact_id(self, made: contacts.Contact) -> UUID:
        """The contact's id."""
        return made.exact_id

    def look_up(self, link: ContactLink) -> Sequence[contacts.Contact]:
        """Find the contact with the address; before our send there was none, so any of them will do."""
        del link
        found = contacts.list_of_account(self.job.client, self._account_id)
        return [one for one in found if self._has_email(one)][:1]

    def linked(self, link: ContactLink, made: contacts.Contact, *, now: datetime) -> None:
        """Tell of it."""
        history.note(
            invoice=self.request.invoice,
            kind="contact_created",
            sentence=sentence(
                "Contact %(name)s was created in Exact.",
                name=str(made.full_name or self._contact),
            ),
            now=now,
        )

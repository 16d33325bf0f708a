"""Whom Exact e-mails an invoice that it writes: the contact of the invoice, else the customer itself (H-30)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from integrations.mappings.facts import CustomerFacts
from invoices.models import Invoice


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets the e-mail; `origin` says where the address stands. Not known: the mirror lacks the customer."""

    name: str = ""
    email: str = ""
    origin: str = ""
    is_known: bool = True

    def __str__(self) -> str:
        return ", ".join(part for part in (self.name, self.email) if part)

    @property
    def is_missing(self) -> bool:
        """Whether there surely is no address to send to."""
        return self.is_known and not self.email


def find_recipient(
    invoice: Invoice, customer: CustomerFacts | None, *, is_new_customer: bool
) -> Recipient:
    """This function will find the recipient in the order in which Exact looks for an address.

    `customer` is the chosen account as mirrored; a new one gets the client's own address.
    """
    contact = invoice.contact
    if contact is not None and contact.email.strip():
        return Recipient(contact.name, contact.email.strip(), _("the contact of the invoice"))
    if customer is not None:
        return Recipient(
            customer.name, customer.email.strip(), _("the customer's address in Exact")
        )
    if is_new_customer:
        client = invoice.client
        return Recipient(client.name, client.email.strip(), _("the client's address"))
    return Recipient(is_known=False)

"""The people at clients who receive invoices, findable by the ids, and in a file by the addresses, a source has for them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from connector.sentences import sentence
from integrations.psa.source import Problem, SourceContact, SourceInvoice
from invoices.known_rows import KnownRows
from invoices.models import Client, Contact


class KnownContacts(KnownRows[Contact]):
    """The contacts that the invoices at hand may mean. With `by_email` also those of other sources, within their client.

    A contact stays with its client: an invoice that names another client's person is refused, so that a mixed-up id
    sends no invoice to another company.
    """

    def __init__(
        self,
        source: str,
        invoices: Sequence[SourceInvoice],
        clients: Sequence[Client],
        *,
        by_email: bool,
    ) -> None:
        ids = [invoice.contact.source_id for invoice in invoices if invoice.contact]
        wanted = Q(source=source, source_id__in=ids)
        if by_email and ids:
            wanted |= Q(client__in=[client.pk for client in clients]) & ~Q(email="")
        super().__init__(
            Contact.objects.filter(wanted).select_related("client").order_by("id"), source
        )
        self._by_address: dict[tuple[int, str], Contact] = {}
        if by_email:
            for row in self.rows:
                self._by_address.setdefault((row.client_id, row.email.casefold()), row)
        # The client of a contact that an earlier invoice of the same request brought.
        self._promised: dict[str, str] = {}

    def problems(self, invoice: SourceInvoice, client: Client | None) -> list[Problem]:
        """This function will say why the invoice's contact cannot receive it; `client` is the known one, if it is."""
        given = invoice.contact
        if given is None:
            return []
        known = self._find(given, client)
        owner = invoice.client.source_id
        if known and (client is None or known.client_id != client.pk):
            return [_belongs_elsewhere(given, known.client.source_id)]
        promised = self._promised.setdefault(given.source_id, owner)
        if promised != owner:
            return [_belongs_elsewhere(given, promised)]
        if not any(_known_by(given, known)):
            said = (
                sentence(
                    "Contact “%(id)s” is not known: give a name or an e-mail address.",
                    id=given.source_id,
                )
                if known is None
                else sentence(
                    "A contact needs a name or an e-mail address; this would leave it without."
                )
            )
            return [Problem("contact", said)]
        return []

    def find_or_make(self, given: SourceContact | None, client: Client) -> Contact | None:
        """This function will return the contact that is meant; one that is not known yet is made, not stored."""
        if given is None:
            return None
        row = Contact(client=client, source=self._source, source_id=given.source_id)
        return self._find(given, client) or self.make(row, given)

    def _find(self, given: SourceContact, client: Client | None) -> Contact | None:
        own = self.own(given.source_id)
        if client is None or (own and own.client_id == client.pk):
            return own
        return self._by_address.get((client.pk or 0, given.email.casefold())) or own


def _belongs_elsewhere(given: SourceContact, owner: str) -> Problem:
    return Problem(
        "contact",
        sentence(
            "Contact “%(id)s” belongs to client “%(client)s”. Correct it; a person who works for two clients, or "
            "moved to another, has an id for each.",
            id=given.source_id,
            client=owner,
        ),
    )


def _known_by(given: SourceContact, known: Contact | None) -> list[str]:
    """The names and the e-mail address that the contact will have."""
    return [
        getattr(given if known is None or name in given.model_fields_set else known, name)
        for name in ("first_name", "last_name", "email")
    ]

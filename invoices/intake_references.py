"""Finds what invoices refer to (client, contact, subsidiary, service types, tax rates), says what is missing, makes the rest.

Part of the intake: before it the invoices are only checked in themselves, after it they can be stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.sentences import sentence
from integrations.models import ServiceType, Subsidiary, TaxRate
from integrations.psa.source import (
    Problem,
    SourceInvoice,
    SourceModel,
    SourceParty,
    SourceServiceType,
    SourceTaxRate,
)
from invoices.known_contacts import KnownContacts
from invoices.known_rows import KnownRows, clients_for, describe, other_clients
from invoices.models import Client, Contact


@dataclass(frozen=True)
class Resolved:
    """The rows that one invoice refers to; a new one is stored by `References.save`."""

    client: Client
    contact: Contact | None
    subsidiary: Subsidiary
    service_types: tuple[ServiceType | None, ...]
    tax_rates: tuple[TaxRate | None, ...]


class References:
    """The rows known to the organization, and those that the invoices at hand add or change.

    With `by_name` a reference that the source itself does not know is also looked for among the rows of other sources,
    by what a person would type into a file: the client's code, VAT number or name, the name of a service type.
    """

    def __init__(
        self,
        *,
        source: str,
        invoices: Sequence[SourceInvoice],
        subsidiary: Subsidiary | None,
        by_name: bool,
    ) -> None:
        self._source = source
        self._by_name = by_name
        self._forced_subsidiary = subsidiary
        self._subsidiaries = KnownRows(Subsidiary.objects.order_by("id"), source)
        self._service_types = KnownRows(ServiceType.objects.order_by("id"), source, named=by_name)
        self._tax_rates = KnownRows(TaxRate.objects.order_by("id"), source, named=by_name)
        parties = {invoice.client.source_id: invoice.client for invoice in invoices}
        self._clients = KnownRows(clients_for(source, parties.values(), by_name=by_name), source)
        self._others = other_clients(self._clients, parties.values()) if by_name else {}
        self._contacts = KnownContacts(source, invoices, self._clients.rows, by_email=by_name)
        # By Python's identity of the row: a new row has no id of its own yet.
        self._new: set[int] = set()
        self._changed: dict[int, set[str]] = {}

    def percentage_of(self, rate: SourceTaxRate) -> Decimal | None:
        """This function will return the percentage of the tax rate: as given, else as known."""
        if rate.percentage is not None:
            return rate.percentage
        known = self._tax_rates.find(rate.source_id)
        return known.percentage if known else None

    def problems(self, invoice: SourceInvoice) -> list[Problem]:
        """This function will name everything the invoice refers to that is neither known nor described well enough."""
        problems = self._subsidiary_problems(invoice)
        if self._client(invoice.client) is None and not invoice.client.name:
            problems.append(
                Problem(
                    "client.name", sentence("This client is not known yet: its name is missing.")
                )
            )
        problems += self._contacts.problems(invoice, self._client(invoice.client))
        for index, line in enumerate(invoice.lines):
            if (
                line.service_type
                and not line.service_type.name
                and not self._service_types.find(line.service_type.source_id)
            ):
                problems.append(
                    Problem(
                        f"lines.{index}.service_type",
                        sentence(
                            "Service type “%(id)s” is not known. "
                            "Correct it, or have it made by giving its name as well.",
                            id=line.service_type.source_id,
                        ),
                    )
                )
            if line.tax_rate:
                problems += self._tax_rate_problems(f"lines.{index}.tax_rate", line.tax_rate)
        return problems

    def resolve(self, invoice: SourceInvoice) -> Resolved:
        """This function will return the rows the invoice refers to; those that are not known yet are made, not stored.

        Call it only for invoices without problems.
        """
        client = self._client(invoice.client) or self._make_client(invoice.client)
        return Resolved(
            client=client,
            contact=self._contacts.find_or_make(invoice.contact, client),
            subsidiary=self.subsidiary_of(invoice) or self._make_subsidiary(invoice),
            service_types=tuple(
                self._service_type(line.service_type) if line.service_type else None
                for line in invoice.lines
            ),
            tax_rates=tuple(
                self._tax_rate(line.tax_rate) if line.tax_rate else None for line in invoice.lines
            ),
        )

    def accept(self, invoice: SourceInvoice, resolved: Resolved) -> None:
        """This function will note that the invoice is taken in: what it says about its rows is stored by `save`."""
        self._accept(resolved.client, invoice.client)
        if invoice.contact and resolved.contact:
            self._accept(resolved.contact, invoice.contact)
        if invoice.subsidiary:
            self._accept(resolved.subsidiary, invoice.subsidiary)
        for line, service_type, tax_rate in zip(
            invoice.lines, resolved.service_types, resolved.tax_rates, strict=True
        ):
            if line.service_type and service_type:
                self._accept(service_type, line.service_type)
            if line.tax_rate and tax_rate:
                self._accept(tax_rate, line.tax_rate)

    def subsidiary_of(self, invoice: SourceInvoice) -> Subsidiary | None:
        """This function will return the known subsidiary of the invoice, or None."""
        if self._forced_subsidiary:
            return self._forced_subsidiary
        if invoice.subsidiary:
            return self._subsidiaries.find(invoice.subsidiary.source_id)
        active = [row for row in self._subsidiaries.rows if row.archived_at is None]
        return active[0] if len(active) == 1 else None

    def save(self) -> None:
        """This function will store what is new or changed: one statement per kind of row."""
        for known in (self._clients, self._subsidiaries, self._service_types, self._tax_rates):
            known.save(self._new, self._changed)
        # After the clients, whose ids they carry.
        self._contacts.save(self._new, self._changed)
        self._new.clear()
        self._changed.clear()

    def _subsidiary_problems(self, invoice: SourceInvoice) -> list[Problem]:
        if self.subsidiary_of(invoice):
            return []
        if invoice.subsidiary is None:
            return [
                Problem(
                    "subsidiary",
                    sentence(
                        "Say which subsidiary sends this invoice: there is more than one, or none yet."
                    ),
                )
            ]
        if not invoice.subsidiary.name:
            return [
                Problem(
                    "subsidiary.name",
                    sentence(
                        "Subsidiary “%(id)s” is not known yet: its name is missing.",
                        id=invoice.subsidiary.source_id,
                    ),
                )
            ]
        return []

    def _tax_rate_problems(self, path: str, rate: SourceTaxRate) -> list[Problem]:
        known = self._tax_rates.find(rate.source_id)
        if known is None and rate.percentage is None:
            return [
                Problem(
                    path,
                    sentence(
                        "Tax rate “%(id)s” is not known. Correct it, or give its percentage as well.",
                        id=rate.source_id,
                    ),
                )
            ]
        if known and rate.percentage is not None and known.percentage != rate.percentage:
            return [
                Problem(
                    f"{path}.percentage",
                    sentence(
                        "Tax rate “%(id)s” is %(known)s %% here, not %(given)s %%. A new percentage is a new tax rate: "
                        "give it an id of its own.",
                        id=rate.source_id,
                        known=known.percentage.normalize(),
                        given=rate.percentage.normalize(),
                    ),
                )
            ]
        return []

    def _client(self, party: SourceParty) -> Client | None:
        return self._clients.own(party.source_id) or self._others.get(party.source_id)

    def _make_client(self, party: SourceParty) -> Client:
        return self._clients.make(Client(source=self._source, source_id=party.source_id), party)

    def _make_subsidiary(self, invoice: SourceInvoice) -> Subsidiary:
        if invoice.subsidiary is None:
            raise ValueError("An invoice without a subsidiary was not refused.")
        row = Subsidiary(source=self._source, source_id=invoice.subsidiary.source_id)
        return self._subsidiaries.make(row, invoice.subsidiary)

    def _service_type(self, service_type: SourceServiceType) -> ServiceType:
        known = self._service_types.find(service_type.source_id)
        return known or self._service_types.make(
            ServiceType(source=self._source, source_id=service_type.source_id), service_type
        )

    def _tax_rate(self, rate: SourceTaxRate) -> TaxRate:
        known = self._tax_rates.find(rate.source_id)
        percentage = rate.percentage or Decimal(0)
        return known or self._tax_rates.make(
            TaxRate(
                source=self._source,
                source_id=rate.source_id,
                percentage=percentage,
                name=f"{percentage:f} %",
            ),
            rate,
        )

    def _accept(
        self, row: Client | Contact | Subsidiary | ServiceType | TaxRate, given: SourceModel
    ) -> None:
        """Store a new row; take over what was given about the source's own. What another source owns stays."""
        if row._state.adding:  # noqa: SLF001 - Django's documented way to ask whether a row is stored
            self._new.add(id(row))
        if row.source == self._source and (changed := describe(row, given)):
            self._changed.setdefault(id(row), set()).update(changed)

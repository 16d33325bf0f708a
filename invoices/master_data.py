"""Clients, subsidiaries, service types and tax rates that a source keeps up to date apart from invoices."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from connector.sentences import sentence
from integrations.models import ServiceType, Subsidiary, TaxRate
from integrations.psa.source import (
    BadInput,
    Problem,
    SourceModel,
    SourceParty,
    SourceServiceType,
    SourceSubsidiary,
    SourceTaxRate,
)
from invoices.intake import lock_intake
from invoices.known_rows import describe
from invoices.models import Client, InvoiceLine

MasterRow = Client | Subsidiary | ServiceType | TaxRate
MODELS: dict[
    type[SourceModel], type[Client] | type[Subsidiary] | type[ServiceType] | type[TaxRate]
] = {
    SourceParty: Client,
    SourceSubsidiary: Subsidiary,
    SourceServiceType: ServiceType,
    SourceTaxRate: TaxRate,
}


def store(
    *,
    source: str,
    given: SourceParty | SourceSubsidiary | SourceServiceType | SourceTaxRate,
    archived: bool | None,
    now: datetime,
) -> tuple[MasterRow, bool]:
    """This function will make or change the row that the source knows by this id; the flag says that it was made.

    Fields that are left out keep their value. Raises BadInput for a new row without a name, and for a new percentage of
    a tax rate that lines already carry.
    """
    lock_intake()
    model = next(row for kind, row in MODELS.items() if isinstance(given, kind))
    row = model.objects.filter(source=source, source_id=given.source_id).first()
    created = row is None
    if row is None:
        if not given.name:
            raise BadInput([Problem("name", sentence("A name is required."))])
        row = model(source=source, source_id=given.source_id)
        if (
            isinstance(row, TaxRate)
            and isinstance(given, SourceTaxRate)
            and given.percentage is None
        ):
            raise BadInput([Problem("percentage", sentence("A percentage is required."))])
    describe(row, given)
    if (
        isinstance(row, TaxRate)
        and isinstance(given, SourceTaxRate)
        and given.percentage is not None
    ):
        _set_percentage(row, given.percentage, created=created)
    if archived is not None and not isinstance(row, Client):
        row.archived_at = (row.archived_at or now) if archived else None
    row.save()
    return row, created


def _set_percentage(rate: TaxRate, percentage: Decimal, *, created: bool) -> None:
    if (
        not created
        and rate.percentage != percentage
        and InvoiceLine.objects.filter(tax_rate=rate).exists()
    ):
        said = sentence(
            "Invoices already carry this tax rate. A new percentage is a new tax rate: give it an id of its own."
        )
        raise BadInput([Problem("percentage", said)])
    rate.percentage = percentage

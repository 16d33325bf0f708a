"""What an admin decides about lines: ledger accounts or items, VAT codes, the payment condition.

What only the other route uses stays stored, so that changing the route back loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from connector.tenancy.models import User
from integrations import setting_changes
from integrations.models import (
    ExactConnection,
    ServiceType,
    ServiceTypeItem,
    ServiceTypeLedger,
    TaxRate,
    TaxRateVatCode,
)


@dataclass(frozen=True, slots=True)
class LedgerMappings:
    """Ledger accounts, for the route on which invoices are booked; service types by our ids."""

    default_exact_id: UUID | None
    manual: bool
    map_service_types: bool
    by_service_type: Mapping[int, UUID]


@dataclass(frozen=True, slots=True)
class ItemMappings:
    """Items, for the route on which Exact writes the invoice; service types by our ids."""

    default_exact_id: UUID | None
    by_service_type: Mapping[int, UUID]


@dataclass(frozen=True, slots=True)
class Mappings:
    """The second screen, by the ids of our rows. ``ledgers`` or ``items`` None: they stay as they are."""

    default_vat_code: str
    payment_condition_code: str
    tax_rate_vat_codes: Mapping[int, str]
    service_type_vat_codes: Mapping[int, str]
    ledgers: LedgerMappings | None = None
    items: ItemMappings | None = None

    def with_(self, **changes: Any) -> Self:
        """This function will return the same mappings with the ledgers or items given."""
        return replace(self, **changes)


def save_mappings(
    connection: ExactConnection, mappings: Mappings, *, user: User, now: datetime
) -> None:
    """This function will store the second screen. Mappings stay when the checkbox is cleared; they are not used then."""
    values: dict[str, object] = {
        "default_vat_code": mappings.default_vat_code,
        "payment_condition_code": mappings.payment_condition_code,
    }
    ledgers, items = mappings.ledgers, mappings.items
    if ledgers:
        values |= {
            "default_ledger_exact_id": ledgers.default_exact_id,
            "manual_ledger": ledgers.manual,
            "map_service_types": ledgers.map_service_types,
        }
    if items:
        values["default_item_exact_id"] = items.default_exact_id
    changed = setting_changes.apply(connection, values)
    connection.save()
    if ledgers and _replace_ledgers(connection, ledgers.by_service_type):
        changed.append("service types")
    if _replace_items(
        connection, items.by_service_type if items else None, mappings.service_type_vat_codes
    ):
        changed.append("items and VAT codes of service types")
    if _replace_vat_codes(connection, mappings.tax_rate_vat_codes):
        changed.append("VAT codes")
    setting_changes.note(connection, changed, user=user, now=now)


def save_tax_rates(
    connection: ExactConnection, vat_codes: Mapping[int, str], *, user: User, now: datetime
) -> bool:
    """This function will store the VAT codes of tax rates, and tell whether anything changed."""
    if not _replace_vat_codes(connection, vat_codes):
        return False
    setting_changes.note(connection, ["VAT codes"], user=user, now=now)
    return True


def _replace_ledgers(connection: ExactConnection, wanted: Mapping[int, UUID]) -> bool:
    rows = ServiceTypeLedger.objects.filter(connection=connection)
    before = {row.service_type_id: row.ledger_exact_id for row in rows}
    if before == dict(wanted):
        return False
    rows.delete()
    ServiceTypeLedger.objects.bulk_create(
        ServiceTypeLedger(
            organization_id=connection.organization_id,
            connection=connection,
            service_type=service_type,
            ledger_exact_id=wanted[service_type.pk],
        )
        for service_type in ServiceType.objects.filter(pk__in=wanted)
    )
    return True


def _replace_items(
    connection: ExactConnection, items: Mapping[int, UUID] | None, vat_codes: Mapping[int, str]
) -> bool:
    """Items None: those of before stay, since the route does not ask for them."""
    rows = ServiceTypeItem.objects.filter(connection=connection)
    before = {row.service_type_id: (row.item_exact_id, row.vat_code) for row in rows}
    if items is None:
        items = {key: item for key, (item, _) in before.items() if item}
    wanted = {
        key: (items.get(key), vat_codes.get(key, "")) for key in items.keys() | vat_codes.keys()
    }
    if before == wanted:
        return False
    rows.delete()
    ServiceTypeItem.objects.bulk_create(
        ServiceTypeItem(
            organization_id=connection.organization_id,
            connection=connection,
            service_type=service_type,
            item_exact_id=wanted[service_type.pk][0],
            vat_code=wanted[service_type.pk][1],
        )
        for service_type in ServiceType.objects.filter(pk__in=wanted).order_by("id")
    )
    return True


def _replace_vat_codes(connection: ExactConnection, wanted: Mapping[int, str]) -> bool:
    rows = TaxRateVatCode.objects.filter(connection=connection)
    before = {row.tax_rate_id: row.vat_code for row in rows}
    if before == dict(wanted):
        return False
    rows.delete()
    TaxRateVatCode.objects.bulk_create(
        TaxRateVatCode(
            organization_id=connection.organization_id,
            connection=connection,
            tax_rate=tax_rate,
            vat_code=wanted[tax_rate.pk],
        )
        for tax_rate in TaxRate.objects.filter(pk__in=wanted)
    )
    return True

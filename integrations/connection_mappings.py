"""What an admin decides about lines: ledger accounts or items, VAT codes, the payment condition.

What only the other route uses stays stored, so that changing the route back loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self, TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from connector.tenancy.models import User
from integrations import setting_changes
from integrations.mappings.facts import ConnectionFacts, Costs
from integrations.mappings.situations import Situation
from integrations.models import (
    Deferral,
    ExactConnection,
    ServiceType,
    ServiceTypeCost,
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
class RateCodes:
    """The VAT codes of a tax rate: the plain one, and those for customers abroad; empty where there is none."""

    plain: str = ""
    reverse_charge: str = ""
    export: str = ""


@dataclass(frozen=True, slots=True)
class Mappings:
    """The second screen, by the ids of our rows. ``ledgers`` or ``items`` None: they stay as they are."""

    default_vat_code: str
    payment_condition_code: str
    tax_rate_vat_codes: Mapping[int, RateCodes]
    service_type_vat_codes: Mapping[int, str]
    ledgers: LedgerMappings | None = None
    items: ItemMappings | None = None
    deferral: str = Deferral.OFF
    use_costs: bool = False
    service_type_costs: Mapping[int, Costs] = field(default_factory=dict)

    def with_(self, **changes: Any) -> Self:
        """This function will return the same mappings with the ledgers or items given."""
        return replace(self, **changes)


def facts_with(facts: ConnectionFacts, mappings: Mappings) -> ConnectionFacts:
    """This function will return what copies would go by if the second screen were stored like this."""
    codes = mappings.tax_rate_vat_codes
    abroad = [
        ((rate, situation), code)
        for rate, row in codes.items()
        for situation, code in (
            (Situation.REVERSE_CHARGE, row.reverse_charge),
            (Situation.EXPORT, row.export),
        )
    ]
    facts = replace(
        facts,
        default_vat_code=mappings.default_vat_code,
        tax_rate_vat_codes={rate: row.plain for rate, row in codes.items() if row.plain},
        situation_vat_codes={key: code for key, code in abroad if code},
        service_type_vat_codes=mappings.service_type_vat_codes,
        use_costs=mappings.use_costs,
        service_type_costs=mappings.service_type_costs,
    )
    if ledgers := mappings.ledgers:
        facts = replace(
            facts,
            default_ledger_id=ledgers.default_exact_id,
            manual_ledger=ledgers.manual,
            map_service_types=ledgers.map_service_types,
            service_type_ledgers=ledgers.by_service_type,
            deferral=mappings.deferral,
        )
    if items := mappings.items:
        facts = replace(
            facts,
            default_item_id=items.default_exact_id,
            service_type_items=items.by_service_type,
        )
    return facts


def save_mappings(
    connection: ExactConnection, mappings: Mappings, *, user: User, now: datetime
) -> None:
    """This function will store the second screen. Mappings stay when the checkbox is cleared; they are not used then."""
    values: dict[str, object] = {
        "default_vat_code": mappings.default_vat_code,
        "payment_condition_code": mappings.payment_condition_code,
        "use_costs": mappings.use_costs,
    }
    ledgers, items = mappings.ledgers, mappings.items
    if ledgers:
        values |= {
            "default_ledger_exact_id": ledgers.default_exact_id,
            "manual_ledger": ledgers.manual,
            "map_service_types": ledgers.map_service_types,
            "deferral": mappings.deferral,
        }
    if items:
        values["default_item_exact_id"] = items.default_exact_id
    changed = setting_changes.apply(connection, values)
    connection.save()
    if ledgers and _replace_ledgers(connection, ledgers.by_service_type):
        changed.append(_("service types"))
    if _replace_items(
        connection, items.by_service_type if items else None, mappings.service_type_vat_codes
    ):
        changed.append(_("items and VAT codes of service types"))
    if _replace_vat_codes(connection, mappings.tax_rate_vat_codes):
        changed.append(_("VAT codes"))
    if _replace_costs(connection, mappings.service_type_costs):
        changed.append(_("cost centers and units of service types"))
    setting_changes.note(connection, changed, user=user, now=now)


def save_tax_rates(
    connection: ExactConnection, vat_codes: Mapping[int, str], *, user: User, now: datetime
) -> bool:
    """This function will store the plain VAT codes of tax rates, and tell whether anything changed."""
    abroad = {
        row.tax_rate_id: RateCodes("", row.reverse_charge_vat_code, row.export_vat_code)
        for row in TaxRateVatCode.objects.filter(connection=connection)
    }
    wanted = {
        rate: replace(abroad.get(rate, RateCodes()), plain=vat_codes.get(rate, ""))
        for rate in abroad.keys() | vat_codes.keys()
    }
    if not _replace_vat_codes(connection, wanted):
        return False
    setting_changes.note(connection, [_("VAT codes")], user=user, now=now)
    return True


_Row = TypeVar("_Row", ServiceTypeLedger, ServiceTypeItem, ServiceTypeCost, TaxRateVatCode)
_OWNERS: dict[str, type[ServiceType] | type[TaxRate]] = {
    "service_type": ServiceType,
    "tax_rate": TaxRate,
}


def _replace_ledgers(connection: ExactConnection, wanted: Mapping[int, UUID]) -> bool:
    return _replace(
        connection,
        ServiceTypeLedger,
        "service_type",
        {key: {"ledger_exact_id": ledger} for key, ledger in wanted.items()},
    )


def _replace_items(
    connection: ExactConnection, items: Mapping[int, UUID] | None, vat_codes: Mapping[int, str]
) -> bool:
    """Items None: those of before stay, since the route does not ask for them."""
    if items is None:
        items = {
            row.service_type_id: row.item_exact_id
            for row in ServiceTypeItem.objects.filter(connection=connection)
            if row.item_exact_id
        }
    wanted = {
        key: {"item_exact_id": items.get(key), "vat_code": vat_codes.get(key, "")}
        for key in items.keys() | vat_codes.keys()
    }
    return _replace(connection, ServiceTypeItem, "service_type", wanted)


def _replace_costs(connection: ExactConnection, wanted: Mapping[int, Costs]) -> bool:
    return _replace(
        connection,
        ServiceTypeCost,
        "service_type",
        {key: {"cost_center": one.center, "cost_unit": one.unit} for key, one in wanted.items()},
    )


def _replace_vat_codes(connection: ExactConnection, wanted: Mapping[int, RateCodes]) -> bool:
    return _replace(
        connection,
        TaxRateVatCode,
        "tax_rate",
        {
            key: {
                "vat_code": codes.plain,
                "reverse_charge_vat_code": codes.reverse_charge,
                "export_vat_code": codes.export,
            }
            for key, codes in wanted.items()
            if codes != RateCodes()
        },
    )


def _replace(
    connection: ExactConnection,
    model: type[_Row],
    mapped: str,
    wanted: Mapping[int, Mapping[str, Any]],
) -> bool:
    """Make a mapping of the connection what is wanted: its columns by the id of what is mapped; False if it is already."""
    rows = model.objects.filter(connection=connection)
    before = {getattr(row, f"{mapped}_id"): row for row in rows}
    is_same = before.keys() == wanted.keys() and all(
        getattr(before[key], column) == value
        for key, columns in wanted.items()
        for column, value in columns.items()
    )
    if is_same:
        return False
    rows.delete()
    model.objects.bulk_create(
        model(
            organization_id=connection.organization_id,
            connection=connection,
            **{mapped: owner},
            **wanted[owner.pk],
        )
        for owner in _OWNERS[mapped].objects.filter(pk__in=wanted).order_by("id")
    )
    return True

"""Reads a connection's lists, defaults and mappings from our own rows: the plain values that `resolve` works with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Upper

from integrations.mappings.facts import (
    ConnectionFacts,
    Costs,
    CustomerFacts,
    ItemFacts,
    JournalFacts,
    LedgerFacts,
    VatFacts,
)
from integrations.mappings.situations import Situation
from integrations.models import (
    CostCenter,
    CostUnit,
    ExactConnection,
    ExactCustomer,
    Item,
    Journal,
    LedgerAccount,
    ListKind,
    Numbering,
    PaymentCondition,
    ReferenceList,
    ServiceTypeCost,
    ServiceTypeItem,
    ServiceTypeLedger,
    TaxRateVatCode,
    VatCode,
)

_MANDATORY = 1  # UseCostcenter and UseCostunit: 0 optional, 1 mandatory, 2 no
_NOT_USED = 2
_PURCHASE_ONLY = "P"


def read_facts(
    connection: ExactConnection,
    *,
    item_ids: Iterable[UUID] = (),
    item_codes: Iterable[str] = (),
) -> ConnectionFacts:
    """This function will read the lists, defaults and mappings of a connection from our own database.

    A division may have tens of thousands of items: read are those of the settings, and those that are named.
    """
    per_type = list(ServiceTypeItem.objects.filter(connection=connection))
    type_items = {row.service_type_id: row.item_exact_id for row in per_type if row.item_exact_id}
    rates = list(TaxRateVatCode.objects.filter(connection=connection))
    ids = {*item_ids, *type_items.values()} | {connection.default_item_exact_id} - {None}
    return ConnectionFacts(
        journals=_journals(connection),
        ledgers=_ledgers(connection),
        vat_codes=_vat_codes(connection),
        default_journal_code=connection.default_journal_code,
        default_ledger_id=connection.default_ledger_exact_id,
        default_vat_code=connection.default_vat_code,
        manual_ledger=connection.manual_ledger,
        map_service_types=connection.map_service_types,
        service_type_ledgers=dict(
            ServiceTypeLedger.objects.filter(connection=connection).values_list(
                "service_type_id", "ledger_exact_id"
            )
        ),
        tax_rate_vat_codes={row.tax_rate_id: row.vat_code for row in rates if row.vat_code},
        situation_vat_codes=_of_situations(rates),
        country=connection.country,
        deferral=connection.deferral,
        division_currency=connection.division_currency,
        route=connection.route,
        items=_items(connection, ids, item_codes),
        default_item_id=connection.default_item_exact_id,
        service_type_items=type_items,
        service_type_vat_codes={
            row.service_type_id: row.vat_code for row in per_type if row.vat_code
        },
        payment_condition_code=connection.payment_condition_code,
        payment_conditions=frozenset(
            PaymentCondition.objects.filter(
                connection=connection, is_gone=False, is_blocked=False
            ).values_list("code", flat=True)
        ),
        sending=connection.sending,
        credit_sign=connection.credit_sign,
        psa_numbers=connection.numbering == Numbering.PSA,
        **_costs(connection),
    )


def _costs(connection: ExactConnection) -> dict[str, Any]:
    """What rules about cost centers and units need; nothing is read while the connection has none."""
    if not connection.use_costs:
        return {}
    rules = ServiceTypeCost.objects.filter(connection=connection)
    usable = {"connection": connection, "is_gone": False, "is_blocked": False}
    read = set(
        ReferenceList.objects.filter(connection=connection, refreshed_at__isnull=False).values_list(
            "kind", flat=True
        )
    )
    return {
        "use_costs": True,
        "service_type_costs": {
            row.service_type_id: Costs(row.cost_center, row.cost_unit) for row in rules
        },
        "cost_centers": frozenset(
            CostCenter.objects.filter(**usable).values_list("code", flat=True)
        )
        if ListKind.COST_CENTERS in read
        else None,
        "cost_units": frozenset(CostUnit.objects.filter(**usable).values_list("code", flat=True))
        if ListKind.COST_UNITS in read
        else None,
    }


def _of_situations(rates: Iterable[TaxRateVatCode]) -> dict[tuple[int, Situation], str]:
    codes = {
        (row.tax_rate_id, situation): code
        for row in rates
        for situation, code in (
            (Situation.REVERSE_CHARGE, row.reverse_charge_vat_code),
            (Situation.EXPORT, row.export_vat_code),
        )
    }
    return {key: code for key, code in codes.items() if code}


def _journals(connection: ExactConnection) -> dict[str, JournalFacts]:
    rows = Journal.objects.filter(connection=connection).order_by("is_gone", "code", "id")
    return {
        row.code: JournalFacts(
            row.code,
            row.description,
            row.type == Journal.SALES,
            row.is_usable,
            row.currency,
            row.allow_variable_currency,
        )
        for row in rows
    }


def _ledgers(connection: ExactConnection) -> dict[UUID, LedgerFacts]:
    rows = LedgerAccount.objects.filter(connection=connection).order_by("code", "id")
    return {
        row.exact_id: LedgerFacts(
            row.exact_id,
            row.code,
            row.description,
            row.is_revenue,
            row.is_usable,
            row.use_cost_center == _MANDATORY,
            row.use_cost_unit == _MANDATORY,
            row.use_cost_center != _NOT_USED,
            row.use_cost_unit != _NOT_USED,
        )
        for row in rows
    }


def _vat_codes(connection: ExactConnection) -> dict[str, VatFacts]:
    rows = VatCode.objects.filter(connection=connection).order_by("is_gone", "code", "id")
    return {
        row.code: VatFacts(
            row.code,
            row.description,
            row.percentage,
            row.type,
            row.is_usable,
            row.transaction_type != _PURCHASE_ONLY,
        )
        for row in rows
    }


def _items(
    connection: ExactConnection, ids: Iterable[UUID | None], codes: Iterable[str]
) -> dict[UUID, ItemFacts]:
    wanted = {code.strip().upper() for code in codes} - {""}
    rows = (
        Item.objects.filter(connection=connection)
        .annotate(upper_code=Upper("code"))
        .filter(Q(exact_id__in=[one for one in ids if one]) | Q(upper_code__in=wanted))
        .order_by("is_gone", "code", "id")
    )
    return {row.exact_id: item_facts(row) for row in rows}


def item_facts(row: Item) -> ItemFacts:
    """This function will return an item of the mirror as a plain value."""
    return ItemFacts(
        row.exact_id,
        row.code,
        row.description,
        row.unit,
        row.is_usable,
        row.start_date,
        row.end_date,
    )


def find_customer_facts(connection: ExactConnection, customer_id: UUID) -> CustomerFacts | None:
    """This function will return a customer account of the mirror, or None when the mirror does not have it."""
    return find_many_customer_facts(connection, [customer_id]).get(customer_id)


def find_many_customer_facts(
    connection: ExactConnection, customer_ids: Iterable[UUID]
) -> dict[UUID, CustomerFacts]:
    """This function will return the customer accounts of the mirror with these ids, with one query."""
    rows = ExactCustomer.objects.filter(connection=connection, exact_id__in=set(customer_ids))
    return {
        row.exact_id: CustomerFacts(
            row.exact_id,
            row.name,
            row.code,
            row.status,
            not (row.is_blocked or row.is_gone),
            row.email,
        )
        for row in rows
    }

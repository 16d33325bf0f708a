"""Our copies of Exact's lists: which of our rows a list fills, and with what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from connector.tenancy.base import TenantModel
from integrations.exact import (
    accounts,
    cost_lists,
    gl_accounts,
    items,
    journals,
    payment_conditions,
    vat_codes,
)
from integrations.models import (
    CostCenter,
    CostUnit,
    ExactConnection,
    ExactCustomer,
    Item,
    Journal,
    LedgerAccount,
    ListKind,
    PaymentCondition,
    VatCode,
)
from integrations.models.reference import ReferenceModel

_Mirrored = TypeVar("_Mirrored", bound=TenantModel)


def upsert(
    connection: ExactConnection,
    model: type[_Mirrored],
    found: Iterable[tuple[Any, dict[str, Any]]],
) -> None:
    """This function will insert the rows, or update those that are known, by Exact's id; what is seen is not gone."""
    values = dict(found)
    if not values:
        return
    model.objects.bulk_create(
        [
            model(
                organization_id=connection.organization_id,
                connection=connection,
                exact_id=exact_id,
                **fields,
            )
            for exact_id, fields in values.items()
        ],
        update_conflicts=True,
        unique_fields=["connection", "exact_id"],
        update_fields=[*next(iter(values.values())), "is_gone"],
        batch_size=500,
    )


def _common(row: Any) -> dict[str, Any]:
    return {"code": row.code[:20], "description": row.description[:200]}


def _journal(row: journals.Journal) -> dict[str, Any]:
    return _common(row) | {
        "type": row.type,
        "currency": (row.currency or "")[:3],
        "allow_variable_currency": row.allows_any_currency,
        "is_blocked": row.is_blocked,
    }


def _ledger_account(row: gl_accounts.GLAccount) -> dict[str, Any]:
    return _common(row) | {
        "type": row.type,
        "balance_type": (row.balance_type or "")[:1],
        "vat_code": (row.vat_code or "")[:10],
        "use_cost_center": row.use_cost_center,
        "use_cost_unit": row.use_cost_unit,
        "is_blocked": row.is_blocked,
    }


def _vat_code(row: vat_codes.VatCode) -> dict[str, Any]:
    return _common(row) | {
        "percentage": row.percentage or 0,
        "type": (row.type or "")[:1],
        "transaction_type": (row.transaction_type or "")[:1],
        "is_blocked": row.is_blocked,
    }


def _item(row: items.Item) -> dict[str, Any]:
    return {
        "code": row.code[:30],
        "description": row.description[:200],
        "unit": (row.unit or "")[:20],
        "vat_code": (row.sales_vat_code or "")[:10],
        "is_sales_item": row.is_sales_item,
        "start_date": row.start_date,
        "end_date": row.end_date,
    }


def _payment_condition(row: payment_conditions.PaymentCondition) -> dict[str, Any]:
    return _common(row) | {"payment_days": row.days}


def _cost_center(row: cost_lists.CostCenter) -> dict[str, Any]:
    return _common(row) | {"is_blocked": not row.is_active}


def _cost_unit(row: cost_lists.CostUnit) -> dict[str, Any]:
    return _common(row)


MODELS: dict[ListKind, tuple[type[ReferenceModel], Callable[[Any], dict[str, Any]]]] = {
    ListKind.JOURNALS: (Journal, _journal),
    ListKind.LEDGER_ACCOUNTS: (LedgerAccount, _ledger_account),
    ListKind.VAT_CODES: (VatCode, _vat_code),
    ListKind.PAYMENT_CONDITIONS: (PaymentCondition, _payment_condition),
    ListKind.ITEMS: (Item, _item),
    ListKind.COST_CENTERS: (CostCenter, _cost_center),
    ListKind.COST_UNITS: (CostUnit, _cost_unit),
}
"""The lists that are rows of one form, and how those are filled."""


def store_customers(connection: ExactConnection, found: Sequence[accounts.SyncedAccount]) -> None:
    """This function will store a page of customers."""
    # An older page that comes late never overwrites a newer row.
    known = dict(
        ExactCustomer.objects.filter(
            connection=connection, exact_id__in=[row.exact_id for row in found]
        ).values_list("exact_id", "timestamp")
    )
    newest: dict[Any, accounts.SyncedAccount] = {}
    for row in found:
        if row.timestamp >= max(known.get(row.exact_id, 0), _timestamp(newest.get(row.exact_id))):
            newest[row.exact_id] = row
    upsert(connection, ExactCustomer, [(key, _customer(row)) for key, row in newest.items()])


def _timestamp(row: accounts.SyncedAccount | None) -> int:
    return row.timestamp if row else 0


def _customer(row: accounts.SyncedAccount) -> dict[str, Any]:
    return {
        "code": (row.code or "")[:20],
        "name": row.name[:200],
        "vat_number": (row.vat_number or "")[:40],
        "coc_number": (row.chamber_of_commerce or "")[:40],
        "email": row.email[:254],
        "city": row.city[:100],
        "country": (row.country or "")[:2],
        "status": (row.status or "")[:1],
        "is_blocked": row.is_blocked,
        "timestamp": row.timestamp,
    }

"""Reads one list of a division from Exact and stores its rows: what each list is made of, and nothing of when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from connector.tenancy.base import TenantModel
from integrations import history
from integrations.exact import (
    accounts,
    deleted,
    divisions,
    gl_accounts,
    journals,
    payment_conditions,
    rows,
    vat_codes,
)
from integrations.exact.client import ExactClient
from integrations.models import (
    ConnectionState,
    ExactConnection,
    ExactCustomer,
    ExactDivision,
    ExactGrant,
    Journal,
    LedgerAccount,
    ListKind,
    PaymentCondition,
    ReferenceList,
    VatCode,
)
from integrations.models.reference import ReferenceModel

_Mirrored = TypeVar("_Mirrored", bound=TenantModel)


@dataclass(frozen=True, slots=True)
class Read:
    """What one step read. ``cursor`` is Exact's row version for lists that are read on from there."""

    kind: ListKind
    rows: Sequence[Any]
    quarantined: Sequence[str]
    is_last: bool = True
    cursor: int | None = None


# --- From Exact -----------------------------------------------------------------------------------------------------


def read(client: ExactClient, due: ReferenceList) -> Read:
    """This function will read the list, or the next page of it. Raises the errors of `integrations.exact.errors`."""
    kind = ListKind(due.kind)
    if kind == ListKind.CUSTOMERS:
        return _next_page(kind, next(accounts.sync(client, due.cursor)), due.cursor)
    if kind == ListKind.DELETED_CUSTOMERS:
        return _next_page(kind, next(deleted.sync(client, due.cursor)), due.cursor)
    page = _WHOLE[kind](client)
    return Read(kind, page.rows, [one.reason for one in page.quarantined])


def _all_journals(client: ExactClient) -> rows.Page[journals.Journal]:
    return journals.list_journals(client)


_WHOLE: dict[ListKind, Callable[[ExactClient], rows.Page[Any]]] = {
    ListKind.JOURNALS: _all_journals,
    ListKind.LEDGER_ACCOUNTS: gl_accounts.list_gl_accounts,
    ListKind.VAT_CODES: vat_codes.list_vat_codes,
    ListKind.PAYMENT_CONDITIONS: payment_conditions.list_payment_conditions,
    ListKind.DIVISIONS: divisions.list_permitted,
}


def _next_page(kind: ListKind, page: rows.Page[Any], since: int) -> Read:
    cursor = max((int(row.timestamp) for row in page.rows), default=since)
    # A page of rows that all did not fit moves nothing on; reading it for ever would help nobody.
    is_last = page.next is None or cursor == since
    return Read(kind, page.rows, [one.reason for one in page.quarantined], is_last, cursor)


# --- Into our rows --------------------------------------------------------------------------------------------------


def store(connection: ExactConnection, read: Read, *, now: datetime) -> int:
    """This function will store what was read and return how many rows the list has now."""
    match read.kind:
        case ListKind.CUSTOMERS:
            _store_customers(connection, read.rows)
            return ExactCustomer.objects.filter(connection=connection, is_gone=False).count()
        case ListKind.DELETED_CUSTOMERS:
            return _mark_deleted_customers(connection, read.rows)
        case ListKind.DIVISIONS:
            return _store_own_division(connection, read.rows, now)
    model, fields = _MODELS[read.kind]
    _upsert(connection, model, [(row.exact_id, fields(row)) for row in read.rows])
    if not read.quarantined:
        # A row that was left out can not be told from one that is gone.
        gone = model.objects.filter(connection=connection).exclude(
            exact_id__in=[row.exact_id for row in read.rows]
        )
        gone.update(is_gone=True)
    return len(read.rows)


def _upsert(
    connection: ExactConnection,
    model: type[_Mirrored],
    found: Iterable[tuple[Any, dict[str, Any]]],
) -> None:
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


def _payment_condition(row: payment_conditions.PaymentCondition) -> dict[str, Any]:
    return _common(row) | {"payment_days": row.days}


_MODELS: dict[ListKind, tuple[type[ReferenceModel], Callable[[Any], dict[str, Any]]]] = {
    ListKind.JOURNALS: (Journal, _journal),
    ListKind.LEDGER_ACCOUNTS: (LedgerAccount, _ledger_account),
    ListKind.VAT_CODES: (VatCode, _vat_code),
    ListKind.PAYMENT_CONDITIONS: (PaymentCondition, _payment_condition),
}


def _store_customers(connection: ExactConnection, found: Sequence[accounts.SyncedAccount]) -> None:
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
    _upsert(connection, ExactCustomer, [(key, _customer(row)) for key, row in newest.items()])


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


def _mark_deleted_customers(
    connection: ExactConnection, found: Sequence[deleted.DeletedRow]
) -> int:
    gone = [row.entity_key for row in found if row.entity_type == deleted.ACCOUNTS]
    ExactCustomer.objects.filter(connection=connection, exact_id__in=gone).update(is_gone=True)
    return ExactCustomer.objects.filter(connection=connection, is_gone=True).count()


# --- The connection's own division ----------------------------------------------------------------------------------


def store_divisions(grant: ExactGrant, found: Iterable[divisions.PermittedDivision]) -> None:
    """This function will keep what the Exact user may open; a division that is gone stays, marked as not usable."""
    seen = []
    for row in found:
        seen.append(row.code)
        ExactDivision.objects.update_or_create(
            grant=grant,
            code=row.code,
            defaults={
                "name": (row.description or row.customer_name or str(row.code))[:200],
                "country": (row.country or "")[:2],
                "vat_number": (row.vat_number or "")[:40],
                "currency": (row.currency or "")[:3],
                "is_usable": row.is_usable,
            },
        )
    ExactDivision.objects.filter(grant=grant).exclude(code__in=seen).update(is_usable=False)


def _store_own_division(
    connection: ExactConnection, found: Sequence[divisions.PermittedDivision], now: datetime
) -> int:
    if connection.grant is not None:
        store_divisions(connection.grant, found)
    own = next((row for row in found if row.code == connection.division), None)
    where = f"{connection.division_name} ({connection.division})"
    if own is None:
        note_division_unusable(
            connection,
            f"The Exact user who connected can not open {where} any more. "
            "Ask for the right in Exact, or reconnect as somebody who has it.",
            now=now,
        )
    elif not own.is_usable:
        note_division_unusable(
            connection,
            f"{where} is archived or blocked in Exact. Make it active there, or disconnect it here.",
            now=now,
        )
    else:
        _note_division_usable(connection, now=now)
    return len(found)


def note_division_unusable(connection: ExactConnection, sentence: str, *, now: datetime) -> None:
    """This function will hold the connection, once, until its division can be opened again."""
    if connection.state != ConnectionState.READY:
        return
    connection.state = ConnectionState.NEEDS_ATTENTION
    connection.state_reason = sentence[:300]
    connection.save(update_fields=["state", "state_reason"])
    history.note(connection=connection, kind="division_unusable", sentence=sentence, now=now)


def _note_division_usable(connection: ExactConnection, *, now: datetime) -> None:
    if connection.state != ConnectionState.NEEDS_ATTENTION:
        return
    last = connection.events.filter(kind__startswith="division_").first()
    if last is None or last.kind != "division_unusable":
        return
    connection.state = ConnectionState.READY
    connection.state_reason = ""
    connection.save(update_fields=["state", "state_reason"])
    history.note(
        connection=connection,
        kind="division_usable",
        sentence="The division can be opened in Exact again.",
        now=now,
    )

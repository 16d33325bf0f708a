"""Reads one list of a division from Exact and stores its rows: what each list is made of, and nothing of when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations import mirrors, own_division
from integrations.exact import (
    accounts,
    cost_lists,
    deleted,
    divisions,
    endpoints,
    gl_accounts,
    items,
    journals,
    payment_conditions,
    rights,
    rows,
    vat_codes,
)
from integrations.exact.client import ExactClient
from integrations.models import (
    ExactConnection,
    ExactCustomer,
    Item,
    LedgerAccount,
    ListKind,
    Route,
)
from integrations.models.reference import ReferenceModel

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Start:
    """Where one step begins to read. ``since`` zero reads the whole list; ``next_page`` goes on with it."""

    kind: ListKind
    route: str = Route.BOOKING
    since: int = 0
    next_page: str = ""

    @property
    def begins_anew(self) -> bool:
        """Whether what was read before counts no more."""
        return not (self.since or self.next_page)


@dataclass(frozen=True, slots=True)
class Read:
    """What one step read. ``cursor`` and ``next_page`` are where the next one begins; None leaves the cursor.

    ``is_whole``: the rows are all there is, so others are gone. ``begins_anew``: the first page of all there is.
    """

    kind: ListKind
    rows: Sequence[Any]
    quarantined: Sequence[str]
    is_last: bool = True
    cursor: int | None = None
    next_page: str = ""
    is_whole: bool = True
    begins_anew: bool = False


# --- From Exact -----------------------------------------------------------------------------------------------------


def read(client: ExactClient, start: Start) -> Read:
    """This function will read the list, or the next page of it. Raises the errors of `integrations.exact.errors`."""
    return _READ[start.kind](client, start)


def _all_of(page: rows.Page[Any], kind: ListKind) -> Read:
    return Read(kind, page.rows, _reasons(page))


def _read_journals(client: ExactClient, start: Start) -> Read:
    return _all_of(journals.list_journals(client), start.kind)


def _read_vat_codes(client: ExactClient, start: Start) -> Read:
    return _all_of(vat_codes.list_vat_codes(client), start.kind)


def _read_payment_conditions(client: ExactClient, start: Start) -> Read:
    return _all_of(payment_conditions.list_payment_conditions(client), start.kind)


def _read_cost_centers(client: ExactClient, start: Start) -> Read:
    return _all_of(cost_lists.list_cost_centers(client), start.kind)


def _read_cost_units(client: ExactClient, start: Start) -> Read:
    return _all_of(cost_lists.list_cost_units(client), start.kind)


def _read_divisions(client: ExactClient, start: Start) -> Read:
    return _all_of(divisions.list_permitted(client), start.kind)


def _read_ledger_accounts(client: ExactClient, start: Start) -> Read:
    page = gl_accounts.list_gl_accounts(client, modified_since=_moment(start.since))
    return Read(
        start.kind,
        page.rows,
        _reasons(page),
        cursor=_newest_change(page, start.since),
        is_whole=start.begins_anew,
    )


def _read_items(client: ExactClient, start: Start) -> Read:
    """One page: a division may have tens of thousands, and many of them changed in the same moment."""
    page = next(
        items.list_items(client, modified_since=_moment(start.since), start=start.next_page)
    )
    return Read(
        start.kind,
        page.rows,
        _reasons(page),
        is_last=page.next is None,
        cursor=_newest_change(page, start.since),
        next_page=page.next or "",
        is_whole=False,
        begins_anew=start.begins_anew,
    )


def _read_customers(client: ExactClient, start: Start) -> Read:
    return _next_page(next(accounts.sync(client, start.since)), start)


def _read_deleted(client: ExactClient, start: Start) -> Read:
    return _next_page(next(deleted.sync(client, start.since)), start)


_DOCUMENTS: Mapping[str, str] = {
    Route.BOOKING: endpoints.SALES_ENTRIES,
    Route.EXACT_INVOICE: endpoints.SALES_INVOICES,
}


def _read_rights(client: ExactClient, start: Start) -> Read:
    rights.check_readable(client, _DOCUMENTS[start.route])
    return Read(start.kind, [], [])


_READ: Mapping[ListKind, Callable[[ExactClient, Start], Read]] = {
    ListKind.JOURNALS: _read_journals,
    ListKind.LEDGER_ACCOUNTS: _read_ledger_accounts,
    ListKind.VAT_CODES: _read_vat_codes,
    ListKind.PAYMENT_CONDITIONS: _read_payment_conditions,
    ListKind.ITEMS: _read_items,
    ListKind.COST_CENTERS: _read_cost_centers,
    ListKind.COST_UNITS: _read_cost_units,
    ListKind.RIGHTS: _read_rights,
    ListKind.CUSTOMERS: _read_customers,
    ListKind.DELETED_CUSTOMERS: _read_deleted,
    ListKind.DIVISIONS: _read_divisions,
}


def _next_page(page: rows.Page[Any], start: Start) -> Read:
    cursor = max((int(row.timestamp) for row in page.rows), default=start.since)
    # A page of rows that all did not fit moves nothing on; reading it for ever would help nobody.
    is_last = page.next is None or cursor == start.since
    return Read(start.kind, page.rows, _reasons(page), is_last, cursor, is_whole=False)


def _newest_change(page: rows.Page[Any], since: int) -> int:
    # A change in the future would hide all that come before it; that row is merely read again.
    latest = datetime.now(UTC) + timedelta(days=1)
    changed = (row.modified_at for row in page.rows if row.modified_at)
    return max(((at - _EPOCH) // _MILLISECOND for at in changed if at < latest), default=since)


def _moment(milliseconds: int) -> datetime | None:
    return _EPOCH + timedelta(milliseconds=milliseconds) if milliseconds else None


def _reasons(page: rows.Page[Any]) -> list[str]:
    return [one.reason for one in page.quarantined]


# --- Into our rows --------------------------------------------------------------------------------------------------

_DELETED: Mapping[int, type[ReferenceModel] | type[ExactCustomer]] = {
    deleted.ACCOUNTS: ExactCustomer,
    deleted.GL_ACCOUNTS: LedgerAccount,
    deleted.ITEMS: Item,
}


def store(connection: ExactConnection, read: Read, *, now: datetime) -> int:
    """This function will store what was read and return how many rows the list has now."""
    match read.kind:
        case ListKind.CUSTOMERS:
            mirrors.store_customers(connection, read.rows)
            return ExactCustomer.objects.filter(connection=connection, is_gone=False).count()
        case ListKind.DELETED_CUSTOMERS:
            return _mark_deleted(connection, read.rows)
        case ListKind.DIVISIONS:
            is_whole = not read.quarantined
            return own_division.store_own_division(connection, read.rows, now, is_whole=is_whole)
        case ListKind.RIGHTS:
            return 0
    return _store_rows(connection, read)


def _store_rows(connection: ExactConnection, read: Read) -> int:
    model, fields = mirrors.MODELS[read.kind]
    known = model.objects.filter(connection=connection)
    if read.begins_anew:
        # Each row that comes is there again; what does not come has gone.
        known.update(is_gone=True)
    mirrors.upsert(connection, model, [(row.exact_id, fields(row)) for row in read.rows])
    if read.is_whole and not read.quarantined:
        # A row that was left out can not be told from one that is gone.
        known.exclude(exact_id__in=[row.exact_id for row in read.rows]).update(is_gone=True)
    return known.filter(is_gone=False).count()


def _mark_deleted(connection: ExactConnection, found: Sequence[deleted.DeletedRow]) -> int:
    for entity_type, model in _DELETED.items():
        gone = [row.entity_key for row in found if row.entity_type == entity_type]
        model.objects.filter(connection=connection, exact_id__in=gone).update(is_gone=True)
    return len(found)

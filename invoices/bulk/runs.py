"""What a person does with many invoices: choose them, let them be copied, stop that, try again. A few statements each.

The copies themselves are asked for and given up by `copy_bulk`, and asked for again in `again.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from connector.tenancy.models import Organization, User
from invoices import copy_bulk
from invoices.bulk.reading import item_rows
from invoices.bulk.ways import find_ways, usual_choices
from invoices.models import BulkCopy, BulkCopyItem, Invoice
from invoices.queries import InvoiceFilter, matching

MOST = 10_000
_FORGOTTEN_AFTER = timedelta(days=1)


def selected(*, ids: Iterable[int] = (), chosen: InvoiceFilter | None = None) -> QuerySet[Any, int]:
    """This function will return the ids that a selection means: these invoices, or with `chosen` all that match; `MOST` at most."""
    rows = matching(chosen) if chosen is not None else Invoice.objects.filter(pk__in=list(ids))
    newest: QuerySet[Any, int] = rows.order_by("-invoice_date", "-id").values_list("pk", flat=True)
    return newest[:MOST]


def choose(
    *,
    organization: Organization,
    user: User,
    now: datetime,
    ids: Iterable[int] = (),
    chosen: InvoiceFilter | None = None,
) -> BulkCopy | None:
    """This function will keep a selection: these invoices, or with `chosen` all that match; None when there is none.

    Ids of others are not found. At most `MOST`, the newest first. Selections that nobody went on with are tidied away.
    """
    found = list(selected(ids=ids, chosen=chosen))
    if not found:
        return None
    BulkCopy.objects.filter(started_at=None, created_at__lt=now - _FORGOTTEN_AFTER).delete()
    bulk = BulkCopy.objects.create(created_by=user, created_at=now)
    BulkCopyItem.objects.bulk_create(
        BulkCopyItem(organization_id=organization.pk, bulk=bulk, invoice_id=invoice_id)
        for invoice_id in found
    )
    return bulk


def start(bulk: BulkCopy, *, user: User, now: datetime) -> int:
    """This function will ask for a copy of each invoice that can have one, and return how many; a second time is nothing.

    Why an invoice was left out is kept with it.
    """
    locked = BulkCopy.objects.select_for_update().get(pk=bulk.pk)
    if locked.started_at is not None:
        return 0
    ways = find_ways(bulk)
    left_out = {ways.why_not: list(ways.unconnected)} if ways.unconnected else {}
    count = 0
    for connection, invoice_ids in ways.through:
        asked = copy_bulk.request_copies(
            invoice_ids=invoice_ids,
            connection=connection,
            choices=usual_choices(connection),
            user=user,
            now=now,
        )
        count += asked.count
        for invoice_id, reason in asked.refused.items():
            left_out.setdefault(reason, []).append(invoice_id)
    for reason, ids in left_out.items():
        bulk.items.filter(invoice_id__in=ids).update(left_out=reason)
    BulkCopy.objects.filter(pk=bulk.pk).update(started_at=now, created_by=user)
    return count


def stop(bulk: BulkCopy, *, user: User, now: datetime) -> int:
    """This function will give up what still waits, and return how many; what Exact has, or is getting, goes on."""
    ids = item_rows(bulk).filter(left_out="").values_list("invoice_id", flat=True)
    count = copy_bulk.cancel_copies(invoice_ids=list(ids), user=user, now=now)
    BulkCopy.objects.filter(pk=bulk.pk).update(stopped_at=now)
    return count

"""Receivables in bulk: payment terms as they are now, by date or status, without a row version.

For a first reading and for comparing; changes come from `payment_terms` and deletions from `deleted`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

from integrations.exact import endpoints, odata
from integrations.exact.client import ExactClient
from integrations.exact.payment_terms import MATCHED, Term
from integrations.exact.rows import Page

# One address holds this many ids with room to spare.
IDS_A_CALL = 30
ROWS_A_CALL = 1_000


class Receivable(Term):
    """One receivable, which is the payment term with the same id."""


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=BulkCashflowReceivables
def list_since(
    client: ExactClient, first: date, *, before: date | None = None, start: str = ""
) -> Iterator[Page[Receivable]]:
    """Yield all receivables of invoices dated from ``first`` to the day ``before``, 1,000 a page.

    ``start`` goes on with the address of a next page that was given earlier.
    """
    return _list(client, odata.ge("InvoiceDate", first), before, start)


def list_open(
    client: ExactClient,
    *,
    first: date | None = None,
    before: date | None = None,
    start: str = "",
) -> Iterator[Page[Receivable]]:
    """Yield what is not matched now, of invoices in the given span of days, 1,000 a page; ``start`` as in `list_since`."""
    wanted = odata.lt("Status", MATCHED)
    if first is not None:
        wanted = wanted & odata.ge("InvoiceDate", first)
    return _list(client, wanted, before, start)


def list_by_id(client: ExactClient, ids: Sequence[UUID]) -> Page[Receivable]:
    """Return those of up to `IDS_A_CALL` receivables that Exact has."""
    wanted = odata.any_of(odata.eq("ID", one) for one in ids)
    return client.every(endpoints.RECEIVABLES_BULK, Receivable, query={"$filter": wanted.text})


def _list(
    client: ExactClient, wanted: odata.Filter, before: date | None, start: str
) -> Iterator[Page[Receivable]]:
    if before is not None:
        wanted = wanted & odata.lt("InvoiceDate", before)
    return client.pages(
        endpoints.RECEIVABLES_BULK, Receivable, query={"$filter": wanted.text}, start=start
    )

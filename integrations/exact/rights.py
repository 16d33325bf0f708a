"""Whether the Exact user and the app's permissions reach a resource: asked by reading a single row of it."""

from __future__ import annotations

from integrations.exact import endpoints, odata
from integrations.exact.client import ExactClient
from integrations.exact.errors import UnexpectedAnswer

_KEYS = {endpoints.SALES_ENTRIES: "EntryID", endpoints.SALES_INVOICES: "InvoiceID"}


# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntries
# https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
def check_readable(client: ExactClient, path: str) -> None:
    """Read one key of `endpoints.SALES_ENTRIES` or `endpoints.SALES_INVOICES`.

    This function will raise `Forbidden` when the app's scope or the user's right is missing. Being allowed to read
    is no proof of being allowed to write: Exact gives the two apart, and only a write would tell.
    """
    document = client.request("GET", path, query={"$select": _KEYS[path], "$top": "1"})
    try:
        odata.unwrap_page(document)
    except odata.NotUnderstood as error:
        raise UnexpectedAnswer(str(error), path=path) from error

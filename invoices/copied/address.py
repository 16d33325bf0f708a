"""Where a document opens in Exact's own screens. Exact documents no such address, so an operator says what it looks like.

`EXACT_ENTRY_URL` (docs/operations.md) is checked when the program starts; without it nothing offers to open Exact.
"""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings

from integrations.sessions import base_url_for
from invoices.models import PostedDocument


def address_of(document: PostedDocument) -> str:
    """This function will return the address of the document's entry in Exact; empty when none can be told."""
    entry_id = document.entry_exact_id
    if not settings.EXACT_ENTRY_URL or entry_id is None:
        return ""
    connection = document.connection
    address: str = settings.EXACT_ENTRY_URL.format(
        exact=base_url_for(connection.country),
        division=quote(str(connection.division or "")),
        entry_id=quote(str(entry_id)),
        entry_number=quote(str(document.entry_number or "")),
        journal=quote(document.journal_code, safe=""),
    )
    return address

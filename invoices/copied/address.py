"""Where a document opens in Exact's own screens. Exact documents no such address, so an operator says what it looks like.

`EXACT_ENTRY_URL` (docs/operations.md) is checked when the program starts; without it nothing offers to open Exact.
"""

from __future__ import annotations

from string import Formatter
from urllib.parse import quote
from uuid import UUID

from django.conf import settings

from integrations.models import ExactConnection
from integrations.sessions import base_url_for
from invoices.models import PostedDocument


def address_of(document: PostedDocument) -> str:
    """This function will return the address of the document's entry in Exact; empty when none can be told."""
    entry_id = document.entry_exact_id
    if not settings.EXACT_ENTRY_URL or entry_id is None:
        return ""
    return _fill(
        document.connection,
        entry_id=entry_id,
        entry_number=str(document.entry_number or ""),
        journal=document.journal_code,
    )


def entry_address(connection: ExactConnection, entry_id: UUID) -> str:
    """This function will return the address of an entry of which only the id is known; empty when that is not enough."""
    template: str = settings.EXACT_ENTRY_URL
    asked = {name for _text, name, _spec, _conversion in Formatter().parse(template)}
    if not template or asked & {"entry_number", "journal"}:
        return ""
    return _fill(connection, entry_id=entry_id, entry_number="", journal="")


def _fill(connection: ExactConnection, *, entry_id: UUID, entry_number: str, journal: str) -> str:
    address: str = settings.EXACT_ENTRY_URL.format(
        exact=base_url_for(connection.country),
        division=quote(str(connection.division or "")),
        entry_id=quote(str(entry_id)),
        entry_number=quote(entry_number),
        journal=quote(journal, safe=""),
    )
    return address

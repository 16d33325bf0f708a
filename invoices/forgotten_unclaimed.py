"""Documents that a restored database has forgotten and that no invoice has claimed: told to whoever runs the connector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from connector.tenancy.scope import tenant_transaction
from connector.tenancy.totals import list_where
from invoices.connection_health import forgotten
from invoices.models import ForgottenDocument

_SOME = "EXISTS (SELECT 1 FROM invoices_forgottendocument WHERE settled_at IS NULL)"


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """One of them. The amount is as Exact booked it, including VAT, without its sign."""

    organization_id: int
    connection: str
    exact_id: UUID
    your_ref: str
    document_date: date | None
    gross_amount: Decimal


def list_unclaimed(organization_ids: Iterable[int]) -> Iterator[Unclaimed]:
    """This function will return them, organization by organization."""
    for organization_id in list_where(list(organization_ids), _SOME):
        with tenant_transaction(organization_id):
            rows = ForgottenDocument.objects.filter(settled_at=None).select_related("connection")
            found = [
                Unclaimed(
                    organization_id,
                    row.connection.name,
                    row.exact_id,
                    row.your_ref,
                    row.document_date,
                    row.gross_amount,
                )
                for row in rows.order_by("connection", "id")
            ]
        yield from found


def dismiss(organization_ids: Iterable[int], exact_id: UUID, *, now: datetime) -> int:
    """This function will dismiss a document as an admin's *Not ours* does; it returns for how many connections."""
    count = 0
    for organization_id in list_where(list(organization_ids), _SOME):
        with tenant_transaction(organization_id):
            rows = ForgottenDocument.objects.filter(exact_id=exact_id, settled_at=None)
            for row in rows.select_related("connection").order_by("id"):
                done = forgotten.dismiss(row, row.connection, user=None, now=now)
                count += done is not None
    return count

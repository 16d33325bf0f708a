"""Facts of a document in Exact that its payments are shown with: what is in collection, and the books' own currency.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowReceivables
"""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from integrations.models import ExactConnection, ExactDivision
from invoices.models import PostedDocument
from payments.models import ReceivableTerm, TermStatus


def read_collecting_amount(document: PostedDocument) -> Decimal:
    """This function will return what is on its way by direct debit and not certain yet.

    The amount is absolute and in the document's currency.
    """
    found = ReceivableTerm.objects.filter(
        connection=document.connection_id,
        entry_exact_id=document.entry_exact_id,
        deleted_at__isnull=True,
        status__in=[TermStatus.SELECTED, TermStatus.PROCESSED],
    ).aggregate(total=Sum("amount"))
    amount: Decimal | None = found["total"]
    return amount or Decimal(0)


def find_division_currency(connection: ExactConnection) -> str:
    """This function will return the currency in which the connection's division keeps its books; empty when unknown."""
    if connection.division is None:
        return ""
    currency = (
        ExactDivision.objects.filter(grant=connection.grant_id, code=connection.division)
        .values_list("currency", flat=True)
        .first()
    )
    return currency or ""

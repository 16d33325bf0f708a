"""What screens read about connections and their mirrored lists. Nothing here calls Exact."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from integrations.models import (
    ConnectionState,
    ExactConnection,
    ExactCustomer,
    Journal,
    LedgerAccount,
    ServiceType,
    Subsidiary,
    TaxRate,
    VatCode,
)

_PURCHASE_ONLY = "P"
SEARCH_LIMIT = 20


def list_connections() -> QuerySet[ExactConnection]:
    """This function will return the organization's connections with what their rows on a screen need."""
    return ExactConnection.objects.select_related("subsidiary", "grant", "connected_by").order_by(
        "name", "id"
    )


def find_connection_for(subsidiary: Subsidiary) -> ExactConnection | None:
    """This function will return the connection that an invoice of this subsidiary goes through, or None."""
    return (
        list_connections()
        .filter(
            subsidiary=subsidiary,
            state__in=[ConnectionState.READY, ConnectionState.NEEDS_ATTENTION],
        )
        .first()
    )


def list_active_subsidiaries() -> QuerySet[Subsidiary]:
    """This function will return the subsidiaries that are not archived."""
    return Subsidiary.objects.filter(archived_at=None).order_by("name", "id")


def list_active_service_types() -> QuerySet[ServiceType]:
    """This function will return the service types that are not archived."""
    return ServiceType.objects.filter(archived_at=None).order_by("name", "id")


def list_active_tax_rates() -> QuerySet[TaxRate]:
    """This function will return the tax rates that are not archived, lowest first."""
    return TaxRate.objects.filter(archived_at=None).order_by("percentage", "name", "id")


def list_usable_sales_journals(connection: ExactConnection) -> QuerySet[Journal]:
    """This function will return the sales journals that may be booked in, by code."""
    return Journal.objects.filter(
        connection=connection, type=Journal.SALES, is_blocked=False, is_gone=False
    ).order_by("code", "id")


def list_revenue_ledgers(connection: ExactConnection) -> QuerySet[LedgerAccount]:
    """This function will return the ledger accounts that sales lines may be booked on, by code."""
    return LedgerAccount.objects.filter(
        connection=connection, type=LedgerAccount.REVENUE, is_blocked=False, is_gone=False
    ).order_by("code", "id")


def list_vat_codes(connection: ExactConnection) -> QuerySet[VatCode]:
    """This function will return the VAT codes that sales may use, by code."""
    return (
        VatCode.objects.filter(connection=connection, is_blocked=False, is_gone=False)
        .exclude(transaction_type=_PURCHASE_ONLY)
        .order_by("code", "id")
    )


def search_customers(
    connection: ExactConnection, text: str, limit: int = SEARCH_LIMIT
) -> list[ExactCustomer]:
    """This function will find customers by name, code or VAT number, whatever the case: best first.

    The exact code comes first, then names that begin with the text, then names that hold it. Blocked customers and
    those removed in Exact are left out. An empty text gives the first customers by name.
    """
    rows = ExactCustomer.objects.filter(connection=connection, is_gone=False, is_blocked=False)
    words = text.split()
    if not words:
        return list(rows.order_by("name", "id")[:limit])
    wanted = " ".join(words)
    compact = "".join(character for character in wanted if character.isalnum())
    found = Q(code__iexact=wanted) | Q(code__istartswith=wanted)
    if compact:
        found |= Q(vat_number__icontains=compact)
    every_word = Q()
    for word in words:
        every_word &= Q(name__icontains=word)
    rank = Case(
        When(code__iexact=wanted, then=Value(0)),
        When(name__istartswith=wanted, then=Value(1)),
        When(code__istartswith=wanted, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return list(rows.filter(found | every_word).order_by(rank, "name", "id")[:limit])

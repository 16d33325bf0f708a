"""What screens read about connections and their mirrored lists. Nothing here calls Exact."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Trim, Upper

from integrations.models import (
    ConnectionState,
    CostCenter,
    CostUnit,
    ExactConnection,
    ExactCustomer,
    Item,
    Journal,
    LedgerAccount,
    PaymentCondition,
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


def list_mappable_connections() -> QuerySet[ExactConnection]:
    """This function will return the connections that have a division, and with it lists to map to."""
    return (
        list_connections()
        .filter(division__isnull=False)
        .exclude(state=ConnectionState.DISCONNECTED)
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


def list_payment_conditions(connection: ExactConnection) -> QuerySet[PaymentCondition]:
    """This function will return the payment conditions that invoices may carry, by code."""
    return PaymentCondition.objects.filter(
        connection=connection, is_blocked=False, is_gone=False
    ).order_by("code", "id")


def list_cost_centers(connection: ExactConnection) -> QuerySet[CostCenter]:
    """This function will return the cost centers that lines may be given, by code."""
    return CostCenter.objects.filter(
        connection=connection, is_blocked=False, is_gone=False
    ).order_by("code", "id")


def list_cost_units(connection: ExactConnection) -> QuerySet[CostUnit]:
    """This function will return the cost units that lines may be given, by code."""
    return CostUnit.objects.filter(connection=connection, is_blocked=False, is_gone=False).order_by(
        "code", "id"
    )


def list_sold_items(connection: ExactConnection, day: date | None = None) -> QuerySet[Item]:
    """This function will return the items that can be sold, on that day or on any, by code."""
    rows = Item.objects.filter(
        connection=connection, is_sales_item=True, is_blocked=False, is_gone=False
    )
    if day is not None:
        rows = rows.filter(
            Q(start_date=None) | Q(start_date__lte=day), Q(end_date=None) | Q(end_date__gte=day)
        )
    return rows.order_by("code", "id")


def search_items(
    connection: ExactConnection, text: str, *, day: date | None = None, limit: int = SEARCH_LIMIT
) -> list[Item]:
    """This function will find items that can be sold by code or description, whatever the case: best first.

    The exact code comes first, then codes that begin with the text, then descriptions that hold every word.
    """
    rows = list_sold_items(connection, day)
    words = text.split()
    if not words:
        return list(rows[:limit])
    wanted = " ".join(words)
    every_word = Q()
    for word in words:
        every_word &= Q(description__icontains=word) | Q(code__icontains=word)
    rank = Case(
        When(code__iexact=wanted, then=Value(0)),
        When(code__istartswith=wanted, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return list(rows.filter(every_word).order_by(rank, "code", "id")[:limit])


def find_item(connection: ExactConnection, exact_id: UUID) -> Item | None:
    """This function will return an item of the mirror by Exact's id, also one that is gone; None when it is unknown."""
    return Item.objects.filter(connection=connection, exact_id=exact_id).first()


def find_items_by_code(connection: ExactConnection, codes: Iterable[str]) -> dict[str, Item]:
    """This function will return items by their codes in capitals; of several with one code, one that can be sold."""
    wanted = {code.strip().upper() for code in codes}
    rows = Item.objects.filter(connection=connection).annotate(upper_code=Upper("code"))
    found = rows.filter(upper_code__in=wanted).order_by("-is_gone", "is_sales_item", "id")
    return {row.code.upper(): row for row in found}


def find_items_called(connection: ExactConnection, names: Iterable[str]) -> list[Item]:
    """This function will return the items that can be sold and whose description is one of the names, whatever the case."""
    wanted = {name.strip().upper() for name in names} - {""}
    rows = list_sold_items(connection).annotate(upper_description=Upper(Trim("description")))
    return list(rows.filter(upper_description__in=wanted))


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

"""What open invoices of a connection use and no rule covers: found for its pages, and stored when a person accepts it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from connector.tenancy.models import User
from integrations import hooks, queries, setting_changes
from integrations.mappings.facts import ConnectionFacts
from integrations.mappings.open_lines import OpenInvoices
from integrations.mappings.reading import item_facts, read_facts
from integrations.mappings.situations import Situation
from integrations.mappings.suggestions import About, Named, Suggestion, suggest
from integrations.models import (
    ExactConnection,
    Route,
    ServiceTypeItem,
    ServiceTypeLedger,
    TaxRateVatCode,
)


def find(
    connection: ExactConnection, facts: ConnectionFacts, opened: OpenInvoices
) -> list[Suggestion]:
    """This function will list what open invoices use and no rule covers, in at most three queries."""
    if not opened.total:
        return []
    types = [Named(row.pk, row.name) for row in queries.list_active_service_types()]
    is_sold = facts.route == Route.EXACT_INVOICE
    items = queries.find_items_called(connection, [row.name for row in types]) if is_sold else []
    return suggest(
        facts,
        opened,
        tax_rates=[
            Named(row.pk, row.name, row.percentage) for row in queries.list_active_tax_rates()
        ],
        service_types=types,
        items=[item_facts(row) for row in items],
    )


def uncovered(connection: ExactConnection) -> list[Suggestion]:
    """This function will list the same for a page that has read nothing of it yet."""
    opened = hooks.read_open_invoices(connection)
    return find(connection, read_facts(connection), opened) if opened.total else []


def accept(
    connection: ExactConnection,
    facts: ConnectionFacts,
    suggestion: Suggestion,
    *,
    user: User,
    now: datetime,
) -> None:
    """This function will store what is proposed as a rule of the connection, and note who did (UTC).

    Raises ValueError when nothing is proposed.
    """
    if not suggestion.proposed or suggestion.situation != Situation.DOMESTIC:
        raise ValueError("Nothing is proposed.")
    if suggestion.about == About.TAX_RATE:
        TaxRateVatCode.objects.update_or_create(
            connection=connection,
            tax_rate_id=suggestion.pk,
            defaults={"vat_code": suggestion.proposed},
        )
        setting_changes.note(connection, [_("VAT codes")], user=user, now=now)
        return
    if facts.route == Route.BOOKING:
        ServiceTypeLedger.objects.update_or_create(
            connection=connection,
            service_type_id=suggestion.pk,
            defaults={"ledger_exact_id": suggestion.proposed},
        )
    else:
        item = queries.find_items_by_code(connection, [suggestion.proposed])
        ServiceTypeItem.objects.update_or_create(
            connection=connection,
            service_type_id=suggestion.pk,
            defaults={"item_exact_id": item[suggestion.proposed.upper()].exact_id},
        )
    setting_changes.note(connection, [_("service types")], user=user, now=now)

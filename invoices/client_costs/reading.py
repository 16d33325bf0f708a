"""The cost centers and units of clients, as `integrations.mappings.costs` takes them."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.mappings.costs import NO_CLIENT_COSTS, ClientCosts
from integrations.mappings.facts import ConnectionFacts, Costs
from integrations.models import ExactConnection
from invoices.models import ClientCost, Invoice


def read_many(
    facts: ConnectionFacts, connection: ExactConnection, client_ids: Iterable[int]
) -> dict[int, ClientCosts]:
    """This function will return the rules of clients in one query; nothing is asked while the connection uses none."""
    if not facts.use_costs:
        return {}
    rules = ClientCost.objects.filter(connection=connection, client_id__in=set(client_ids))
    return {
        row.client_id: ClientCosts(row.client.name, Costs(row.cost_center, row.cost_unit))
        for row in rules.select_related("client")
    }


def read(facts: ConnectionFacts, connection: ExactConnection, invoice: Invoice) -> ClientCosts:
    """This function will return the rule of the invoice's client; nothing is asked while the connection uses none."""
    found = read_many(facts, connection, [invoice.client_id])
    return found.get(invoice.client_id, NO_CLIENT_COSTS)

"""The cost centers and units of clients, as `integrations.mappings.costs` takes them."""

from __future__ import annotations

from integrations.mappings.costs import NO_CLIENT_COSTS, ClientCosts
from integrations.mappings.facts import ConnectionFacts, Costs
from integrations.models import ExactConnection
from invoices.models import ClientCost, Invoice


def read(facts: ConnectionFacts, connection: ExactConnection, invoice: Invoice) -> ClientCosts:
    """This function will return the rule of the invoice's client; nothing is asked while the connection uses none."""
    if not facts.use_costs:
        return NO_CLIENT_COSTS
    rule = ClientCost.objects.filter(connection=connection, client_id=invoice.client_id).first()
    if rule is None:
        return NO_CLIENT_COSTS
    return ClientCosts(invoice.client.name, Costs(rule.cost_center, rule.cost_unit))

"""Reads and stores the rules of clients for the admin's page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from connector.tenancy.models import User
from integrations import setting_changes
from integrations.mappings.facts import NO_COSTS, Costs
from integrations.models import ExactConnection
from invoices import open_invoices
from invoices.models import Client, ClientCost

FOUND_AT_MOST = 20


def stored(connection: ExactConnection) -> dict[int, Costs]:
    """This function will return the rules of the connection by client."""
    return {
        row.client_id: Costs(row.cost_center, row.cost_unit)
        for row in ClientCost.objects.filter(connection=connection)
    }


def clients_to_show(with_rules: Iterable[int], shown: Iterable[int], text: str) -> list[Client]:
    """This function will return the clients with a rule, those that are on the page already, and those whose name has the text."""
    found = (
        Client.objects.filter(name__icontains=text).order_by("name", "id")[:FOUND_AT_MOST]
        if text
        else ()
    )
    ids = {*with_rules, *shown, *(client.pk for client in found)}
    return list(Client.objects.filter(pk__in=ids).order_by("name", "id"))


def count_open(connection: ExactConnection, client_ids: Iterable[int]) -> dict[int, int]:
    """This function will return how many open invoices each of the clients has, in one query."""
    rows = open_invoices.list_open(connection).filter(client_id__in=list(client_ids)).order_by()
    return dict(rows.values_list("client_id").annotate(count=Count("pk")))


def save(
    connection: ExactConnection, changes: Mapping[int, Costs], *, user: User, now: datetime
) -> None:
    """This function will store the rules that changed, and note who did (UTC). An empty one is removed."""
    gone = [pk for pk, costs in changes.items() if costs == NO_COSTS]
    ClientCost.objects.filter(connection=connection, client_id__in=gone).delete()
    for client_id, costs in changes.items():
        if costs != NO_COSTS:
            ClientCost.objects.update_or_create(
                connection=connection,
                client_id=client_id,
                defaults={"cost_center": costs.center, "cost_unit": costs.unit},
            )
    if changes:
        setting_changes.note(
            connection, [_("cost centers and units of clients")], user=user, now=now
        )

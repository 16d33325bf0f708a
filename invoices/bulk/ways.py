"""Through which connection each invoice of a bulk copy goes, and with which choices: the same before the start as at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from connector.sentences import sentence
from integrations import queries
from integrations.models import ConnectionState, ExactConnection
from invoices.copy_choices import CopyChoices
from invoices.models import BulkCopy

_NO_CONNECTION = gettext_noop("Its subsidiary has no working connection to Exact.")


@dataclass(frozen=True, slots=True)
class Ways:
    """The invoices' ids by the connection that they go through; `unconnected` are those that go through none."""

    through: Sequence[tuple[ExactConnection, Sequence[int]]]
    unconnected: Sequence[int]

    @property
    def why_not(self) -> str:
        """Why the unconnected ones are left out."""
        return sentence(_NO_CONNECTION)


def find_ways(bulk: BulkCopy) -> Ways:
    """This function will find the connection of each chosen invoice, with two queries."""
    connections = connections_by_subsidiary()
    through: dict[int, list[int]] = {}
    unconnected = []
    for invoice_id, subsidiary_id in bulk.items.values_list("invoice_id", "invoice__subsidiary_id"):
        if subsidiary_id in connections:
            through.setdefault(subsidiary_id, []).append(invoice_id)
        else:
            unconnected.append(invoice_id)
    return Ways([(connections[key], ids) for key, ids in through.items()], unconnected)


def connections_by_subsidiary() -> Mapping[int, ExactConnection]:
    """This function will return the connection that each subsidiary's invoices go through, where one works."""
    working = queries.list_connections().filter(
        state__in=(ConnectionState.READY, ConnectionState.NEEDS_ATTENTION)
    )
    found: dict[int, ExactConnection] = {}
    for connection in working:
        found.setdefault(connection.subsidiary_id, connection)
    return found


def usual_choices(connection: ExactConnection) -> CopyChoices:
    """This function will return what is chosen for every invoice of a bulk copy: what the connection's settings say."""
    return CopyChoices(journal_code=connection.default_journal_code)

"""Which connection takes a subsidiary's invoices: one at most."""

from __future__ import annotations

from connector.sentences import sentence
from integrations.connection_lifecycle.rows import NotPossible
from integrations.models import ConnectionState, ExactConnection, Subsidiary

# A connection in one of these states takes the invoices of its subsidiary.
TAKES_INVOICES = (
    ConnectionState.READY,
    ConnectionState.NEEDS_ATTENTION,
    ConnectionState.NEEDS_CONSENT,
)


def refuse_taken_subsidiary(connection: ExactConnection, subsidiary: Subsidiary) -> None:
    """This function will raise NotPossible when invoices of the subsidiary already go another way.

    A connection that is still being set up takes no invoices, so it is compared when setup is finished.
    """
    if connection.state not in TAKES_INVOICES:
        return
    other = find_taker(connection, subsidiary)
    if other is not None:
        raise NotPossible(taken_sentence(subsidiary, other), field_name="subsidiary")


def find_taker(connection: ExactConnection, subsidiary: Subsidiary) -> ExactConnection | None:
    """This function will return another connection that takes the subsidiary's invoices, or None."""
    return (
        ExactConnection.objects.filter(subsidiary=subsidiary, state__in=TAKES_INVOICES)
        .exclude(pk=connection.pk)
        .order_by("id")
        .first()
    )


def taken_sentence(subsidiary: Subsidiary, other: ExactConnection) -> str:
    """This function will say for people that another connection takes the subsidiary's invoices, and what to do."""
    return sentence(
        "Invoices of %(subsidiary)s already go through “%(connection)s”. Choose another subsidiary, or disconnect that "
        "connection first.",
        subsidiary=subsidiary.name,
        connection=other.name,
    )

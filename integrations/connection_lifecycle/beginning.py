"""The first choices for a connection, made in the connect dialog before anybody logs in at Exact."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from connector.sentences import sentence
from connector.tenancy.models import User
from integrations import history
from integrations.connection_lifecycle.rows import NotPossible
from integrations.connection_lifecycle.takers import refuse_taken_subsidiary
from integrations.models import ConnectionState, ExactConnection, Subsidiary


def begin(
    *, name: str, subsidiary: Subsidiary, country: str, user: User, now: datetime
) -> ExactConnection:
    """This function will make the row of a connection to come, or take up one that was begun for the same choice."""
    begun = (
        ExactConnection.objects.select_for_update(of=("self",))
        .filter(
            state=ConnectionState.SETUP_INCOMPLETE,
            subsidiary=subsidiary,
            country=country,
            division=None,
        )
        .order_by("id")
        .first()
    )
    if begun is not None:
        begun.name = name
        begun.save(update_fields=["name"])
        return begun
    connection = ExactConnection.objects.create(name=name, subsidiary=subsidiary, country=country)
    history.note(
        connection=connection,
        kind="begun",
        sentence=sentence("Setup was started."),
        user=user,
        now=now,
    )
    return connection


def change_beginning(
    connection: ExactConnection, *, name: str, subsidiary: Subsidiary, country: str
) -> None:
    """This function will change the first choices; the country only while nobody logged in at Exact.

    Raises NotPossible.
    """
    if country != connection.country and connection.grant is not None:
        raise NotPossible(
            _(
                "You are logged in at Exact in this country already. Use “Connect app” for another country."
            ),
            field_name="country",
        )
    refuse_taken_subsidiary(connection, subsidiary)
    connection.name = name
    connection.subsidiary = subsidiary
    connection.country = country
    connection.save(update_fields=["name", "subsidiary", "country"])

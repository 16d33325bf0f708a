"""A connection's row, and why a change to it can not be made."""

from __future__ import annotations

from integrations import hooks
from integrations.models import ConnectionState, ExactConnection


class NotPossible(Exception):
    """The change can not be made; the text says why and what to do instead."""

    def __init__(self, sentence: str, *, field_name: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field_name = field_name


def get_for_change(connection_id: int) -> ExactConnection:
    """This function will lock and return the connection, or raise ExactConnection.DoesNotExist."""
    connection: ExactConnection = (
        # "no key": a wish for a copy that commits meanwhile refers to the row, and must not wait for this.
        ExactConnection.objects.select_for_update(of=("self",), no_key=True)
        .select_related("subsidiary", "grant")
        .get(pk=connection_id)
    )
    return connection


def is_division_locked(connection: ExactConnection) -> bool:
    """This function will tell whether the division stays what it is: setup was finished, or documents hang on it."""
    return (
        connection.state != ConnectionState.SETUP_INCOMPLETE
        or connection.events.filter(kind="ready").exists()
        or hooks.has_documents(connection)
    )

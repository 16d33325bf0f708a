"""A connection that becomes ready, and one that is disconnected."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from connector.sentences import counted_sentence, sentence, together
from connector.tenancy import organizations
from connector.tenancy.models import User
from integrations import history, hooks, lanes, recovering
from integrations.connection_lifecycle import farewell
from integrations.connection_lifecycle.logging_in import forget_when_unused
from integrations.connection_lifecycle.rows import NotPossible, is_division_locked
from integrations.connection_lifecycle.takers import find_taker, taken_sentence
from integrations.models import ConnectionState, ExactConnection, GrantState


def make_ready(connection: ExactConnection, *, user: User, now: datetime) -> None:
    """This function will finish setup. Raises NotPossible with the first thing that is missing."""
    if connection.grant is None or connection.grant.state != GrantState.ACTIVE:
        raise NotPossible(_("Log in at Exact first."), field_name="grant")
    if connection.division is None:
        raise NotPossible(_("Choose a division first."), field_name="division")
    if not connection.numbering:
        raise NotPossible(
            _("Choose which system generates invoice numbers."), field_name="numbering"
        )
    if connection.subsidiary.archived_at is not None:
        raise NotPossible(
            _("The subsidiary was archived. Choose another one."), field_name="subsidiary"
        )
    other = find_taker(connection, connection.subsidiary)
    if other is not None:
        raise NotPossible(taken_sentence(connection.subsidiary, other), field_name="subsidiary")
    connection.state = ConnectionState.READY
    connection.state_reason = ""
    connection.disconnected_at = None
    connection.save(update_fields=["state", "state_reason", "disconnected_at"])
    told = sentence(
        "“%(connection)s” is connected to %(division)s (%(code)s).",
        connection=connection.name,
        division=connection.division_name,
        code=connection.division,
    )
    history.note(connection=connection, kind="ready", sentence=told, user=user, now=now)
    organizations.note(action="connection_ready", sentence=told, user=user, now=now)
    recovering.look_up_first(connection, now=now)
    lanes.seat(connection)
    lanes.ring(connection, at=now)


def disconnect(connection: ExactConnection, *, user: User, now: datetime) -> int:
    """This function will stop everything for the connection and return how many queued invoices were canceled.

    Documents in Exact stay as they are. Where Exact tells of changes, its lane ends that within minutes and the log-in is
    forgotten then; otherwise at once. A connection whose setup was never finished is removed; otherwise the row stays, to
    be reconnected at any time.
    """
    canceled = hooks.cancel_queued(connection=connection, now=now)
    told = sentence("“%(connection)s” was disconnected.", connection=connection.name)
    organizations.note(action="connection_disconnected", sentence=told, user=user, now=now)
    if is_division_locked(connection):
        connection.state = ConnectionState.DISCONNECTED
        connection.state_reason = ""
        connection.disconnected_at = now
        connection.generation += 1
        connection.save()
        farewell.leave(connection, now=now)
        if canceled:
            told = together(
                told,
                counted_sentence(
                    "%(n)s queued copy was canceled.",
                    "%(n)s queued copies were canceled.",
                    n=canceled,
                ),
            )
        history.note(connection=connection, kind="disconnected", sentence=told, user=user, now=now)
    else:
        grant_id = connection.grant_id
        lanes.leave(connection)
        connection.delete()
        if grant_id is not None:
            forget_when_unused(organization_id=connection.organization_id, grant_id=grant_id)
    return canceled

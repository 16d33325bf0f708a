"""What Exact says about the divisions a user may open, and what that means for the connection's own one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from connector.sentences import Value, Words, sentence
from integrations import history
from integrations.exact import divisions
from integrations.models import ConnectionState, ExactConnection, ExactDivision, ExactGrant


def store_divisions(
    grant: ExactGrant, found: Iterable[divisions.PermittedDivision], *, is_whole: bool = True
) -> None:
    """This function will keep what the Exact user may open; a division that is gone stays, marked as not usable."""
    seen = []
    for row in found:
        seen.append(row.code)
        ExactDivision.objects.update_or_create(
            grant=grant,
            code=row.code,
            defaults={
                "name": (row.description or row.customer_name or str(row.code))[:200],
                "country": (row.country or "")[:2],
                "vat_number": (row.vat_number or "")[:40],
                "currency": (row.currency or "")[:3],
                "is_usable": row.is_usable,
            },
        )
    if is_whole:
        ExactDivision.objects.filter(grant=grant).exclude(code__in=seen).update(is_usable=False)


def store_own_division(
    connection: ExactConnection,
    found: Sequence[divisions.PermittedDivision],
    now: datetime,
    *,
    is_whole: bool,
) -> int:
    """This function will keep the divisions, hold or free the connection by its own one, and return their number.

    A list that is not whole, because a row of it could not be read, says of no division that it is not there.
    """
    if connection.grant is not None:
        store_divisions(connection.grant, found, is_whole=is_whole)
    own = next((row for row in found if row.code == connection.division), None)
    where: dict[str, Value] = {
        "division": connection.division_name,
        "code": connection.division or 0,
    }
    if own is None and not is_whole:
        return len(found)
    if own is None:
        note_division_unusable(
            connection,
            sentence(
                "The Exact user who connected can not open %(division)s (%(code)s) any more. Ask for the right in Exact, or "
                "reconnect as somebody who has it.",
                **where,
            ),
            now=now,
        )
    elif not own.is_usable:
        note_division_unusable(
            connection,
            sentence(
                "%(division)s (%(code)s) is archived or blocked in Exact. Make it active there, or disconnect it here.",
                **where,
            ),
            now=now,
        )
    else:
        _note_division_usable(connection, now=now)
    return len(found)


def note_division_unusable(connection: ExactConnection, told: Words, *, now: datetime) -> None:
    """This function will hold the connection, once, until its division can be opened again."""
    to = ConnectionState.NEEDS_ATTENTION
    if not _change_state(connection, ConnectionState.READY, to, told):
        return
    history.note(connection=connection, kind="division_unusable", sentence=told, now=now)


def _note_division_usable(connection: ExactConnection, *, now: datetime) -> None:
    if connection.state != ConnectionState.NEEDS_ATTENTION:
        return
    last = connection.events.filter(kind__startswith="division_").first()
    if last is None or last.kind != "division_unusable":
        return
    if not _change_state(connection, ConnectionState.NEEDS_ATTENTION, ConnectionState.READY, ""):
        return
    history.note(
        connection=connection,
        kind="division_usable",
        sentence=sentence("The division can be opened in Exact again."),
        now=now,
    )


def _change_state(
    connection: ExactConnection, before: ConnectionState, to: ConnectionState, reason: Words
) -> bool:
    """False when a page or a lost log-in changed the state since the connection was read: a worker read it without a lock."""
    rows = ExactConnection.objects.filter(pk=connection.pk, state=before)
    if not rows.update(state=to, state_reason=reason):
        return False
    connection.state, connection.state_reason = to, reason
    return True

"""An admin lets a connection rest: nothing is sent, nothing is read, what people ask for waits.

The lane does the keeping back, as with the operator's stop (`lanes/stopping.py`); here stand the rules and who is told.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from connector.sentences import sentence
from connector.tenancy import organizations
from connector.tenancy.models import User
from integrations import history, lanes
from integrations.connection_lifecycle.rows import NotPossible
from integrations.models import ExactConnection


def pause(connection: ExactConnection, *, user: User, now: datetime) -> None:
    """This function will pause a working connection, in the organization's transaction; again changes nothing.

    What left before is still looked up in Exact, and the log-in is kept alive. Raises NotPossible with the reason.
    """
    if not connection.is_working:
        raise NotPossible(_("Only a connection that works can be paused."))
    lanes.seat(connection)
    if lanes.pause(connection):
        told = sentence("“%(name)s” was paused.", name=connection.name)
        _note(connection, "paused", told, user, now)


def resume(connection: ExactConnection, *, user: User, now: datetime) -> None:
    """This function will let a paused connection go on after the commit; one that is not paused stays as it is."""
    if lanes.resume(connection):
        told = sentence("“%(name)s” goes on after its pause.", name=connection.name)
        _note(connection, "resumed", told, user, now)
        lanes.ring(connection, at=now)


def _note(connection: ExactConnection, kind: str, sentence: str, user: User, now: datetime) -> None:
    history.note(connection=connection, kind=kind, sentence=sentence, user=user, now=now)
    organizations.note(action=f"connection_{kind}", sentence=sentence, user=user, now=now)

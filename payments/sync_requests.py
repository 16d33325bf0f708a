"""*Sync now*: a person's wish that payments are read at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from connector.sentences import sentence
from connector.tenancy.models import User
from integrations import history, lanes
from integrations.models import ExactConnection

COOLDOWN = timedelta(seconds=10)


class SyncRefused(Exception):
    """Payments are not read now; it reads well to a person."""


def request_sync(*, connection: ExactConnection, user: User | None, now: datetime) -> bool:
    """This function will have the connection's payments read at once; False when that is asked already.

    Raises SyncRefused when the sync is off, when Exact is not connected, or when it was read a moment ago.
    """
    connection = ExactConnection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    if not connection.sync_payments:
        raise SyncRefused(
            _("Payments of %(name)s are not synchronized. An admin can turn it on.")
            % {"name": connection}
        )
    if not connection.is_working:
        raise SyncRefused(
            _("%(name)s is not connected to Exact at the moment.") % {"name": connection}
        )
    if lanes.lane_status(connection).paused_at is not None:
        raise SyncRefused(
            _("%(name)s is paused: nothing is read from Exact until an admin resumes it.")
            % {"name": connection.name}
        )
    if connection.payments_sync_requested_at is not None:
        lanes.ring(connection, at=now)
        return False
    read_at = connection.payments_synced_at
    if read_at is not None and now - read_at < COOLDOWN:
        raise SyncRefused(_("Payments of %(name)s were read a moment ago.") % {"name": connection})
    ExactConnection.objects.filter(pk=connection.pk).update(payments_sync_requested_at=now)
    history.note(
        connection=connection,
        kind="payments_sync_requested",
        sentence=sentence("Payments are read from Exact on request."),
        user=user,
        now=now,
    )
    lanes.ring(connection, at=now)
    return True

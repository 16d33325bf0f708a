"""Tells people that Exact asks for a new log-in: on each connection, and once by mail."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.conf import settings
from django.utils.translation import gettext as _, gettext_lazy

from connector.sentences import Words, sentence, together, told
from connector.tenancy import mails
from integrations import history, hooks
from integrations.models import ConnectionState, ExactConnection, ExactGrant

LOG_IN_LOST = mails.MailKind(
    "log_in_lost",
    gettext_lazy("Exact asks for a new log-in"),
    gettext_lazy(
        "Nothing is copied or read until somebody reconnects. It also goes to whoever connected."
    ),
    is_critical=True,
    to_concerned=True,
)
_WORKING = (ConnectionState.READY, ConnectionState.NEEDS_ATTENTION)


def tell(grant: ExactGrant, *, reason: Words, now: datetime) -> None:
    """This function will put the consent's connections on hold and mail the admins after the commit."""
    connections = list(
        ExactConnection.objects.filter(grant=grant, state__in=_WORKING)
        .select_for_update(of=("self",), no_key=True)
        .order_by("id")
    )
    for connection in connections:
        connection.state = ConnectionState.NEEDS_CONSENT
        connection.state_reason = reason
        connection.save(update_fields=["state", "state_reason"])
        history.note(
            connection=connection,
            kind="needs_consent",
            sentence=together(
                reason,
                sentence("Copying and payments wait until somebody logs in at Exact again."),
            ),
            now=now,
        )
    if not connections:
        return
    mails.send_after_commit(
        LOG_IN_LOST.name,
        template="integrations/emails/needs_consent.txt",
        write=partial(_write, connections, reason),
        concerned=grant.connected_by,
    )


def _write(connections: list[ExactConnection], reason: Words) -> mails.Letter:
    return mails.Letter(
        _("Exact Online asks for a new log-in: %(names)s")
        % {"names": ", ".join(connection.name for connection in connections)},
        {
            "connections": connections,
            "reason": told(reason),
            "waiting": sum(hooks.count_waiting(connection) for connection in connections),
            "address": f"{settings.PUBLIC_URL}/settings/marketplace/",
        },
    )

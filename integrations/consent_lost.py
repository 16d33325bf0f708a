"""Tells people that Exact asks for a new log-in: on each connection, and once by mail."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

from connector.tenancy.models import Membership, Role
from integrations import history, hooks
from integrations.models import ConnectionState, ExactConnection, ExactGrant

logger = logging.getLogger(__name__)

_WORKING = (ConnectionState.READY, ConnectionState.NEEDS_ATTENTION)


def tell(grant: ExactGrant, *, reason: str, now: datetime) -> None:
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
            sentence=f"{reason} Copying and payments wait until somebody logs in at Exact again.",
            now=now,
        )
    if connections:
        message = _message(grant, connections, reason)
        transaction.on_commit(partial(_send, message, grant.pk))


def _message(grant: ExactGrant, connections: list[ExactConnection], reason: str) -> EmailMessage:
    admins = (
        Membership.objects.filter(role=Role.ADMIN, user__is_active=True)
        .select_related("user")
        .order_by("id")
    )
    recipients = [membership.user.email for membership in admins]
    connected_by = grant.connected_by
    if connected_by is not None and connected_by.is_active and connected_by.email not in recipients:
        recipients.append(connected_by.email)
    body = render_to_string(
        "integrations/emails/needs_consent.txt",
        {
            "connections": connections,
            "reason": reason,
            "waiting": sum(hooks.count_waiting(connection) for connection in connections),
            "address": f"{settings.PUBLIC_URL}/settings/marketplace/",
        },
    )
    names = ", ".join(connection.name for connection in connections)
    # A name holds what people typed; a header must be one line.
    subject = " ".join(f"Exact Online asks for a new log-in: {names}".split())[:150]
    return EmailMessage(subject, body, to=[], bcc=recipients)


def _send(message: EmailMessage, grant_id: int) -> None:
    try:
        message.send()
    except (OSError, SMTPException):
        # The banner on the page says the same; a mail server that is away must not stop a worker.
        logger.exception("The mail about a lost consent was not sent", extra={"grant_id": grant_id})

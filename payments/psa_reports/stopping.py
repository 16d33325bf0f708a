"""Ends the calls of an endpoint that takes none, and tells the admins: in the activity, by mail and in a banner."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from connector.tenancy import organizations
from connector.tenancy.models import Membership, Role
from payments.psa_reports.models import EndpointState, PsaEndpoint, PsaPaymentReport, ReportState

logger = logging.getLogger(__name__)

GONE = "It answered 410 Gone, which asks for no more calls."
SECRET_LOST = "Its secret cannot be read any more. Make a new one and give it to the PSA."  # noqa: S105  # a sentence


def say_silent(endpoint: PsaEndpoint) -> str:
    """This function will say that an endpoint failed for days, and how at last."""
    return f"Every call failed for three days. The last one: {endpoint.last_answer}"


def give_up(endpoint: PsaEndpoint, *, reason: str, now: datetime) -> None:
    """This function will stop the calls, in the open tenant transaction, and mail the admins after its commit.

    What waits keeps waiting, and so does what comes: it is told when an admin has it called again.
    """
    endpoint.state, endpoint.state_reason = EndpointState.GIVEN_UP, reason[:300]
    endpoint.state_changed_at = now
    endpoint.test_asked_at = None
    endpoint.save(update_fields=["state", "state_reason", "state_changed_at", "test_asked_at"])
    organizations.note(
        action="psa_endpoint_given_up",
        sentence=f"Stopped telling the PSA about payments. {reason}",
        user=None,
        now=now,
    )
    transaction.on_commit(partial(_send, _message(endpoint), endpoint.pk), robust=True)


def _message(endpoint: PsaEndpoint) -> EmailMessage:
    admins = (
        Membership.objects.filter(role=Role.ADMIN, user__is_active=True)
        .select_related("user")
        .order_by("id")
    )
    body = render_to_string(
        "payments/emails/psa_endpoint_given_up.txt",
        {
            "endpoint": endpoint,
            "waiting": PsaPaymentReport.objects.filter(state=ReportState.WAITING).count(),
            "address": f"{settings.PUBLIC_URL}{reverse('psa_endpoint')}",
        },
    )
    return EmailMessage(
        "Your PSA is no longer told about payments",
        body,
        to=[],
        bcc=[membership.user.email for membership in admins],
    )


def _send(message: EmailMessage, endpoint_id: int) -> None:
    try:
        message.send()
    except (OSError, SMTPException):
        # The banner on the page says the same; a mail server that is away must not stop a worker.
        logger.exception(
            "The mail about callbacks was not sent", extra={"endpoint_id": endpoint_id}
        )

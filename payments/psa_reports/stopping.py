"""Ends the calls of an endpoint that takes none, and tells the admins: in the activity, by mail and in a banner."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy

from connector.sentences import Words, sentence, together, told
from connector.tenancy import mails, organizations
from payments.psa_reports.models import EndpointState, PsaEndpoint, PsaPaymentReport, ReportState

CALLBACK_STOPPED = mails.MailKind(
    "callback_stopped",
    gettext_lazy("The PSA is no longer told about payments"),
    gettext_lazy(
        "Its address took no call for days; what waits is kept until somebody has it called again."
    ),
)
GONE = gettext_lazy("It answered 410 Gone, which asks for no more calls.")
SECRET_LOST = gettext_lazy(
    "Its secret cannot be read any more. Make a new one and give it to the PSA."
)


def say_silent(endpoint: PsaEndpoint) -> str:
    """This function will say that an endpoint failed for days, and how at last."""
    return sentence(
        "Every call failed for three days. The last one: %(answer)s", answer=endpoint.last_answer
    )


def give_up(endpoint: PsaEndpoint, *, reason: Words, now: datetime) -> None:
    """This function will stop the calls, in the open tenant transaction, and mail the admins after its commit.

    What waits keeps waiting, and so does what comes: it is told when an admin has it called again.
    """
    endpoint.state, endpoint.state_reason = EndpointState.GIVEN_UP, reason
    endpoint.state_changed_at = now
    endpoint.test_asked_at = None
    endpoint.save(update_fields=["state", "state_reason", "state_changed_at", "test_asked_at"])
    organizations.note(
        action="psa_endpoint_given_up",
        sentence=together(sentence("Stopped telling the PSA about payments."), reason),
        user=None,
        now=now,
    )
    mails.send_after_commit(
        CALLBACK_STOPPED.name,
        template="payments/emails/psa_endpoint_given_up.txt",
        write=partial(_write, endpoint),
    )


def _write(endpoint: PsaEndpoint) -> mails.Letter:
    return mails.Letter(
        _("Your PSA is no longer told about payments"),
        {
            "endpoint": endpoint,
            "reason": told(endpoint.state_reason),
            "waiting": PsaPaymentReport.objects.filter(state=ReportState.WAITING).count(),
            "address": f"{settings.PUBLIC_URL}{reverse('psa_endpoint')}",
        },
    )

"""A log-in at Exact that is about to end: people are told days before, once, while nothing stands still yet.

Exact forgets a refresh token that was not used for 30 days (RELIABILITY C7):
https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-oauth-eol-oauth-dev-impleovervw
The lane renews one that stood still for a week (`keep_alive`), so one that is older than that cannot be renewed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from connector import sentences
from connector.tenancy import mails, totals
from integrations import history
from integrations.figures import list_organization_ids
from integrations.models import (
    ConnectionEvent,
    ConnectionState,
    ExactConnection,
    ExactGrant,
    GrantState,
)

LASTS = timedelta(days=30)
# Two weeks after the first renewal that failed, and early enough for whoever is away for a week.
WARNED_BEFORE = timedelta(days=10)
EVENT = "log_in_ends_soon"
LOG_IN_ENDS = mails.MailKind(
    EVENT,
    gettext_lazy("A log-in at Exact is about to end"),
    gettext_lazy("Days before copying and reading would stop. It also goes to whoever connected."),
    to_concerned=True,
)
_WORKING = (ConnectionState.READY, ConnectionState.NEEDS_ATTENTION)
_ENDING = f"""EXISTS (
    SELECT FROM integrations_exactgrant
    WHERE state = 'active' AND issued_at <= now() - interval '{(LASTS - WARNED_BEFORE).days} days'
)"""


def valid_until(grant: ExactGrant) -> datetime | None:
    """This function will return until when the log-in lasts if nobody renews it (UTC); None when it is not valid now."""
    if grant.state != GrantState.ACTIVE or grant.issued_at is None:
        return None
    until: datetime = grant.issued_at + LASTS
    return until


def ends_soon_at(grant: ExactGrant | None, *, now: datetime) -> datetime | None:
    """This function will return when the log-in ends (UTC), if that is near and nothing renews it any more."""
    until = valid_until(grant) if grant is not None else None
    return until if until is not None and until - WARNED_BEFORE <= now else None


def sentence(grant: ExactGrant | None, *, now: datetime) -> str:
    """This function will say that the log-in ends soon and what to do, where the reader is; empty when it does not."""
    until = ends_soon_at(grant, now=now)
    if until is None or grant is None or grant.issued_at is None:
        return ""
    return sentences.sentence(
        "The log-in at Exact ends on %(day)s: it could not be renewed since %(since)s. Reconnect before that day.",
        day=timezone.localdate(until),
        since=timezone.localdate(grant.issued_at),
    )


def warn(*, now: datetime) -> int:
    """This function will tell of each log-in that ends soon, once, and return how many it told of.

    Call it outside any transaction. Only organizations that have such a log-in are opened.
    """
    return totals.work_where(list_organization_ids(), _ENDING, partial(_warn_all, now))


def _warn_all(now: datetime) -> int:
    ending = ExactGrant.objects.filter(
        state=GrantState.ACTIVE, issued_at__lte=now - LASTS + WARNED_BEFORE
    )
    grants = ending.select_related("connected_by").order_by("id")
    return sum(_warn_of(grant, now) for grant in grants)


def _warn_of(grant: ExactGrant, now: datetime) -> bool:
    # The connections' rows make two workers go one after the other; the log-in's own row is locked while it is renewed.
    connections = list(
        ExactConnection.objects.filter(grant=grant, state__in=_WORKING)
        .select_for_update(of=("self",), no_key=True)
        .order_by("id")
    )
    told = ConnectionEvent.objects.filter(
        connection__in=connections, kind=EVENT, at__gte=grant.issued_at
    )
    if not connections or told.exists():
        return False
    said = sentence(grant, now=now)
    for connection in connections:
        history.note(connection=connection, kind=EVENT, sentence=said, now=now)
    mails.send_after_commit(
        LOG_IN_ENDS.name,
        template="integrations/emails/log_in_ends_soon.txt",
        write=partial(_write, connections, said),
        concerned=grant.connected_by,
    )
    return True


def _write(connections: list[ExactConnection], said: str) -> mails.Letter:
    return mails.Letter(
        _("The log-in at Exact Online ends soon: %(names)s")
        % {"names": ", ".join(connection.name for connection in connections)},
        {
            "connections": connections,
            "sentence": sentences.told(said),
            "address": f"{settings.PUBLIC_URL}{reverse('marketplace')}",
        },
    )

"""Counts token calls: Exact takes 200 a day per app and Exact user, whichever of our organizations asks.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Simulation-gen-apilimits

A connection that works day and night needs 144. One Exact user of two organizations may need more: what nobody waits
for then pauses first, so that people's work goes on (RELIABILITY C16, D7).
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db import connection as database
from django.utils.translation import gettext as _

from integrations.models import ExactGrant, TokenCalls
from integrations.token_store.registration import app, base_url

logger = logging.getLogger(__name__)

A_DAY = timedelta(hours=24)
EXACT_ALLOWS = 200
ALARM_AT = 150
# A refused refresh is asked for again after this at the latest: another one may have become urgent meanwhile.
_LOOK_AGAIN = timedelta(minutes=5)
# Priorities of `lanes.LaneWork`: what people wait for, and from where on nobody does.
_PEOPLE, _NOBODY_WAITS = 10, 20
_BUSIEST = """
    SELECT COALESCE(max((SELECT count(*) FROM unnest(called_at) AS call (at) WHERE call.at > %s)), 0)
    FROM integrations_tokencalls
"""


class Urgency(Enum):
    """What a token is for; the value is the number of calls in 24 hours at which its refresh has to wait."""

    BACKGROUND = 170
    WORK = 190
    PERSON = None

    @classmethod
    def of_priority(cls, priority: int) -> Urgency:
        """This function will return the urgency of a kind of work in the lanes: people's has priority 10 or less."""
        if priority <= _PEOPLE:
            return cls.PERSON
        return cls.WORK if priority < _NOBODY_WAITS else cls.BACKGROUND


def reserve(grant: ExactGrant, *, now: datetime, urgency: Urgency) -> datetime | None:
    """This function will count a call that is about to be made, or return until when (UTC) it has to wait.

    Call it in a short transaction before the call: the count's row is locked until that ends, so two organizations
    never take the last call both.
    """
    count = _locked(grant)
    recent = _recent(count, now)
    limit: int | None = urgency.value
    if limit is not None and len(recent) >= limit:
        logger.warning(
            "A refresh waits: too many token calls today",
            extra={"grant_id": grant.pk, "calls": len(recent), "urgency": urgency.name},
        )
        until: datetime = min(recent[-limit] + A_DAY, now + _LOOK_AGAIN)
        return until
    _add(count, recent, now)
    return None


def note(grant: ExactGrant, *, now: datetime) -> None:
    """This function will count a call that was made already: the one at the end of a log-in."""
    count = _locked(grant)
    _add(count, _recent(count, now), now)


def in_last_day(grant: ExactGrant, *, now: datetime) -> int:
    """This function will return how many token calls Exact has counted for the consent's Exact user in 24 hours."""
    count = TokenCalls.objects.filter(**_key(grant)).first()
    return len(_recent(count, now)) if count is not None else 0


def warning(grant: ExactGrant, *, now: datetime) -> str:
    """This function will return a sentence for the admins when the day's calls run out, or an empty text."""
    made = in_last_day(grant, now=now)
    if made < ALARM_AT:
        return ""
    return _(
        "%(made)s of the %(allowed)s renewals that Exact allows %(exact_user)s in 24 hours were used. Reading in the "
        "background pauses at %(pause)s; copying goes on. Log in at Exact as another user here if this person connected "
        "several organizations."
    ) % {
        "made": made,
        "allowed": EXACT_ALLOWS,
        "exact_user": grant.exact_user_name,
        "pause": Urgency.BACKGROUND.value,
    }


def busiest(*, now: datetime) -> int:
    """This function will return the most token calls that one Exact user has had in 24 hours."""
    with database.cursor() as cursor:
        cursor.execute(_BUSIEST, [now - A_DAY])
        made: int = cursor.fetchone()[0]
    return made


def _key(grant: ExactGrant) -> dict[str, Any]:
    return {
        "host": base_url(grant.country),
        "client_id": app().client_id,
        "exact_user_id": grant.exact_user_id,
    }


def _locked(grant: ExactGrant) -> TokenCalls:
    count, _created = TokenCalls.objects.get_or_create(**_key(grant))
    return TokenCalls.objects.select_for_update().get(pk=count.pk)


def _recent(count: TokenCalls, now: datetime) -> list[datetime]:
    return sorted(at for at in count.called_at if now - A_DAY < at)


def _add(count: TokenCalls, recent: list[datetime], now: datetime) -> None:
    count.called_at = [*recent, now]
    made = len(count.called_at)
    if made >= ALARM_AT and (count.alarmed_at is None or count.alarmed_at <= now - A_DAY):
        count.alarmed_at = now
        logger.critical(
            "An Exact user's token calls near Exact's limit of a day",
            extra={"exact_user_id": str(count.exact_user_id), "calls": made},
        )
    count.save(update_fields=["called_at", "alarmed_at"])

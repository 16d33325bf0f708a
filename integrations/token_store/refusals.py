"""What a refused or lost refresh means for the consent: wait, use what is stored, or ask for a new log-in."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from connector.sentences import Words
from integrations.exact import oauth
from integrations.models import ExactGrant
from integrations.token_store import vault
from integrations.token_store.consents import mark_needs_consent
from integrations.token_store.problems import Got, Lost, Outcome, Wait
from integrations.token_store.stored import EARLIEST_REFRESH

logger = logging.getLogger(__name__)

FIRST_WAIT = timedelta(seconds=10)
# While Exact is away for a short time it is asked every minute, so that work goes on soon after it is back. Later less
# often: each try counts for the 200 token calls that Exact allows a user a day.
_SHORT_WAIT = timedelta(minutes=1)
_SHORT_WAITS = 20
_LONGEST_WAIT = timedelta(minutes=15)
_THROTTLED_WAIT = timedelta(hours=1)
# An operator who changes the secret is waited for an hour; later as seldom as for an Exact that is away.
_APP_REFUSED_WAIT = timedelta(minutes=5)
_APP_REFUSED_WAITS = 12

_LOST: dict[type[oauth.TokenError], Words] = {
    oauth.OldTokenUsed: _("Exact says that the stored log-in was used before."),
    oauth.TokenExpired: _("The log-in at Exact was not used for 30 days and has expired."),
    oauth.ConsentBroken: _(
        "The permission was withdrawn at Exact, or the password there was changed."
    ),
}


def act_on(grant: ExactGrant, error: oauth.TokenError, now: datetime) -> Outcome:
    """This function will write down in the locked row what follows from a token call that gave no tokens."""
    match error:
        case oauth.TooEarly():
            return _too_early(grant, now)
        case oauth.OldTokenUsed() if grant.refresh_failures == 0:
            # No answer of ours was lost that we know of. A worker whose commit failed may hold the new token still
            # (`rescue`), so it gets the time to store it before people are asked for anything.
            return cool_down(grant, now, FIRST_WAIT)
        case oauth.OldTokenUsed() | oauth.TokenExpired() | oauth.ConsentBroken():
            return lose(grant, _LOST[type(error)], now)
        case oauth.ClientRefused():
            logger.critical(
                "Exact refuses our app's id or secret; check EXACT_CLIENT_ID and EXACT_CLIENT_SECRET"
            )
            is_new = grant.refresh_failures < _APP_REFUSED_WAITS
            return cool_down(grant, now, _APP_REFUSED_WAIT if is_new else _LONGEST_WAIT)
        case oauth.TokenThrottled():
            return cool_down(grant, now, _THROTTLED_WAIT)
    # Nothing is known of the token: the same one is tried again, ever more slowly.
    longest = _SHORT_WAIT if grant.refresh_failures < _SHORT_WAITS else _LONGEST_WAIT
    return cool_down(grant, now, min(FIRST_WAIT * 2**grant.refresh_failures, longest))


def lose(grant: ExactGrant, reason: Words, now: datetime) -> Outcome:
    """This function will note that only a new log-in helps."""
    mark_needs_consent(grant, reason=reason, now=now)
    return Lost(reason)


def cool_down(grant: ExactGrant, now: datetime, wait: timedelta) -> Outcome:
    """This function will note that Exact is not asked for so long."""
    grant.cooldown_until = now + wait
    grant.refresh_failures = min(grant.refresh_failures + 1, _SHORT_WAITS)
    grant.save(update_fields=["cooldown_until", "refresh_failures"])
    return Wait(grant.cooldown_until)


def _too_early(grant: ExactGrant, now: datetime) -> Outcome:
    if grant.rejected_version == grant.version:
        # The stored token was answered 401 (`note_rejected`), and Exact gives no other one yet.
        earliest = (grant.issued_at or now) + EARLIEST_REFRESH
        return cool_down(grant, now, max(earliest - now, FIRST_WAIT))
    # Our clock runs ahead of Exact's: the stored token still works, and less than 570 seconds have gone by there.
    grant.issued_at = now - EARLIEST_REFRESH + FIRST_WAIT
    grant.expires_at = grant.issued_at + timedelta(seconds=oauth.LIFETIME)
    grant.save(update_fields=["issued_at", "expires_at"])
    return Got(vault.reveal(grant, "access"))

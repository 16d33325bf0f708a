"""Webhooks that were not taken: when, how large and why, for a day. Nothing of what they say is kept."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta

from integrations.models import SetAsideReason, SetAsideWebhook

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(hours=24)
# What one process notes: a flood of forged webhooks must cost neither rows nor log lines.
BURST = 60
A_SECOND = 1.0


class Allowance:
    """So many at once, and then so many a second. Genuine webhooks never use any of it, so nobody can crowd them out."""

    def __init__(self, *, burst: int, a_second: float) -> None:
        self._burst, self._a_second = float(burst), a_second
        self._lock = threading.Lock()
        self.refill()

    def refill(self) -> None:
        """Start anew."""
        self._left, self._seen_at = self._burst, time.monotonic()

    def take(self) -> bool:
        """Whether there is one left."""
        with self._lock:
            now = time.monotonic()
            gained = (now - self._seen_at) * self._a_second
            self._left, self._seen_at = min(self._burst, self._left + gained), now
            if self._left < 1:
                return False
            self._left -= 1
            return True


allowance = Allowance(burst=BURST, a_second=A_SECOND)


def note(reason: SetAsideReason, *, size: int, now: datetime) -> bool:
    """This function will keep that a webhook was not taken; False, without a look at the database, in a flood of them."""
    if not allowance.take():
        return False
    logger.warning("A webhook was set aside", extra={"reason": reason.value, "bytes": size})
    SetAsideWebhook.objects.create(received_at=now, size=size, reason=reason)
    return True


def forget_old(now: datetime) -> int:
    """This function will delete what was kept for a day, and return how many rows that were."""
    deleted, _ = SetAsideWebhook.objects.filter(received_at__lt=now - KEPT_FOR).delete()
    return deleted

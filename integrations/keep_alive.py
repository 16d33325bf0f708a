"""Renews log-ins that nobody uses: Exact forgets one that was not renewed for 30 days (RELIABILITY C7).

The lane asks this work like any other, last of all. Whatever else a connection does renews its log-in on the way, so it
is due only for one that stands still: without payments, without lists, on hold.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from integrations.lanes.work import LaneJob
from integrations.models import ExactConnection, GrantState

IDLE = timedelta(days=7)
# Log-ins that were made in one hour are not all renewed in one hour a week later.
_SPREAD = timedelta(hours=24)


class KeepAliveWork:
    """Renews the log-in of an idle connection through its lane."""

    name = "keep_alive"
    priority = 90

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return when the log-in will have been idle for a week, or None when there is none."""
        grant = connection.grant
        if grant is None or grant.state != GrantState.ACTIVE or grant.issued_at is None:
            return None
        # The id says when: the answer must be the same each time it is asked for.
        spread: timedelta = _SPREAD * (grant.pk * 37 % 100) / 100
        due_at: datetime = grant.issued_at + IDLE + spread
        return due_at

    def next_look_up_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return None: nothing is sent here whose outcome could be unknown."""
        return None

    def step(self, job: LaneJob) -> None:
        """This function will do nothing more: the lane gave us a client, and a token for it was fetched or renewed.

        The client's token is the connection's; a log-in that was idle for a week has none that is still valid.
        """

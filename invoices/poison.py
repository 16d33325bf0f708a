"""A copy at which workers die again and again is set aside, so that the others go on (RELIABILITY E3).

Each step of a copy is counted before it begins and taken off the count when it ends, however it ends: what is left are
steps from which no worker came back. Sends are counted by their attempts from the moment they are noted.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.db.models import F

from connector.sentences import sentence
from connector.tenancy.write_back import write_back
from invoices import attempts, copy_states
from invoices.models import CopyRequest, CopyState
from invoices.problems import Problem

logger = logging.getLogger(__name__)

MOST_UNFINISHED = 3
_PAUSE = timedelta(hours=1)
_WORKERS_LOST = Problem(
    "workers_lost",
    sentence(
        "The connector stopped %(n)s times while it worked on this invoice, so it was set aside.",
        n=MOST_UNFINISHED,
    ),
    sentence("Try again. When it is set aside again, tell the people who run the connector."),
)


def begin_step(request: CopyRequest, *, now: datetime) -> bool:
    """This function will count a step that is about to begin; False when the request was set aside instead.

    Call it in the transaction that picks the request, which is committed before the step begins.
    """
    rows = CopyRequest.objects.filter(pk=request.pk)
    if request.unfinished_steps < MOST_UNFINISHED:
        rows.update(unfinished_steps=F("unfinished_steps") + 1)
        return True
    logger.critical(
        "Workers died at one copy again and again; it was set aside",
        extra={"copy_request": request.pk, "state": request.state},
    )
    if request.state == CopyState.UNKNOWN:
        # Exact may have it: only a look can end this, and each try may cost a worker.
        rows.update(unfinished_steps=MOST_UNFINISHED - 1)
        progress = sentence(
            "Looked up in Exact again at %(time)s UTC: the connector stopped each time it looked.",
            time=f"{now + _PAUSE:%H:%M}",
        )
        copy_states.wait(request, at=now + _PAUSE, progress=progress)
    else:
        copy_states.hold(request, _WORKERS_LOST, now=now)
    return False


def end_step(request: CopyRequest) -> None:
    """This function will note that a worker came back from the request's step. Called outside any transaction."""

    def write() -> None:
        CopyRequest.objects.filter(pk=request.pk, unfinished_steps__gt=0).update(unfinished_steps=0)

    # A database that is away must not make a copy look like one that kills workers.
    ends_at = time.monotonic() + attempts.send_lease().total_seconds()
    write_back(request.organization_id, write, ends_at=ends_at)

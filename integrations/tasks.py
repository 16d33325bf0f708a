"""Celery's doors into the lanes. A message carries an id and may come late, twice or never."""

from __future__ import annotations

import logging
import os
import socket
import time
from uuid import uuid4

from celery import current_task, shared_task

from connector import database_identity, heartbeats, log_context
from connector.database_clock import database_now
from integrations import lanes, log_in_ends, recovering, token_store
from integrations.call_history import cleaning
from integrations.connection_lifecycle import farewell
from integrations.webhooks import set_aside

logger = logging.getLogger(__name__)


@shared_task(name="integrations.tasks.run_lane")
def run_lane(*, lane_id: int, fence: int | None = None, **_: object) -> None:
    """This task will serve the lane for one slice, unless that was done since the message was sent (`lanes.doorbell`)."""
    turn_id = getattr(current_task, "request", None) and current_task.request.id
    with log_context.bind(lane_id=lane_id, request_id=turn_id or uuid4().hex):
        if not database_identity.goes_on():
            # Nothing is done for a restored database before a sweep has begun its recovery.
            return
        began = time.monotonic()
        worker = f"{socket.gethostname()}:{os.getpid()}"
        steps = lanes.run_turn(lane_id, worker=worker, fence=fence)
        if steps:
            duration = round((time.monotonic() - began) * 1000)
            logger.info("Served a lane", extra={"steps": steps, "duration_ms": duration})


# A recovery begins in one transaction, which takes as long as there are connections: some 50 ms for each on a busy database.
@shared_task(name="integrations.tasks.sweep_lanes", soft_time_limit=600, time_limit=660)
def sweep_lanes(**_: object) -> None:
    """This task will nudge every lane with due work, and say that it did: silence is what alarms.

    It also notices when the database was restored, which comes before any other work. What else has to be looked at now and
    then comes last: when that fails, or takes long, the lanes were nudged.
    """
    now = database_now()
    recovering.begin_if_restored(now=now)
    lanes.sweep()
    heartbeats.note_sweep(now=now)
    recovering.finish_if_done(now=now)
    farewell.end_overdue(now=now)


@shared_task(name="integrations.tasks.tidy_tokens")
def tidy_tokens(**_: object) -> None:
    """This task will delete old events of tokens, and tokens that were left behind."""
    token_store.tidy(now=database_now())


@shared_task(name="integrations.tasks.warn_of_log_ins")
def warn_of_log_ins(**_: object) -> None:
    """This task will tell people of log-ins at Exact that are about to end."""
    log_in_ends.warn(now=database_now())


@shared_task(name="integrations.tasks.forget_webhooks")
def forget_webhooks(**_: object) -> None:
    """This task will delete what was kept of webhooks that were not taken."""
    set_aside.forget_old(database_now())


@shared_task(name="integrations.tasks.forget_history", soft_time_limit=1800, time_limit=1860)
def forget_history(**_: object) -> None:
    """This task will delete the history of the work with Exact that is older than organizations keep it."""
    cleaning.clean(now=database_now())

"""Celery's doors into the lanes. A message carries an id and may come late, twice or never."""

from __future__ import annotations

import os
import socket

from celery import shared_task
from django.utils import timezone

from connector import heartbeats
from integrations import lanes


@shared_task(name="integrations.tasks.run_lane")
def run_lane(*, lane_id: int, **_: object) -> None:
    """This task will serve the lane for one slice."""
    lanes.run_turn(lane_id, worker=f"{socket.gethostname()}:{os.getpid()}")


@shared_task(name="integrations.tasks.sweep_lanes")
def sweep_lanes(**_: object) -> None:
    """This task will nudge every lane with due work, and say that it did: silence is what alarms."""
    now = timezone.now()
    lanes.sweep(now)
    heartbeats.note_sweep(now=now)

"""A real worker shows that it lives, and takes its sign down when it is stopped (RELIABILITY K4)."""

from __future__ import annotations

import pytest
from django.utils import timezone

from connector import heartbeats
from connector.models import Heartbeat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(90)]


def test_reliability_k4_a_worker_is_seen_within_seconds_and_a_stopped_one_is_not(
    worker, sweep_until
):
    running = worker()
    sweep_until(lambda: heartbeats.signs_of_life(now=timezone.now()).workers == 1)

    running.stop()

    assert not Heartbeat.objects.filter(name__startswith=heartbeats.WORKER).exists()

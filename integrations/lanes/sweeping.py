"""Finding lanes with due work that no message told of."""

from __future__ import annotations

from datetime import datetime

from django.db import connection as database, transaction

from integrations.lanes import doorbell
from integrations.lanes.leases import free_lanes

SWEEP_LOCK = 7_305_901


def sweep(now: datetime) -> int:
    """This function will nudge every lane that has due work and no worker; any number of sweeps may run at once.

    It returns the number of lanes nudged.
    """
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SWEEP_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        lanes = list(
            free_lanes(now).filter(members__due_at__lte=now).distinct().values_list("pk", flat=True)
        )
    for lane_id in lanes:
        doorbell.nudge(lane_id)
    return len(lanes)

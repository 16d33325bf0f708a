"""Finding lanes with due work that no message told of."""

from __future__ import annotations

from datetime import datetime

from django.db import connection as database, transaction
from django.db.models import Exists, F, OuterRef

from connector.database_clock import database_now
from integrations.lanes import doorbell
from integrations.lanes.leases import free_lanes
from integrations.models import LaneMember

SWEEP_LOCK = 7_305_901


def sweep(now: datetime | None = None) -> int:
    """This function will nudge every lane that has due work and no worker, the one served longest ago first.

    Any number of sweeps may run at once. ``now`` (UTC) is the database's time when left out. It returns the number of lanes
    nudged.
    """
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SWEEP_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        now = now or database_now()
        due = LaneMember.objects.filter(lane=OuterRef("pk"), due_at__lte=now)
        lanes = list(
            free_lanes(now)
            .filter(Exists(due))
            .order_by(F("last_served_at").asc(nulls_first=True), "pk")
            .values_list("pk", "fence")
        )
    for lane_id, fence in lanes:
        doorbell.nudge(lane_id, fence=fence)
    return len(lanes)

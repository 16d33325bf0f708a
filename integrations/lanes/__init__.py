"""Lanes: at most one worker at a time works for a division of Exact, in short slices, within Exact's limits.

A lane's row holds the lease and the limits as last seen; a member row per connection says when it has work. A message
only rings the bell: the sweep finds due lanes without it.
"""

from __future__ import annotations

from integrations.lanes.asking import leave, ring, seat
from integrations.lanes.doorbell import nudge
from integrations.lanes.pace import Purpose
from integrations.lanes.status import (
    CallsLeft,
    LaneStatus,
    background_calls_left,
    held_endpoints,
    lane_status,
    waiting_sentence,
)
from integrations.lanes.stopping import (
    pause,
    release,
    release_all,
    resume,
    stop,
    stop_all,
    wait_for_new_lanes,
)
from integrations.lanes.sweeping import sweep
from integrations.lanes.turn import run_turn
from integrations.lanes.work import LaneJob, LaneWork, register_work

__all__ = [
    "CallsLeft",
    "LaneJob",
    "LaneStatus",
    "LaneWork",
    "Purpose",
    "background_calls_left",
    "held_endpoints",
    "lane_status",
    "leave",
    "nudge",
    "pause",
    "register_work",
    "release",
    "release_all",
    "resume",
    "ring",
    "run_turn",
    "seat",
    "stop",
    "stop_all",
    "sweep",
    "wait_for_new_lanes",
    "waiting_sentence",
]

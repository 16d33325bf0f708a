"""Kills at named places of the code (connector/crash_points.py): each thing that passes dies there once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.torture.ground import Ground

# In the order in which an invoice passes them; web, worker, tokens and payments.
IN_WEB = ("before_intent_commit", "after_intent_commit")
IN_WORKER = (
    "after_claim_commit",
    "before_send",
    "mid_send",
    "after_send",
    "after_response",
    "before_confirm_commit",
    "after_confirm_commit",
    "after_lane_release",
)
# An invoice that was made in Exact when its worker died is found by a look-up: it passes only one of these.
ENDS = ("after_send", "after_response", "before_confirm_commit", "after_confirm_commit")
# A killed worker's lease is waited for each time; nothing comes late here, so all may be short.
QUICK = {
    "COPY_SETTLE_SECONDS": "2",
    "COPY_SETTLE_SECONDS_GUARDED": "2",
    "COPY_SEND_LEASE_SECONDS": "2",
    "LANE_LEASE_SECONDS": "2",
    "LANE_SWEEP_SECONDS": "1",
}


class Kills:
    """What is to die where, and how much of it did."""

    def __init__(self, ground: Ground, places: Sequence[str]) -> None:
        self._folder: Path = ground.folder / "kills"
        self._folder.mkdir()
        self.places = places

    def environment(self, *, without: Sequence[str] = ()) -> dict[str, str]:
        """This function will return the variables of a program that is to die at the places."""
        return {
            **QUICK,
            "CRASH_AT": ",".join(place for place in self.places if place not in without),
            "CRASH_ONCE_IN": str(self._folder),
        }

    def count(self) -> int:
        """This function will return how many processes were killed."""
        return sum(1 for _ in self._folder.iterdir())

    def at(self, place: str) -> int:
        """This function will return how many were killed at one place."""
        return sum(1 for _ in self._folder.glob(f"{place}-*"))

"""What the apps above hand to the lanes: kinds of work, each with its own rows and its own order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from integrations.exact.client import ExactClient
from integrations.models import ExactConnection


@dataclass(frozen=True, slots=True)
class LaneJob:
    """One step's tools: a client bound to the connection's division, and the proof that the lane is still ours."""

    organization_id: int
    connection_id: int
    client: ExactClient
    fence: int
    worker: str
    now: Callable[[], datetime]
    still_ours: Callable[[], bool]


class LaneWork(Protocol):
    """A kind of work that goes through the lanes. The rows are the truth; the lane only asks what is due."""

    name: str
    # Lower goes first: 10 what a person waits for, 20 payments, 30 lists, 90 keeping log-ins alive.
    priority: int

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """Return when this connection has work next, or None. Called inside the organization's transaction."""
        ...

    def step(self, job: LaneJob) -> None:
        """Do one small piece of due work, a few calls at most. Called outside any transaction.

        Problems of Exact that concern no single row (limits, tokens, no answer to a read) are raised to the lane.
        """
        ...


@dataclass
class _Registry:
    works: list[LaneWork] = field(default_factory=list)


_registry = _Registry()


def register_work(work: LaneWork) -> None:
    """This function will let the lanes ask this kind of work; registering a name again replaces it."""
    _registry.works = sorted(
        [known for known in _registry.works if known.name != work.name] + [work],
        key=lambda known: known.priority,
    )


def registered_works() -> list[LaneWork]:
    """This function will return the kinds of work, most urgent first."""
    return list(_registry.works)

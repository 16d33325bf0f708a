"""What the apps above hand to the lanes: kinds of work, each with its own rows and its own order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from integrations.exact.client import ExactClient, Method
from integrations.lanes.pace import Purpose
from integrations.models import ExactConnection

_WAITED_FOR = 10


def allow_call(method: Method, path: str) -> None:
    """Keep no call back (for jobs outside a lane's turn)."""


@dataclass(frozen=True, slots=True)
class LaneJob:
    """One step's tools: a client bound to the connection's division, and the proof that the lane is still ours.

    ``check_call`` raises `errors.HeldBack` when such a call (method, path of `endpoints`) may not be made now. The client
    asks by itself before each call; ask it before something is written down that announces a call.
    """

    organization_id: int
    connection_id: int
    client: ExactClient
    fence: int
    worker: str
    now: Callable[[], datetime]
    still_ours: Callable[[], bool]
    check_call: Callable[[Method, str], None] = allow_call
    # Nothing else may be done now: the day's last calls are kept for it, or sending is stopped.
    look_ups_only: bool = False


class LaneWork(Protocol):
    """A kind of work that goes through the lanes. The rows are the truth; the lane only asks what is due."""

    name: str
    # Lower goes first: 10 what a person waits for, 20 payments, 30 lists, 90 keeping log-ins alive. Above 10 it is nothing
    # that a person waits for.
    priority: int

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """Return when this connection has work next, or None. Called inside the organization's transaction."""
        ...

    def next_look_up_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """Return when it has to find out next what became of something that was sent, or None; in such a transaction too."""
        ...

    def step(self, job: LaneJob) -> None:
        """Do one small piece of due work, a few calls at most. Called outside any transaction.

        Problems of Exact that concern no single row (limits, tokens, no answer to a read) are raised to the lane. Any call
        may be kept back (`errors.HeldBack`), so between two calls everything is written down.
        """
        ...


def purpose_of(work: LaneWork) -> Purpose:
    """This function will return what the work's calls are for, besides its look-ups."""
    return Purpose.PEOPLE if work.priority <= _WAITED_FOR else Purpose.BACKGROUND


@dataclass
class _Registry:
    works: list[LaneWork] = field(default_factory=list)
    always: set[str] = field(default_factory=set)


_registry = _Registry()


def register_work(work: LaneWork, *, also_when_paused: bool = False) -> None:
    """This function will let the lanes ask this kind of work; registering a name again replaces it.

    Of a paused connection only look-ups are asked, and what is registered as ``also_when_paused``.
    """
    _registry.always.discard(work.name)
    if also_when_paused:
        _registry.always.add(work.name)
    _registry.works = sorted(
        [known for known in _registry.works if known.name != work.name] + [work],
        key=lambda known: known.priority,
    )


def rests_when_paused(work: LaneWork) -> bool:
    """This function will tell whether a pause of the connection holds this work as well."""
    return work.name not in _registry.always


def registered_works() -> list[LaneWork]:
    """This function will return the kinds of work, most urgent first."""
    return list(_registry.works)

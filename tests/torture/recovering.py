"""Work that has to go on after an outage, and how long it took to: a backlog in some divisions, and a clock."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import OperationalError, connection
from django.utils import timezone

from integrations.models import DivisionLane
from invoices.models import CopyRequest, CopyState, Invoice
from tests.torture.offices import Office, make_invoices, open_offices
from tests.torture.outcome import Outcome, Size
from tests.torture.programs import wait_until
from tests.torture.stage import Stage, say
from tests.torture.truth import compare
from tests.torture.working import ask_for_all, wait_for_all

# The long runs measure what production would take; only what may still turn up in Exact is waited for less long.
AS_IN_PRODUCTION = {
    "COPY_SEND_LEASE_SECONDS": "45",
    "LANE_LEASE_SECONDS": "45",
    "LANE_SWEEP_SECONDS": "10",
}
_PACE = 0.25  # seconds a call takes at Exact, so that the backlog lasts


def settings_for(size: Size) -> dict[str, str]:
    """This function will return the variables of workers and beat: production's, or a tenth of them when it is short."""
    return AS_IN_PRODUCTION if size is Size.LONG else {}


def backlog(stage: Stage, *, offices: int, each: int, is_asked: bool = True) -> list[Office]:
    """This function will open offices and ask for copies that take a while: `each` calls of a quarter second."""
    stage.sandbox.lift_limits()
    opened = open_offices(stage.sandbox, offices)
    made = make_invoices(opened, offices * each)
    stage.sandbox.fault("slow", delay_s=_PACE, times=None, probability=1.0, seed=1)
    if is_asked:
        ask_for_all(opened, made)
    return opened


def ask(offices: Sequence[Office]) -> None:
    """This function will ask for copies of what was taken in and not asked for."""
    for office in offices:
        with office.rows():
            ids = list(Invoice.objects.order_by("id").values_list("id", flat=True))
        office.ask(ids)


def wait_for_rest(*, seconds: float) -> None:
    """This function will wait until no lane is held any more: turns that were under way have ended."""
    wait_until(
        lambda: not DivisionLane.objects.filter(lease_until__isnull=False).exists(),
        seconds,
        "The lanes rest",
    )


def wait_for_progress(
    offices: Iterable[Office], *, since: datetime, seconds: float, copies: int = 1
) -> float:
    """This function will wait until each office has copied what it sent after `since`; it returns how many seconds
    that was for the last of them. After `seconds` it gives up and returns infinity.
    """
    end = time.monotonic() + seconds
    waiting = {office.division: office for office in offices}
    slowest = 0.0
    while waiting:
        for division, office in list(waiting.items()):
            at = _copied_at(office, since, copies)
            if at is not None:
                slowest = max(slowest, (at - since).total_seconds())
                del waiting[division]
        if time.monotonic() > end:
            say(f"no progress in divisions {sorted(waiting)}")
            return float("inf")
        time.sleep(0.1)
    return slowest


def _copied_at(office: Office, since: datetime, copies: int) -> datetime | None:
    try:
        with office.rows():
            times = list(
                CopyRequest.objects.filter(state=CopyState.COPIED, last_sent_at__gt=since)
                .order_by("state_changed_at")
                .values_list("state_changed_at", flat=True)[:copies]
            )
    except OperationalError:
        connection.close()
        return None
    return times[-1] if len(times) == copies else None


def finish(
    stage: Stage, offices: Sequence[Office], *, took: float, bar: float, what: str, limit: float
) -> Outcome:
    """This function will let everything end, and judge: soon enough, and nothing lost or doubled."""
    stage.sandbox.clear_faults()
    wait_for_all(offices, seconds=limit)
    truth = compare(stage.sandbox, offices)
    passed = took <= bar and truth.is_good
    figures = {**truth.figures(), "seconds": round(took, 1)}
    return Outcome(figures, passed, f"{what} {took:.1f} s after; {truth.sentence()}")


def now() -> datetime:
    """This function will return the time, as the rows have it."""
    return timezone.now()

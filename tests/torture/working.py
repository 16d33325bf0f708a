"""Asking for copies and waiting for them while things go wrong."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import OperationalError, connection
from django.utils import timezone

from integrations.models import ConnectionState, DivisionLane, ExactConnection
from invoices.models import CopyRequest
from invoices.models.copying import ACTIVE_COPY_STATES
from tests.torture.offices import Office, batches, log_in
from tests.torture.sandbox import SandboxControl
from tests.torture.stage import say

_TELL_EVERY = 15.0


def ask_for_all(
    offices: Sequence[Office],
    made: dict[int, list[int]],
    *,
    at_once: int = 50,
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """This function will ask for a copy of every invoice, in turns between the offices."""
    for place, ids in batches(made, at_once):
        offices[place].ask(ids)
        meanwhile()


def active(offices: Sequence[Office]) -> int:
    """This function will count the copies under way; a database that is down is asked again a moment later."""
    while True:
        try:
            return sum(office.active() for office in offices)
        except OperationalError:
            connection.close()
            time.sleep(0.2)


def wait_for_all(
    offices: Sequence[Office], *, seconds: float, meanwhile: Callable[[], object] = lambda: None
) -> float:
    """This function will wait until no copy is under way, and return how long that took, in seconds.

    `meanwhile` is called several times a second. After `seconds` it gives up: what is left counts as lost.
    """
    began = told = time.monotonic()
    while left := active(offices):
        now = time.monotonic()
        if now - began > seconds:
            say(f"given up after {seconds:.0f} s with {left} left: {what_holds_up(offices)}")
            break
        if now - told > _TELL_EVERY:
            say(f"{left} copies under way: {what_holds_up(offices)}")
            told = now
        meanwhile()
        time.sleep(0.2)
    return time.monotonic() - began


def what_holds_up(offices: Sequence[Office]) -> str:
    """This function will say what lanes and copies wait for, the most frequent first."""
    try:
        now = timezone.now()
        reasons = Counter(
            _lane_waits(lane, now)
            for lane in DivisionLane.objects.filter(members__due_at__isnull=False).distinct()
        )
        for office in offices:
            with office.rows():
                for copy in CopyRequest.objects.filter(state__in=ACTIVE_COPY_STATES):
                    reasons[_copy_waits(copy, now)] += 1
    except OperationalError:
        return "the database is away"
    return ", ".join(f"{count} {reason}" for reason, count in reasons.most_common(6))


def _lane_waits(lane: DivisionLane, now: datetime) -> str:
    if lane.resume_at and lane.resume_at > now:
        return f"lanes wait {(lane.resume_at - now).total_seconds():.0f} s: {lane.resume_reason}"
    return "lanes leased" if lane.lease_until and lane.lease_until > now else "lanes free"


def _copy_waits(copy: CopyRequest, now: datetime) -> str:
    wait = (copy.next_at - now).total_seconds() if copy.next_at else 0
    return f"{copy.state}, due" if wait <= 0 else f"{copy.state}, due in {wait:.0f} s"


def revive(sandbox: SandboxControl, offices: Sequence[Office]) -> int:
    """This function will log in at Exact again wherever the consent was lost, as a person would; it returns how many."""
    count = 0
    for office in offices:
        with office.rows():
            lost = ExactConnection.objects.filter(state=ConnectionState.NEEDS_CONSENT).exists()
        if lost:
            log_in(sandbox, office)
            count += 1
    return count

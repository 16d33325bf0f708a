"""The operator's switch for all writing to Exact: who turned it, when and why is noted in each organization it concerns.

Reading goes on meanwhile, and what people ask for waits (RELIABILITY K6). The lanes do the stopping: `lanes/stopping.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from connector.sentences import sentence
from connector.tenancy.organizations import note
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.models import DivisionLane, ExactConnection, LaneMember

logger = logging.getLogger(__name__)

# The stop that `recovering` makes, and ends by itself. An operator's takes its place, or it would end with that one.
RESTORED = gettext_noop(
    "The database was restored from a backup; what Exact has is looked up first"
)


@dataclass(frozen=True, slots=True)
class Stopped:
    """A stop as people of an organization see it. `names` are their connections it concerns; none: all of them."""

    since: datetime | None
    reason: str
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Stops:
    """What keeps calls to Exact back: the operator's stop, and the names of the connections that an admin paused.

    `has_due_work`: work of a connection that nobody paused should be done by now, or is being done.
    """

    stop: Stopped | None = None
    paused: Sequence[str] = ()
    has_due_work: bool = False


def choose_lanes(division: int | None = None) -> QuerySet[DivisionLane]:
    """This function will return the lanes of a division, on whichever host, or all there are."""
    rows = DivisionLane.objects.order_by("host", "division", "id")
    return rows if division is None else rows.filter(division=division)


def stop(rows: QuerySet[DivisionLane], *, reason: str, who: str, now: datetime) -> int:
    """This function will let nothing be written through these lanes any more; it returns how many no operator had stopped yet."""
    goes_on = Q(is_stopped=False)
    if reason != RESTORED:
        goes_on |= Q(stop_reason=RESTORED)
    with transaction.atomic():
        lanes.wait_for_new_lanes()
        ids = list(rows.filter(goes_on).values_list("pk", flat=True))
        chosen = DivisionLane.objects.filter(pk__in=ids)
        count = lanes.stop(chosen, reason=reason, who=who)
    logger.warning("Sending was stopped", extra={"lanes": count, "reason": reason})
    told = (
        sentence("The operator stopped copying to Exact: %(reason)s.", reason=reason.rstrip("."))
        if reason
        else sentence("The operator stopped copying to Exact.")
    )
    _note(chosen, "exact_sends_stopped", told, now)
    return count


def release(rows: QuerySet[DivisionLane], *, now: datetime) -> int:
    """This function will let these lanes write again, at once; it returns how many were stopped."""
    ids = list(rows.filter(is_stopped=True).values_list("pk", flat=True))
    chosen = DivisionLane.objects.filter(pk__in=ids)
    count = lanes.release(chosen)
    logger.warning("Sending was released", extra={"lanes": count})
    _note(chosen, "exact_sends_released", sentence("The operator let copying to Exact go on."), now)
    return count


def find_stops(organization_id: int) -> Stops:
    """This function will return what keeps calls of the organization of the open transaction back; one query when nothing does."""
    own = LaneMember.objects.filter(organization_id=organization_id)
    is_due = Q(due_at__lte=Now(), paused_at=None)
    held = list(
        own.annotate(is_due=is_due)
        .filter(Q(lane__is_stopped=True) | Q(paused_at__isnull=False) | is_due)
        .select_related("lane")
        .order_by("lane__stopped_at", "id")
    )
    if not held:
        return Stops()
    stopped = [seat for seat in held if seat.lane.is_stopped]
    resting = {seat.connection_id for seat in held if seat.paused_at is not None}
    paused = _names(resting) if resting else ()
    has_due_work = any(seat.is_due for seat in held)
    if not stopped:
        return Stops(paused=paused, has_due_work=has_due_work)
    ids = {seat.connection_id for seat in stopped}
    lane = stopped[0].lane
    stop = Stopped(
        lane.stopped_at,
        # What an operator typed stays; our own reason is known in each language.
        sentence(lane.stop_reason.rstrip(".")),
        _names(ids) if len(ids) < own.count() else [],
    )
    return Stops(stop, paused, has_due_work)


def _names(ids: Iterable[int]) -> list[str]:
    rows = ExactConnection.objects.filter(pk__in=list(ids)).order_by("name", "id")
    return list(rows.values_list("name", flat=True))


def _note(chosen: QuerySet[DivisionLane], action: str, told: str, now: datetime) -> None:
    organizations = LaneMember.objects.filter(lane__in=chosen).values_list(
        "organization_id", flat=True
    )
    for organization_id in sorted(set(organizations)):
        with tenant_transaction(organization_id):
            note(action=action, sentence=told, user=None, now=now)

"""The queue of callbacks: whose endpoint is looked at when, and by whom. One row per organization, one lease at a time.

A change only rings after its commit, so no row here is ever locked by the transaction that settles invoices. A ring that is
lost costs `LOOK_EVERY` at most: so often each line is looked at anyway. Times are the database's, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection as database, transaction
from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Least

from connector.database_clock import database_now
from integrations.lanes import doorbell
from payments.psa_reports.models import CallbackLine, CallbackTurn

TASK = "payments.tasks.tell_psas"
LOOK_EVERY = timedelta(minutes=5)
# Longer than the longest call with the look-up of its name, so that a line whose worker lives is not taken from it.
LEASE = timedelta(seconds=90)
_TURN_ID = 1
_TURN_LEASE = timedelta(seconds=45)


@dataclass(frozen=True, slots=True)
class Claim:
    """A line that is ours until its lease ends."""

    organization_id: int
    fence: int
    is_slow: bool
    retell_after_id: int | None = None


def ring(organization_id: int, *, at_once: bool = False) -> None:
    """This function will have the organization's line looked at soon; ``at_once`` also ends the pause after failures."""
    now = database_now()
    due_at = Least(F("due_at"), Value(now, output_field=DateTimeField()))
    changes = {"due_at": due_at} | ({"resume_at": None} if at_once else {})
    if CallbackLine.objects.filter(organization_id=organization_id).update(**changes):
        doorbell.publish(TASK)


def open_line(organization_id: int) -> None:
    """This function will make sure that the organization has a line."""
    CallbackLine.objects.get_or_create(
        organization_id=organization_id, defaults={"due_at": database_now()}
    )


def ask_retelling(organization_id: int, now: datetime) -> None:
    """This function will have everything of an organization told again, in steps, whether it has an endpoint or not."""
    CallbackLine.objects.update_or_create(
        organization_id=organization_id,
        defaults={"due_at": now, "resume_at": None, "retell_after_id": 0},
    )


def note_retelling(claim: Claim, after_id: int | None) -> None:
    """This function will note how far telling again is; None: it is done."""
    CallbackLine.objects.filter(organization_id=claim.organization_id, fence=claim.fence).update(
        retell_after_id=after_id
    )


def claim(now: datetime, *, places: int, slow_places: int) -> list[Claim]:
    """This function will take up to so many due lines, the longest waiting first, and slow ones only into slow places."""
    if places <= 0:
        return []
    free = (
        CallbackLine.objects.filter(
            Q(resume_at=None) | Q(resume_at__lte=now),
            Q(lease_until=None) | Q(lease_until__lt=now),
            due_at__lte=now,
        )
        .order_by("due_at", "id")
        .select_for_update(skip_locked=True)
    )
    with transaction.atomic():
        rows = list(free.filter(is_slow=False)[:places])
        rows += free.filter(is_slow=True)[: max(0, min(slow_places, places - len(rows)))]
        for row in rows:
            row.lease_until = now + LEASE
            row.fence += 1
            # What is rung for from now on makes it due again earlier.
            row.due_at = now + LOOK_EVERY
            row.save(update_fields=["lease_until", "fence", "due_at"])
    return [Claim(row.organization_id, row.fence, row.is_slow, row.retell_after_id) for row in rows]


def is_ours(claim: Claim) -> bool:
    """This function will tell whether the line is still ours, and hold it to the end of the open transaction if so."""
    held = CallbackLine.objects.select_for_update().filter(
        organization_id=claim.organization_id, fence=claim.fence, lease_until__isnull=False
    )
    return held.first() is not None


def release(
    claim: Claim,
    *,
    due_at: datetime | None = None,
    resume_at: datetime | None = None,
    is_slow: bool | None = None,
) -> None:
    """This function will give the line back: when it is due next (None: when it is looked at anyway) and until when it pauses."""
    changes: dict[str, object] = {"lease_until": None, "resume_at": resume_at}
    if due_at is not None:
        changes["due_at"] = Least(F("due_at"), Value(due_at, output_field=DateTimeField()))
    if is_slow is not None:
        changes["is_slow"] = is_slow
    CallbackLine.objects.filter(organization_id=claim.organization_id, fence=claim.fence).update(
        **changes
    )


def hold_turn(worker: str, now: datetime) -> bool:
    """This function will take, or keep, the one turn of the installation; False when another worker has it."""
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payments_callbackturn AS turn (id, worker, lease_until) VALUES (%s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET worker = EXCLUDED.worker, lease_until = EXCLUDED.lease_until"
            " WHERE turn.worker = EXCLUDED.worker OR turn.lease_until < %s RETURNING id",
            [_TURN_ID, worker, now + _TURN_LEASE, now],
        )
        return cursor.fetchone() is not None


def end_turn(worker: str, now: datetime) -> None:
    """This function will let another worker have the turn, and wake one when something became due meanwhile."""
    CallbackTurn.objects.filter(worker=worker).update(lease_until=now - timedelta(seconds=1))
    due = CallbackLine.objects.filter(
        Q(resume_at=None) | Q(resume_at__lte=now), due_at__lte=now, lease_until=None
    )
    if due.exists():
        doorbell.publish(TASK)

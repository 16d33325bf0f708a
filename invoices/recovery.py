"""Recovery after a restore from a backup: nothing is sent before it is known what Exact got meanwhile (RELIABILITY F3, F4).

`manage.py recovery` begins it. Each connection then reads in its lane what was made in Exact since the backup, 60 documents a
call; `forgotten.py` gives each back to its invoice. Until both are done the connection sends nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from connector.sentences import Sentence, sentence
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.exact import errors
from integrations.lanes import LaneJob
from integrations.models import ExactConnection, Route
from invoices import copy_states, forgotten
from invoices.models import CopyRequest, CopyState, RecoveryPass
from invoices.routes import route_of

logger = logging.getLogger(__name__)

# Exact's clock is not ours, and a backup takes a while.
_MARGIN = timedelta(hours=1)
_PAGES_A_STEP = 3
_AFTER_A_REFUSAL = timedelta(minutes=15)
_LOOKED_AT_AGAIN = timedelta(seconds=30)
_DOCUMENTS = {
    Route.BOOKING: gettext_lazy("sales entries"),
    Route.EXACT_INVOICE: gettext_lazy("sales invoices"),
}
_WAITS = gettext_lazy("The database was restored from a backup; what Exact has is looked up first")


def begin(*, connection: ExactConnection, backup_at: datetime, now: datetime) -> None:
    """This function will let the connection look up what Exact has before it sends anything, in the tenant transaction.

    `backup_at` (UTC) is the time up to which this database knows what was sent.
    """
    used = CopyRequest.objects.filter(connection=connection).values_list("route", flat=True)
    # Exact's own invoices before entries: an entry that printing made is known by the mark of its invoice then.
    for route in sorted({connection.route, *used.distinct()}, reverse=True):
        RecoveryPass.objects.filter(connection=connection, route=route, done_at=None).update(
            done_at=now, next_at=None
        )
        RecoveryPass.objects.create(
            connection=connection,
            route=route,
            began_at=now,
            since=backup_at - _MARGIN,
            settled_at=now + timedelta(seconds=settings.COPY_SETTLE_SECONDS),
            next_at=now,
        )
    lanes.ring(connection, at=now)


def is_under_way(connection: ExactConnection) -> bool:
    """This function will tell whether the connection still looks up what Exact has since the backup."""
    return RecoveryPass.objects.filter(connection=connection, done_at=None).exists()


def waits_for(connection: ExactConnection) -> str:
    """This function will say how far the connection's looking up is, as a sentence without its end; empty when it is done."""
    now = timezone.now()
    found = _open_passes(connection)
    if not found:
        return ""
    one = _find_refused(found, now) or found[0]
    if one.next_at is None or one.next_at <= now:
        return _("What Exact has got since the backup is being read")
    again = _("What Exact has got since the backup is read once more, when all of it is there")
    reason = again if one.reading_began_at is None else _refused(one)
    return lanes.waiting_sentence(reason, one.next_at)


def _open_passes(connection: ExactConnection) -> list[RecoveryPass]:
    """Those that are not done, the next one first."""
    rows = RecoveryPass.objects.filter(connection=connection, done_at=None)
    return list(rows.select_related("connection__grant").order_by("next_at", "id"))


def _find_refused(found: Sequence[RecoveryPass], now: datetime) -> RecoveryPass | None:
    """One whose reading began, and has to begin again some time later."""
    began = [one for one in found if one.reading_began_at is not None]
    return next((one for one in began if one.next_at is not None and one.next_at > now), None)


def _refused(one: RecoveryPass) -> Sentence:
    grant = one.connection.grant
    return sentence(
        "Nothing is sent before Exact has shown its %(documents)s since the backup. It refuses that, or one of ours cannot be "
        "read: look in Exact whether %(exact_user)s has the right to read them",
        documents=_DOCUMENTS[Route(one.route)],
        exact_user=grant.exact_user_name if grant else "",
    )


def keeps_back(job: LaneJob, request: CopyRequest) -> bool:
    """This function will put off a step that may write to Exact as long as the connection looks up; look-ups go on."""
    with tenant_transaction(job.organization_id):
        if request.state != CopyState.QUEUED or not is_under_way(request.connection):
            return False
        refused = _find_refused(_open_passes(request.connection), job.now())
        why = _refused(refused) if refused else _WAITS
        copy_states.wait(request, at=job.now() + _LOOKED_AT_AGAIN, progress=why)
    return True


class RecoveryWork:
    """The lane work "recovery": it only reads, and goes on while sending is stopped."""

    name = "recovery"
    priority = 15

    def next_due_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return when the connection reads on."""
        del now
        if not connection.is_working:
            return None
        rows = RecoveryPass.objects.filter(connection=connection, done_at=None)
        due: datetime | None = rows.aggregate(due=Min("next_at"))["due"]
        return due

    def next_look_up_at(self, connection: ExactConnection, *, now: datetime) -> datetime | None:
        """This function will return the same: it is nothing but a look-up."""
        return self.next_due_at(connection, now=now)

    def step(self, job: LaneJob) -> None:
        """This function will read a few pages of what was made or changed in Exact since the backup."""
        now = job.now()
        with tenant_transaction(job.organization_id):
            one = (
                RecoveryPass.objects.select_related("connection__subsidiary")
                .filter(connection=job.connection_id, done_at=None, next_at__lte=now)
                .order_by("id")
                .first()
            )
            if one is None:
                return
            if one.reading_began_at is None:
                one.reading_began_at, one.next_page = now, ""
                one.save(update_fields=["reading_began_at", "next_page"])
        try:
            _read_pages(job, one)
        except (errors.TemporaryProblem, errors.Unauthorized):
            raise
        except errors.ExactError as error:
            logger.warning("What Exact has could not be read", exc_info=error)
            with tenant_transaction(job.organization_id):
                at = job.now() + _AFTER_A_REFUSAL
                RecoveryPass.objects.filter(pk=one.pk).update(next_at=at, next_page="")


def _read_pages(job: LaneJob, one: RecoveryPass) -> None:
    pages = route_of(one.route).changed_since(job.client, one.since, start=one.next_page)
    for page in islice(pages, _PAGES_A_STEP):
        if not job.still_ours():
            return
        now = job.now()
        with tenant_transaction(job.organization_id):
            forgotten.check_readable(one, page.quarantined)
            forgotten.give_back(one, page.rows, now=now)
            if page.next is None:
                _end_reading(one, now)
            else:
                RecoveryPass.objects.filter(pk=one.pk).update(next_page=page.next, next_at=now)


def _end_reading(one: RecoveryPass, now: datetime) -> None:
    """The last reading is one that began when nothing could be on its way any more."""
    row = RecoveryPass.objects.filter(pk=one.pk, done_at=None)
    if one.reading_began_at is not None and one.reading_began_at >= one.settled_at:
        row.update(done_at=now, next_at=None)
        return
    row.update(next_at=max(one.settled_at, now), reading_began_at=None, next_page="")

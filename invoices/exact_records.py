"""Makes the records that a copy needs in Exact before its document - customer, contact, file - once, whatever happens.

Making a record is an intent of its own (an `ExactRecord` row), noted before the first byte leaves: a copy that fails
afterwards finds the record again, and two invoices that need the same one make one. Each kind is a small subclass that
says where its row is, how it is made, and how it is recognized in Exact when an answer was lost.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from django.conf import settings

from connector.crash_points import crash_point
from connector.sentences import Words, english, sentence, together
from connector.tenancy.scope import tenant_transaction
from connector.tenancy.write_back import write_back
from integrations.exact import errors
from integrations.exact.errors import Outcome
from integrations.lanes import LaneJob
from invoices import attempts, copy_states
from invoices.models import CopyRequest, ExactRecord, ExactRecordState
from invoices.outcomes import NOTHING_HAPPENED
from invoices.problems import NO_PROBLEM, Problem

logger = logging.getLogger(__name__)

_Link = TypeVar("_Link", bound=ExactRecord)
_Made = TypeVar("_Made")

_LOOKUPS_BEFORE_ABSENT = 2
_OVER = {ExactRecordState.REFUSED, ExactRecordState.ORPHANED, ExactRecordState.REMOVED}
# Exact's clock is not ours; a record changed this long before our send can still be the one we made.
CLOCK_MARGIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Later:
    """A search is not finished: it goes on in the next step. `progress` is what a person reads meanwhile."""

    progress: str


@dataclass(frozen=True, slots=True)
class RecordWords:
    """What people read while a record of this kind is made; all of them can be kept."""

    creating: Words
    checking: Words
    waiting: Words
    refused: Words
    # With %(n)s: how many there are.
    ambiguous: Words


class RecordMaker(ABC, Generic[_Link, _Made]):
    """Makes one record of one kind for a copy request, in its lane: one call at most in a step, besides a search."""

    noun: ClassVar[str]
    words: ClassVar[RecordWords]

    def __init__(self, job: LaneJob, request: CopyRequest) -> None:
        self.job = job
        self.request = request

    def settled(self) -> UUID | None:
        """The record's id when it needs no row: chosen by a person, for instance."""
        return None

    @abstractmethod
    def row(self) -> _Link | None:
        """The intent's row, locked; None when there is none yet."""

    @abstractmethod
    def note(self, values: dict[str, Any]) -> _Link:
        """Make the row, or renew it, with these columns."""

    def is_gone(self, link: _Link) -> bool:
        """Whether Exact no longer has (or no longer takes) a record that is linked: then it is made anew."""
        del link
        return False

    def search(self) -> UUID | _Link | Problem | Later | None:
        """Look for a record that is there already, before one is made. A Problem stops the copy until a person chooses.

        A row is another one's that is being made and may be the same: it is waited for. Called outside any transaction;
        it may call Exact.
        """
        return None

    def found(self, exact_id: UUID, *, now: datetime) -> None:
        """Write down what else follows when the search found the record, in the transaction that links it."""

    @abstractmethod
    def create(self) -> _Made:
        """Make the record in Exact: one POST."""

    @abstractmethod
    def exact_id(self, made: _Made) -> UUID:
        """The id that Exact gave the record."""

    @abstractmethod
    def look_up(self, link: _Link) -> Sequence[_Made]:
        """Find in Exact what the lost POST may have made; only what can be ours."""

    def linked(self, link: _Link, made: _Made, *, now: datetime) -> None:
        """Write down what else follows when the record is there, in the transaction that links it."""

    def refused(self, link: _Link, problem: Problem) -> None:
        """Write down what else a refusal means, in the transaction that holds the request."""
        del link, problem

    def refusal(self, problem: Problem) -> Problem:
        """What a person reads when Exact refuses the record."""
        told = together(self.words.refused, problem.sentence)
        return Problem(problem.code, told, problem.remedy, problem.raw)

    def ambiguous(self, found: Sequence[_Made]) -> Problem:
        """What a person reads when more than one record may be ours."""
        return Problem(
            f"{self.noun}_ambiguous",
            sentence(english(self.words.ambiguous), n=len(found)),
            sentence("Delete what is too much in Exact, then try again."),
        )

    def ensure(self) -> UUID | None:
        """This function will return the record's id, making it when there is none; None: look at the request again later.

        Called outside any transaction. It holds the request (`needs_choice`) when Exact refuses the record.
        """
        found = self._in_rows(self._standing)
        if found is None:
            existing = self._searched()
            if isinstance(existing, Problem | Later):
                self._in_rows(lambda: self._put_off(existing))
                return None
            if isinstance(existing, ExactRecord):
                self._go_on(existing)
                return None
            found = self._in_rows(lambda: self._take(existing))
            if not isinstance(found, UUID):
                return self._create(found)
        return found if isinstance(found, UUID) else self._go_on(found)

    def _go_on(self, link: _Link) -> UUID | None:
        """Look for a record that is under way when it is time to; else wait for it."""
        is_due = link.next_at is None or link.next_at <= self.job.now()
        if link.state == ExactRecordState.UNKNOWN and is_due:
            return self._look_up(link)
        self._later(link)
        return None

    def _put_off(self, reason: Problem | Later) -> None:
        now = self.job.now()
        if isinstance(reason, Problem):
            copy_states.hold(self.request, reason, now=now)
        else:
            copy_states.wait(self.request, at=now, progress=reason.progress)

    def _in_rows(self, do: Callable[[], Any]) -> Any:
        with tenant_transaction(self.job.organization_id):
            return do()

    def _standing(self) -> UUID | _Link | None:
        """The id when it is settled, the row when it is under way, None when one may be made."""
        settled = self.settled()
        if settled is not None:
            return settled
        link = self.row()
        if link is None or link.state in _OVER:
            return None
        if link.state == ExactRecordState.LINKED and link.exact_id is not None:
            return None if self.is_gone(link) else link.exact_id
        return self.expired(link)

    def expired(self, link: _Link) -> _Link:
        """This function will note that whoever was making a record is gone: nobody knows whether Exact has it."""
        now = self.job.now()
        if link.state == ExactRecordState.SENDING and (
            link.sent_at is None or link.sent_at + attempts.send_lease() < now
        ):
            link.state = ExactRecordState.UNKNOWN
            link.next_at = now
            link.save(update_fields=["state", "next_at"])
        return link

    def _searched(self) -> UUID | _Link | Problem | Later | None:
        try:
            return self.search()
        except errors.NeedsAttention as refusal:
            return Problem.from_error(refusal)

    def _take(self, existing: UUID | None) -> UUID | _Link:
        """Link what is there already, or note that one is about to be made."""
        if existing is not None:
            self.note({"state": ExactRecordState.LINKED, "exact_id": existing, "next_at": None})
            self.found(existing, now=self.job.now())
            return existing
        now = self.job.now()
        at = now + attempts.send_lease()
        copy_states.wait(self.request, at=at, progress=self.words.creating)
        return self.note(
            {
                "state": ExactRecordState.SENDING,
                "exact_id": None,
                "fence": self.job.fence,
                "sent_at": now,
                "settle_until": now + timedelta(seconds=settings.COPY_SETTLE_SECONDS),
                "absent_lookups": 0,
                "next_at": at,
            }
        )

    def _create(self, link: _Link) -> UUID | None:
        if not self.job.still_ours():
            self._in_rows(lambda: self._release(link))
            return None
        crash_point(f"after_{self.noun}_claim")
        ends_at = time.monotonic() + attempts.send_lease().total_seconds()
        write = partial(write_back, self.job.organization_id, ends_at=ends_at)
        try:
            made = self.create()
        except errors.ExactError as error:
            write(partial(self._after_error, link, error))
            if error.outcome in NOTHING_HAPPENED:
                # Raised inside the transaction it would undo the release, and the record would count as perhaps made.
                raise
            return None
        crash_point(f"after_{self.noun}_post")
        return self.exact_id(made) if write(partial(self._linked, link, made)) else None

    def _after_error(self, link: _Link, error: errors.ExactError) -> None:
        problem = Problem.from_error(error)
        if not link.is_as_seen():
            return  # this worker was given up, and whoever went on knows more
        if error.outcome in NOTHING_HAPPENED:
            self._release(link)
        elif error.outcome == Outcome.REFUSED:
            self._refuse(link, problem)
        else:
            # A 500 with Exact's own text is nearly always a refusal; it counts once the look-up has found nothing.
            is_refusal = error.outcome == Outcome.PROBABLY_REFUSED
            self._suspect(link, problem if is_refusal else NO_PROBLEM)

    def _suspect(self, link: _Link, problem: Problem) -> None:
        now = self.job.now()
        self._change(link, state=ExactRecordState.UNKNOWN, next_at=now)
        CopyRequest.objects.filter(pk=self.request.pk).update(**problem.columns())
        copy_states.wait(self.request, at=now, progress=self._checking)

    @property
    def _checking(self) -> Words:
        return self.words.checking

    def _change(self, link: _Link, **columns: Any) -> None:
        type(link).objects.filter(pk=link.pk).update(**columns)

    def _release(self, link: _Link) -> None:
        """Nothing was made: the next step may begin anew."""
        if link.is_as_seen():
            type(link).objects.filter(pk=link.pk).delete()
            copy_states.wait(self.request, at=self.job.now(), progress="")

    def _look_up(self, link: _Link) -> UUID | None:
        found = self.look_up(link)
        if len(found) == 1:
            is_linked = self._in_rows(lambda: self._linked(link, found[0]))
            return self.exact_id(found[0]) if is_linked else None
        self._in_rows(lambda: self._not_found(link, found))
        return None

    def _not_found(self, link: _Link, found: Sequence[_Made]) -> None:
        now = self.job.now()
        if not link.is_as_seen():
            return
        if found:
            self._change(link, state=ExactRecordState.REFUSED, next_at=None)
            copy_states.hold(self.request, self.ambiguous(found), now=now)
            return
        lookups = link.absent_lookups + 1
        settled = link.settle_until is not None and now >= link.settle_until
        if self.request.problem_code:
            self._refuse(link, Problem.of(self.request))
        elif lookups >= _LOOKUPS_BEFORE_ABSENT and settled:
            self._release(link)
        else:
            at = max(link.settle_until or now, now)
            self._change(link, absent_lookups=lookups, next_at=at)
            copy_states.wait(self.request, at=at, progress=self._checking)

    def _later(self, link: _Link) -> None:
        at = link.next_at or self.job.now() + attempts.send_lease()
        self._in_rows(lambda: copy_states.wait(self.request, at=at, progress=self.waiting))

    @property
    def waiting(self) -> Words:
        """What a person reads while another request makes the record."""
        return self.words.waiting

    def _linked(self, link: _Link, made: _Made) -> bool:
        """Write down that the record is there; False when another worker went on: what that one knows counts."""
        now = self.job.now()
        if not link.is_as_seen():
            ours = self.exact_id(made)
            # Written before, when only the news of that was lost; else it may be a second one.
            if not type(link).objects.filter(pk=link.pk, exact_id=ours).exists():
                logger.error("A record came late", extra={"noun": self.noun, "exact_id": ours})
            return False
        self._change(
            link, state=ExactRecordState.LINKED, exact_id=self.exact_id(made), next_at=None
        )
        CopyRequest.objects.filter(pk=self.request.pk).update(**NO_PROBLEM.columns())
        copy_states.wait(self.request, at=now, progress="")
        self.linked(link, made, now=now)
        return True

    def _refuse(self, link: _Link, problem: Problem) -> None:
        self._change(link, state=ExactRecordState.REFUSED, next_at=None)
        self.refused(link, problem)
        copy_states.hold(self.request, self.refusal(problem), now=self.job.now())

"""What the copy panel of an invoice shows: whether it can be copied, what goes on, what is in Exact. No calls."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from connector.tenancy.models import Organization
from integrations import lanes, status
from integrations.models import ConnectionState
from invoices.breaks import list_open
from invoices.copied.card import CopiedCard
from invoices.copy_offer import CopyOffer, find_offer
from invoices.copy_words import DOING
from invoices.document_words import DocumentWords
from invoices.mending import MendingPlace, find_place
from invoices.models import (
    CopyKind,
    CopyRequest,
    CopyState,
    Invoice,
    PostedDocument,
    PostedDocumentState,
    ReconciliationBreak,
)
from invoices.models.copying import newest_that_stands
from invoices.problems import Problem
from invoices.routes import route_of

_HELD = frozenset({CopyState.NEEDS_CHOICE, CopyState.CONFLICT})
# What goes on within this time is not worth a time of the day.
_SOON = {CopyState.UNKNOWN: timedelta(seconds=30), CopyState.QUEUED: timedelta(seconds=60)}


@dataclass(frozen=True)
class CopyPanel:
    """An invoice's standing with Exact.

    `request` is the newest wish when it is under way, held, or ended with a difference; `document` is the newest copy
    that still exists in Exact.
    """

    invoice: Invoice
    offer: CopyOffer
    request: CopyRequest | None
    document: PostedDocument | None
    documents: tuple[PostedDocument, ...]
    # What its work waits for, of a request that is active.
    lane: lanes.LaneStatus | None
    goes_on_at: datetime | None
    poll_seconds: int
    breaks: tuple[ReconciliationBreak, ...] = ()
    # That nothing in the background runs, as a sentence; empty when it does, or nothing waits for it.
    silence: str = ""

    @property
    def takes_files(self) -> bool:
        """Whether the invoice's files go along with its copy, or with the one that can be made now."""
        made = self.document or self.offer.connection
        return made is None or route_of(made.route).takes_files

    @property
    def is_active(self) -> bool:
        """Whether work goes on without a person."""
        return self.request is not None and self.request.is_active

    @property
    def is_held(self) -> bool:
        """Whether a person has to choose."""
        return self.request is not None and self.request.state in _HELD

    @property
    def is_set_aside(self) -> bool:
        """Whether a person said that it does not go to Exact through us."""
        return bool(self.invoice.set_aside) and not self.is_active and self.document is None

    @property
    def is_update(self) -> bool:
        """Whether the wish is to change the newest copy."""
        return self.request is not None and self.request.kind == CopyKind.UPDATE

    @property
    def is_sending(self) -> bool:
        """Whether the wish is that Exact numbers and sends the newest copy."""
        return self.request is not None and self.request.kind == CopyKind.SEND

    @property
    def is_watched(self) -> bool:
        """Whether something is still to come by itself: work goes on, Exact has to tell the number or is read back."""
        is_read_back = self.document is not None and self.document.check_due_at is not None
        awaits_number = self.standing is not None and self.standing.awaits_number
        return self.is_active or is_read_back or awaits_number

    @property
    def begun(self) -> str:
        """What was started, and by whom."""
        if self.request is None:
            return ""
        name = self.request.requested_by or _("the connector")
        return str(DOING[CopyKind(self.request.kind)][1]) % {"name": name}

    @cached_property
    def card(self) -> CopiedCard | None:
        """What the chip of the newest copy opens."""
        return (
            CopiedCard(self.invoice, self.document, differs=self.differs) if self.document else None
        )

    @property
    def standing(self) -> DocumentWords | None:
        """The newest copy in words."""
        return self.card.standing if self.card else None

    @property
    def may_send(self) -> bool:
        """Whether a person may ask Exact to send the newest copy."""
        return self.standing is not None and bool(self.standing.send_label) and not self.is_active

    @property
    def mending_place(self) -> MendingPlace | None:
        """Where the problem of the wish, or else of sending, is mended."""
        if self.request is not None and self.request.problem_code:
            place, connection = Problem.of(self.request).where, self.request.connection
        elif self.standing is not None:
            wheres = [line.where for line in self.standing.lines if line.where]
            place, connection = next(iter(wheres), ""), self.standing.document.connection
        else:
            return None
        return find_place(place, invoice=self.invoice, connection=connection)

    @property
    def differs(self) -> bool:
        """Whether Exact booked something else than was sent."""
        return self.request is not None and self.request.state == CopyState.MISMATCH

    @property
    def has_changed(self) -> bool:
        """Whether the invoice has changed since its newest copy."""
        return self.document is not None and self.document.content_hash != self.invoice.content_hash

    @property
    def may_cancel(self) -> bool:
        """Whether nothing has been sent yet."""
        return self.request is not None and self.request.state == CopyState.QUEUED

    @property
    def number_differs(self) -> bool:
        """Whether Exact gave the newest copy another number than the invoice has."""
        if self.standing is None or self.standing.number is None:
            return False
        made = self.standing.document
        return self.invoice.number not in {str(made.entry_number), str(made.invoice_number)}

    @property
    def stands_still(self) -> str:
        """Why nothing goes on before somebody logs in at Exact, as a sentence; empty when it does."""
        if self.request is None or not self.is_active:
            return ""
        connection = self.request.connection
        if connection.state == ConnectionState.NEEDS_CONSENT:
            return _(
                "%(name)s lost its access to Exact. "
                "It goes on by itself once an admin has logged in there again."
            ) % {"name": connection.name}
        return ""

    @property
    def doing(self) -> str:
        """What goes on, in a few words."""
        if self.request is None or not self.is_active:
            return ""
        if self.stands_still:
            return _("Waiting for Exact")
        if self.silence:
            return _("Waiting")
        if self.request.state == CopyState.UNKNOWN:
            return _("Checking in Exact…")
        if self.request.state == CopyState.SENDING or not self.wait_sentence:
            return str(DOING[CopyKind(self.request.kind)][0])
        return _("Paused") if self.is_paused else _("Waiting for Exact")

    @property
    def is_paused(self) -> bool:
        """Whether the copy goes on only when somebody lets it: an admin paused the connection, or sending is stopped."""
        if self.request is None or self.lane is None or self.stands_still:
            return False
        return self.request.state == CopyState.QUEUED and self.lane.is_paused

    @property
    def wait_sentence(self) -> str:
        """What the lane waits for, as a sentence without its end; empty when it waits for nothing."""
        return self.lane.sentence if self.lane else ""

    @property
    def details(self) -> str:
        """What goes on, as a sentence; empty when there is nothing to add."""
        if self.request is None:
            return ""
        if obstacle := self.stands_still or self.silence:
            return obstacle
        if self.wait_sentence:
            return f"{self.wait_sentence}."
        progress = self.request.progress.rstrip(".")
        if not progress and self.is_sending and self.is_active:
            progress = _("Exact numbers, books and sends the invoice")
        if progress and self.goes_on_at is not None:
            at = time_format(timezone.localtime(self.goes_on_at), "TIME_FORMAT")
            return _("%(what)s, at %(time)s.") % {"what": progress, "time": at}
        return f"{progress}." if progress else ""

    @property
    def word(self) -> str:
        """The standing in words, for the announcement and the page's title line."""
        if self.request is not None and (self.is_active or self.is_held):
            return self.doing or self.held_word
        if self.is_set_aside:
            return str(self.invoice.get_set_aside_display())
        if self.standing is not None:
            return self.standing.title.replace(" ·", ",")
        return str(CopyState.MISMATCH.label) if self.differs else _("Not copied to Exact")

    @property
    def held_word(self) -> str:
        """What a wish that a person has to look at is called."""
        if self.request is None:
            return ""
        return _("Not sent") if self.is_sending else str(self.request.get_state_display())

    @property
    def token(self) -> str:
        """A short text that changes when there is something else to show."""
        seen = (
            self.request and (self.request.pk, self.request.state, self.request.progress),
            self.document and (self.document.pk, self.document.updated_at, self.document.state),
            self.standing and (self.standing.title, self.standing.awaits_number),
            self.invoice.content_hash,
            self.invoice.set_aside,
            [(one.pk, one.last_seen_at) for one in self.breaks],
            self.document and self.document.check_due_at,
            self.lane and (self.lane.waits_until, self.lane.wait_reason),
            self.goes_on_at,
            self.stands_still,
            self.silence,
            self.poll_seconds,
        )
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def read_panel(*, invoice: Invoice, organization: Organization, now: datetime) -> CopyPanel:
    """This function will read the standing of an invoice with Exact."""
    wishes = CopyRequest.objects.filter(invoice=invoice)
    request = newest_that_stands(wishes.select_related("requested_by", "connection")).first()
    if request is not None and (request.state == CopyState.COPIED or invoice.set_aside):
        request = None
    documents = tuple(
        PostedDocument.objects.filter(invoice=invoice)
        .select_related("copy_request__requested_by", "connection")
        .order_by("-sequence", "-id")
    )
    living = (row for row in documents if row.state != PostedDocumentState.DELETED_IN_EXACT)
    document = next(living, None)
    lane = lanes.lane_status(request.connection) if request and request.is_active else None
    return CopyPanel(
        invoice=invoice,
        offer=find_offer(invoice, organization),
        request=request,
        document=document,
        documents=documents,
        lane=lane,
        goes_on_at=_goes_on_at(request, now),
        poll_seconds=_poll_seconds(request, document, now),
        breaks=tuple(list_open(invoice)),
        silence=status.stands_still() if lane and not lane.is_paused else "",
    )


def _goes_on_at(request: CopyRequest | None, now: datetime) -> datetime | None:
    """When Exact is looked at again for a copy whose answer was lost, or a copy is tried again; None when that is now."""
    if request is None or request.next_at is None or request.state not in _SOON:
        return None
    return request.next_at if request.next_at > now + _SOON[CopyState(request.state)] else None


def _poll_seconds(
    request: CopyRequest | None, document: PostedDocument | None, now: datetime
) -> int:
    """Ask often while a person is likely to watch, seldom once it takes long."""
    sent_at = document.sent_at if document is not None else None
    began = request.requested_at if request is not None else sent_at
    if began is None or now - began < timedelta(seconds=20):
        return 1
    return 3 if now - began < timedelta(minutes=3) else 15

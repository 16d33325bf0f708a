"""What the copy panel of an invoice shows: whether it can be copied, what goes on, what is in Exact. No calls."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from connector.tenancy.models import Organization
from integrations import lanes, queries
from integrations.models import ConnectionState, ExactConnection
from invoices.models import (
    CopyKind,
    CopyRequest,
    CopyState,
    Invoice,
    PostedDocument,
    PostedDocumentState,
)

_HELD = frozenset({CopyState.NEEDS_CHOICE, CopyState.CONFLICT})
_MARKETPLACE = "the App Marketplace"


@dataclass(frozen=True, slots=True)
class CopyOffer:
    """The connection an invoice can be copied through, or why it cannot, and where that is changed."""

    connection: ExactConnection | None
    reason: str = ""
    link_label: str = ""
    link: str = ""


def find_offer(invoice: Invoice, organization: Organization) -> CopyOffer:
    """This function will find the connection of the invoice's subsidiary, or say why there is none to use."""
    if not organization.includes_integrations:
        return _no_offer(
            f"The {organization.get_plan_display()} plan does not include integrations.",
            "See the plans that do",
        )
    connection = queries.find_connection_for(invoice.subsidiary)
    if connection is not None:
        return CopyOffer(connection)
    others = {
        row.state: row
        for row in ExactConnection.objects.filter(subsidiary=invoice.subsidiary).order_by("id")
    }
    if unconsented := others.get(ConnectionState.NEEDS_CONSENT):
        return _no_offer(
            f"{unconsented.name} lost its access to Exact.", "Reconnect it", unconsented
        )
    if unfinished := others.get(ConnectionState.SETUP_INCOMPLETE):
        return _no_offer(
            f"The set-up of {unfinished.name} is not finished.", "Finish the set-up", unfinished
        )
    if ended := others.get(ConnectionState.DISCONNECTED):
        return _no_offer(f"{ended.name} is disconnected from Exact.", "Reconnect it")
    return _no_offer(
        f"{invoice.subsidiary} is not connected to a division of Exact.", "Connect Exact"
    )


def _no_offer(reason: str, link_label: str, connection: ExactConnection | None = None) -> CopyOffer:
    link = _address("connection_setup", connection.pk) if connection else ""
    return CopyOffer(None, reason, link_label, link or _address("marketplace"))


def _address(name: str, *arguments: int) -> str:
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


@dataclass(frozen=True, slots=True)
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
    waits_until: datetime | None
    wait_reason: str
    looks_again_at: datetime | None
    poll_seconds: int

    @property
    def is_active(self) -> bool:
        """Whether work goes on without a person."""
        return self.request is not None and self.request.is_active

    @property
    def is_held(self) -> bool:
        """Whether a person has to choose."""
        return self.request is not None and self.request.state in _HELD

    @property
    def is_update(self) -> bool:
        """Whether the wish is to change the newest copy."""
        return self.request is not None and self.request.kind == CopyKind.UPDATE

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
        return self.document is not None and self.invoice.number not in {
            str(self.document.entry_number),
            str(self.document.invoice_number),
        }

    @property
    def stands_still(self) -> str:
        """Why nothing goes on before somebody logs in at Exact, as a sentence; empty when it does."""
        if self.request is None or not self.is_active:
            return ""
        connection = self.request.connection
        if connection.state == ConnectionState.NEEDS_CONSENT:
            return (
                f"{connection.name} lost its access to Exact. "
                "It goes on by itself once an admin has logged in there again."
            )
        return ""

    @property
    def doing(self) -> str:
        """What goes on, in a few words."""
        if self.request is None or not self.is_active:
            return ""
        if self.stands_still:
            return "Waiting for Exact"
        if self.request.state == CopyState.UNKNOWN:
            return "Checking in Exact…"
        if self.request.state == CopyState.SENDING or self.waits_until is None:
            return "Updating in Exact…" if self.is_update else "Copying…"
        return "Waiting for Exact"

    @property
    def details(self) -> str:
        """What goes on, as a sentence; empty when there is nothing to add."""
        if self.request is None:
            return ""
        if self.stands_still:
            return self.stands_still
        if self.waits_until is not None:
            at = timezone.localtime(self.waits_until)
            why = self.wait_reason or "Exact is busy"
            return f"{why[:1].upper()}{why[1:]}: it goes on at {at:%H:%M}."
        progress = self.request.progress.rstrip(".")
        if progress and self.looks_again_at is not None:
            return f"{progress}, at {timezone.localtime(self.looks_again_at):%H:%M}."
        return f"{progress}." if progress else ""

    @property
    def word(self) -> str:
        """The standing in words, for the announcement and the page's title line."""
        if self.request is not None and (self.is_active or self.is_held):
            return self.doing or self.request.get_state_display()
        if self.differs:
            return CopyState.MISMATCH.label
        return "Invoice copied" if self.document else "Not copied to Exact"

    @property
    def token(self) -> str:
        """A short text that changes when there is something else to show."""
        seen = (
            self.request and (self.request.pk, self.request.state, self.request.progress),
            self.document and (self.document.pk, self.document.updated_at, self.document.state),
            self.invoice.content_hash,
            self.waits_until,
            self.looks_again_at,
            self.stands_still,
            self.poll_seconds,
        )
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def read_panel(*, invoice: Invoice, organization: Organization, now: datetime) -> CopyPanel:
    """This function will read the standing of an invoice with Exact."""
    request = (
        CopyRequest.objects.filter(invoice=invoice)
        .select_related("requested_by", "connection")
        .order_by("-id")
        .first()
    )
    if request is not None and request.state in {CopyState.COPIED, CopyState.CANCELLED}:
        request = None
    documents = tuple(
        PostedDocument.objects.filter(invoice=invoice)
        .select_related("copy_request__requested_by", "connection")
        .order_by("-sequence", "-id")
    )
    living = (row for row in documents if row.state != PostedDocumentState.DELETED_IN_EXACT)
    waits_until, wait_reason = _waiting(request)
    return CopyPanel(
        invoice=invoice,
        offer=find_offer(invoice, organization),
        request=request,
        document=next(living, None),
        documents=documents,
        waits_until=waits_until,
        wait_reason=wait_reason,
        looks_again_at=_looks_again_at(request, now),
        poll_seconds=_poll_seconds(request, now),
    )


def _waiting(request: CopyRequest | None) -> tuple[datetime | None, str]:
    if request is None or not request.is_active:
        return None, ""
    status = lanes.lane_status(request.connection)
    return status.waits_until, status.wait_reason


def _looks_again_at(request: CopyRequest | None, now: datetime) -> datetime | None:
    """When Exact is looked at again for a copy whose answer was lost; None when that is now."""
    if request is None or request.state != CopyState.UNKNOWN or request.next_at is None:
        return None
    return request.next_at if request.next_at > now + timedelta(seconds=30) else None


def _poll_seconds(request: CopyRequest | None, now: datetime) -> int:
    """Ask often while a person is likely to watch, seldom once it takes long."""
    if request is None:
        return 1
    age = now - request.requested_at
    if age < timedelta(seconds=20):
        return 1
    return 3 if age < timedelta(minutes=3) else 15

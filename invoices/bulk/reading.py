"""How a bulk copy goes: read from its invoices' newest copy requests, in a constant number of queries. No calls."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextChoices,
    Value,
    When,
)
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from integrations import lanes, status
from integrations.models import ConnectionState, ExactConnection
from invoices.causes.finding import stored_causes
from invoices.causes.grouping import Stopped, group
from invoices.mending import StoppedBy, with_places
from invoices.models import (
    BulkCopy,
    BulkCopyItem,
    CopyKind,
    CopyRequest,
    CopyState,
    Invoice,
    InvoiceKind,
)
from invoices.models.copying import ACTIVE_COPY_STATES, ATTENTION_COPY_STATES, newest_that_stands
from invoices.payment_standing import in_books


class Outcome(TextChoices):
    """What became of an invoice of a bulk copy so far."""

    COPIED = "copied", gettext_lazy("Copied")
    UNDER_WAY = "under_way", gettext_lazy("Under way")
    NEEDS_YOU = "needs_you", gettext_lazy("Needs you")
    STOPPED = "stopped", gettext_lazy("Given up")
    LEFT_OUT = "left_out", gettext_lazy("Left out")

    @property
    def state_kind(self) -> str:
        """The kind of state that it is shown as."""
        return _STATE_KINDS.get(self, "neutral")


_STATE_KINDS = {
    Outcome.COPIED: "good",
    Outcome.UNDER_WAY: "progress",
    Outcome.NEEDS_YOU: "attention",
}

_MADE_BY = (CopyKind.CREATE, CopyKind.LINK)


def item_rows(bulk: BulkCopy) -> QuerySet[Any]:
    """This function will return the invoices of a bulk copy, each with its `outcome` and `request_id`."""
    newest = newest_that_stands(
        CopyRequest.objects.filter(
            invoice=OuterRef("invoice_id"),
            kind__in=_MADE_BY,
            requested_at__gte=bulk.started_at or bulk.created_at,
        )
    )
    rows: QuerySet[Any] = BulkCopyItem.objects.filter(bulk=bulk).annotate(
        copy_state=Subquery(newest.values("state")[:1]),
        request_id=Subquery(newest.values("pk")[:1]),
    )
    judged: QuerySet[Any] = rows.annotate(
        outcome=Case(
            When(copy_state=CopyState.COPIED, then=Value(Outcome.COPIED)),
            When(copy_state__in=ACTIVE_COPY_STATES, then=Value(Outcome.UNDER_WAY)),
            When(copy_state__in=ATTENTION_COPY_STATES, then=Value(Outcome.NEEDS_YOU)),
            When(left_out="", then=Value(Outcome.STOPPED)),
            default=Value(Outcome.LEFT_OUT),
            output_field=CharField(),
        )
    )
    return judged


def newest_requests(bulk: BulkCopy) -> QuerySet[CopyRequest]:
    """This function will return the copy requests that decide how its invoices stand."""
    ids = item_rows(bulk).exclude(request_id=None).values("request_id")
    return CopyRequest.objects.filter(pk__in=ids)


@dataclass(frozen=True, slots=True)
class SelectionTotal:
    """The chosen invoices of one currency; credit notes, `notes` of them, are taken off the total."""

    currency: str
    count: int
    notes: int
    total: Decimal


def selection_totals(invoice_ids: QuerySet[Any, Any]) -> list[SelectionTotal]:
    """This function will add the invoices with these ids up by currency, with one query."""
    chosen: Any = Invoice.objects.filter(pk__in=invoice_ids)
    totals = (
        chosen.order_by()
        .values("currency")
        .annotate(
            count=Count("pk"),
            notes=Count("pk", filter=Q(kind=InvoiceKind.CREDIT_NOTE)),
            total=Sum(in_books(F("gross_amount"))),
        )
    )
    return [SelectionTotal(**row) for row in totals.order_by("currency")]


@dataclass(frozen=True)
class BulkProgress:
    """How far a bulk copy is. `waits` are sentences that say why it does not go on at the moment."""

    bulk: BulkCopy
    counts: dict[str, int]
    causes: Sequence[StoppedBy]
    waits: Sequence[str]

    @property
    def total(self) -> int:
        """How many copies were asked for."""
        return sum(self.counts.values()) - self.counts.get(Outcome.LEFT_OUT, 0)

    @property
    def under_way(self) -> int:
        """How many are still to come."""
        return self.counts.get(Outcome.UNDER_WAY, 0)

    @property
    def done(self) -> int:
        """How many have ended, well or not."""
        return self.total - self.under_way

    @property
    def needs_you(self) -> int:
        """How many wait for a person."""
        return self.counts.get(Outcome.NEEDS_YOU, 0)

    @property
    def percent(self) -> int:
        """How far it is, in hundredths."""
        return 100 * self.done // self.total if self.total else 100

    @property
    def milestone(self) -> int:
        """The quarter that was reached: what is spoken, so that it is spoken seldom."""
        return self.percent // 25 * 25

    @cached_property
    def words(self) -> str:
        """How it stands in a few words, as "191 copied, 9 need you, 3 causes"."""
        copied, needs, causes = (
            self.counts.get(Outcome.COPIED, 0),
            self.needs_you,
            len(self.causes),
        )
        parts = [_("%(n)s copied") % {"n": copied}]
        if self.under_way:
            parts.append(_("%(n)s under way") % {"n": self.under_way})
        if needs:
            parts.append(ngettext("%(n)s needs you", "%(n)s need you", needs) % {"n": needs})
            parts.append(ngettext("%(n)s cause", "%(n)s causes", causes) % {"n": causes})
        if given_up := self.counts.get(Outcome.STOPPED, 0):
            parts.append(_("%(n)s given up") % {"n": given_up})
        if left_out := self.counts.get(Outcome.LEFT_OUT, 0):
            parts.append(_("%(n)s left out") % {"n": left_out})
        return ", ".join(parts)

    @property
    def token(self) -> str:
        """A short text that changes when there is something else to show."""
        seen = (sorted(self.counts.items()), [one.group.key for one in self.causes], self.waits)
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]

    @property
    def choices(self) -> list[tuple[str, str, int]]:
        """The outcomes that occur, each with its word and number."""
        return [
            (one.value, str(one.label), self.counts[one]) for one in Outcome if self.counts.get(one)
        ]


def read_progress(bulk: BulkCopy) -> BulkProgress:
    """This function will read how far a bulk copy is."""
    counted = item_rows(bulk).order_by().values("outcome").annotate(count=Count("pk"))
    counts = {row["outcome"]: row["count"] for row in counted}
    return BulkProgress(bulk, counts, _causes(bulk, counts), _waits(bulk, counts))


def _causes(bulk: BulkCopy, counts: dict[str, int]) -> list[StoppedBy]:
    if not counts.get(Outcome.NEEDS_YOU):
        return []
    held = (
        newest_requests(bulk).filter(state__in=ATTENTION_COPY_STATES).select_related("connection")
    )
    rows = list(held.defer("payload", "choices", "problem_raw"))
    connections: dict[int, ExactConnection] = {row.connection_id: row.connection for row in rows}
    found = group(Stopped(row.invoice_id, row.connection_id, stored_causes(row)) for row in rows)
    return with_places(found, connections, back=address_of(bulk))


def address_of(bulk: BulkCopy) -> str:
    """This function will return the address of its page, to which mending leads back."""
    return reverse("bulk_copy", args=[bulk.pk])


def _waits(bulk: BulkCopy, counts: dict[str, int]) -> list[str]:
    if not counts.get(Outcome.UNDER_WAY):
        return []
    active = newest_requests(bulk).filter(state__in=ACTIVE_COPY_STATES)
    ids = active.order_by().values_list("connection_id", flat=True).distinct()
    sentences = []
    if sentence := status.stands_still():
        sentences.append(sentence)
    for connection in ExactConnection.objects.filter(pk__in=list(ids)).order_by("name", "id"):
        if connection.state == ConnectionState.NEEDS_CONSENT:
            sentences.append(
                _("%(name)s lost its access to Exact; it goes on once an admin has reconnected it.")
                % {"name": connection.name}
            )
        elif sentence := lanes.lane_status(connection).sentence:
            sentences.append(f"{connection.name}: {sentence}.")
    return sentences

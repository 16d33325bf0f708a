"""The report of one connection and period, as the page shows it: a fixed number of queries whatever the number of invoices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _, gettext_lazy

from integrations import lanes, status
from integrations.models import ExactConnection
from invoices.booked.names import Names
from invoices.models import (
    AcceptedDifference,
    PostedDocument,
    PostedDocumentState,
    ReconciliationCursor,
)
from payments.drift import entries, facts, totals
from payments.drift.kinds import FLAG, OF_INVOICES, Drift, Standing
from payments.drift.periods import Period
from payments.drift.totals import Groups
from payments.models import SyncCursor

OPEN = "open"
VIEWS = {
    OPEN: gettext_lazy("Differences"),
    **{drift.value: drift.label for drift in Drift},
    **{standing.value: standing.label for standing in Standing},
}


@dataclass(frozen=True, slots=True)
class Compared:
    """When a connection's documents were last compared with Exact (UTC), and whether that is asked for or under way."""

    changes_at: datetime | None
    all_at: datetime | None
    asked_at: datetime | None
    is_under_way: bool
    next_at: datetime | None
    # What the lane waits for, as a sentence without its end: a limit of Exact, or an admin who let it rest.
    waits: str = ""
    # That nothing in the background runs while somebody waits, as a sentence; else empty.
    silence: str = ""

    @property
    def is_asked(self) -> bool:
        """Whether somebody waits for it."""
        return self.asked_at is not None


@dataclass(frozen=True)
class Report:
    """One connection and period."""

    connection: ExactConnection
    period: Period

    @cached_property
    def invoices(self) -> QuerySet[Any]:
        """All invoices of the period, compared."""
        return facts.compare(self.connection, self.period.first, self.period.last)

    @cached_property
    def entries(self) -> QuerySet[Any]:
        """What Exact has and nobody here knows."""
        return entries.only_in_exact(self.connection, self.period.first, self.period.last)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many there are of each kind and standing."""
        return totals.count(self._invoice_groups, self._entry_groups)

    @cached_property
    def totals(self) -> list[totals.Total]:
        """Both sides per currency."""
        return totals.add_up(self._invoice_groups, self._entry_groups)

    @cached_property
    def _invoice_groups(self) -> Groups:
        return totals.group_invoices(self.invoices)

    @cached_property
    def _entry_groups(self) -> Groups:
        return totals.group_entries(self.entries)

    def count_entries(self, view: str) -> int:
        """This function will count the entries that belong to a view, without a query once the groups are read."""
        if view not in {OPEN, Drift.ONLY_IN_EXACT, Standing.ACCEPTED}:
            return 0
        is_accepted = view == Standing.ACCEPTED
        return sum(
            group["count"] for group in self._entry_groups if group["is_accepted"] == is_accepted
        )

    def count_invoices(self, view: str) -> int:
        """This function will count the invoices that belong to a view, as `count_entries` does."""
        return self.counts[view] - self.count_entries(view)

    def select_invoices(self, view: str) -> QuerySet[Any]:
        """This function will return the invoices of a kind, of a standing, or with any difference, in a fixed order."""
        rows = self.invoices
        if view == OPEN:
            rows = rows.filter(standing="")
        elif view in Standing.values:
            rows = rows.filter(standing=view)
        elif view == Drift.ONLY_IN_EXACT:
            rows = rows.none()
        else:
            rows = rows.filter(**{f"{FLAG}{view}": True}, is_accepted=False)
        kept: QuerySet[Any] = rows.select_related("client").order_by("invoice_date", "number", "pk")
        return kept

    def select_entries(self, view: str) -> QuerySet[Any]:
        """This function will return the entries that belong to a view."""
        if view not in {OPEN, Drift.ONLY_IN_EXACT, Standing.ACCEPTED}:
            return self.entries.none()
        kept: QuerySet[Any] = self.entries.filter(is_accepted=view == Standing.ACCEPTED)
        return kept.order_by("invoice_date", "entry_number", "pk")

    @cached_property
    def compared(self) -> Compared:
        """When Exact was last asked."""
        cursors = list(ReconciliationCursor.objects.filter(connection=self.connection))
        done = [one for one in cursors if one.full_at is not None]
        asked_at = min((one.asked_at for one in cursors if one.asked_at), default=None)
        lane = lanes.lane_status(self.connection) if asked_at is not None else None
        return Compared(
            changes_at=min((one.read_from for one in done), default=None),
            all_at=min((one.full_at for one in done if one.full_at), default=None),
            asked_at=asked_at,
            is_under_way=any(one.began_at is not None for one in cursors),
            next_at=min((one.next_at for one in cursors), default=None),
            waits=lanes.waiting_sentence(lane.wait_reason, lane.waits_until) if lane else "",
            silence=status.stands_still() if lane and not lane.is_paused else "",
        )

    @cached_property
    def covers_from(self) -> date | None:
        """From which day on Exact's own entries are known; None when that is all of them, or none."""
        cursor = SyncCursor.objects.filter(connection=self.connection).first()
        return cursor.covers_from if cursor is not None else None

    @property
    def knows_entries(self) -> bool:
        """Whether Exact's own entries were ever read."""
        return self.connection.payments_synced_at is not None

    @property
    def misses_entries(self) -> bool:
        """Whether the period begins before the entries that are known."""
        return self.covers_from is not None and self.period.first < self.covers_from


@dataclass(frozen=True, slots=True)
class Line:
    """An invoice of the report with its document and what is said of it."""

    invoice: Any
    document: PostedDocument | None
    kinds: tuple[Drift, ...]
    customer: str
    sent_customer: str
    earlier: tuple[PostedDocument, ...] = ()
    accepted: AcceptedDifference | None = None

    @property
    def is_differing(self) -> bool:
        """Whether it is a difference, accepted or not."""
        return bool(self.kinds)

    def has(self, kind: Drift) -> bool:
        """This function will tell whether it differs so."""
        return kind in self.kinds

    @property
    def may_update(self) -> bool:
        """Whether *Update existing* can bring Exact to what the invoice says."""
        mended = {Drift.AMOUNT, Drift.VAT, Drift.CUSTOMER, Drift.EDITED}
        return self.document is not None and not mended.isdisjoint(self.kinds)


def draw_lines(report: Report, invoices: Sequence[Any]) -> list[Line]:
    """This function will put what a page needs to each of its invoices: five queries at most."""
    ids = [row.pk for row in invoices]
    current: dict[int, PostedDocument] = {}
    earlier: dict[int, list[PostedDocument]] = {}
    for document in PostedDocument.objects.filter(invoice__in=ids).defer("payload", "seen"):
        if document.state == PostedDocumentState.CURRENT:
            current[document.invoice_id] = document
        else:
            earlier.setdefault(document.invoice_id, []).append(document)
    accepted = {
        one.invoice_id: one
        for one in AcceptedDifference.objects.filter(
            invoice__in=ids, undone_at=None
        ).select_related("user")
    }
    names = Names(
        report.connection,
        (
            one
            for row in invoices
            for one in (row.sent_customer, _seen_customer(current.get(row.pk)))
        ),
    )
    return [
        Line(
            row,
            current.get(row.pk),
            kinds_of(row),
            names(_seen_customer(current.get(row.pk))),
            names(row.sent_customer),
            tuple(earlier.get(row.pk, ())),
            accepted.get(row.pk) if row.is_accepted else None,
        )
        for row in invoices
    ]


def kinds_of(row: Any) -> tuple[Drift, ...]:
    """This function will return how an invoice differs."""
    return tuple(drift for drift in OF_INVOICES if getattr(row, f"{FLAG}{drift.value}"))


def accepted_entries(
    connection: ExactConnection, rows: Iterable[Any]
) -> dict[Any, AcceptedDifference]:
    """This function will return what was accepted of these entries, by the entry's id in Exact."""
    found = AcceptedDifference.objects.filter(
        connection=connection,
        entry_exact_id__in=[row.entry_exact_id for row in rows],
        undone_at=None,
    )
    return {one.entry_exact_id: one for one in found.select_related("user")}


def label_of(view: str) -> str:
    """This function will name a view."""
    return str(VIEWS.get(view) or _("Differences"))


def _seen_customer(document: PostedDocument | None) -> Any:
    return document.seen_customer_exact_id if document is not None else None

"""Anything may happen to one invoice in any order: at most one document a copy, nothing lost, and the page tells the truth.

Hypothesis makes up what people, workers, Exact and the clock do; after each step what is written here is compared with what
the sandbox really has. COPY_HISTORIES=500 runs as many (`make torture` does); the suite takes a few, always the same.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, settings as profile, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from integrations import hooks, lanes
from integrations.models import (
    ConnectionState,
    DivisionLane,
    ExactConnection,
    LaneMember,
    Numbering,
)
from invoices import copy_requests
from invoices.copy_queries import read_panel
from invoices.copy_refusals import AlreadyCopying, CopyRefused
from invoices.models import (
    AttemptOutcome,
    BreakKind,
    CopyAttempt,
    CopyKind,
    CopyRequest,
    CopyState,
    InvoiceEvent,
    InvoiceState,
    PostedDocument,
    PostedDocumentState,
    ReconciliationBreak,
    ReconciliationCursor,
)
from tests import factories
from tests.journeys.world import DIVISION, World, reprice

LATE = 0.4
FAULTS = [
    "",
    "",
    "commit_then_drop",
    "drop_before",
    "late_commit",
    "error_500_after_commit",
    "generic_500",
    "validation_500",
    "empty_201",
    "maintenance_html",
    "too_many_requests_minute",
    "drop_lines",
]
_UNDER_WAY = (CopyState.QUEUED, CopyState.SENDING, CopyState.UNKNOWN)


class Histories(RuleBasedStateMachine):
    """One invoice, and everybody who has to do with it."""

    world: World

    @initialize(numbering=st.sampled_from([Numbering.PSA, Numbering.EXACT]))
    def begin(self, numbering: Numbering) -> None:
        """A plain draft of a client whose customer is known."""
        world = self.world
        world.control("DELETE", "faults")
        with world.rows():
            ExactConnection.objects.filter(pk=world.connection.pk).update(
                numbering=numbering, state=ConnectionState.READY
            )
        client = factories.make_client(organization=world.organization)
        factories.link_customer(
            connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
        )
        lines = [{"net_amount": "60.00", "rate": "21"}, {"net_amount": "40.00", "rate": "21"}]
        self.invoice = world.invoice(client=client, lines=lines)
        self.deleted: set[str] = set()
        self.late_until = 0.0
        self.prices = 0

    # --- What people do ---

    @rule()
    def click(self) -> None:
        """Ask for a copy, as somebody does who may not have seen the others."""
        had_active = self.active() is not None
        try:
            self.world.request(self.fresh(), as_new=bool(self.documents()))
        except AlreadyCopying:
            assert had_active
        except CopyRefused:
            assert not self.connection().is_working
        else:
            assert not had_active

    @rule()
    def cancel(self) -> None:
        """Give up what is under way: only what surely is not in Exact can be."""
        request = self.active()
        if request is None:
            return
        was_queued = request.state == CopyState.QUEUED
        with self.world.rows():
            is_over = copy_requests.cancel(copy_request=request, user=None, now=timezone.now())
        assert is_over == was_queued

    @rule()
    def update(self) -> None:
        """Bring the newest copy to what the invoice says."""
        try:
            with self.world.rows():
                copy_requests.request_update(invoice=self.fresh(), user=None, now=timezone.now())
        except CopyRefused:
            assert self.active() or not self.documents() or not self.connection().is_working

    @rule()
    def edit(self) -> None:
        """The PSA changes the price; a second line goes with the first change."""
        self.prices += 1
        with self.world.rows():
            invoice = self.fresh()
            for line in invoice.lines.order_by("position")[1:]:
                line.delete()
        reprice(self.world, invoice, f"{100 + self.prices}.00")

    @rule()
    def delete_in_exact(self) -> None:
        """Somebody deletes the newest copy in Exact, without a word to us."""
        mine = [one for one in self.documents() if str(one.exact_id) not in self.deleted]
        if mine and self.active() is None:
            self.world.control("POST", f"admin/{DIVISION}", {"delete_entry": str(mine[0].exact_id)})
            self.deleted.add(str(mine[0].exact_id))

    @rule()
    def disconnect_and_connect(self) -> None:
        """An admin disconnects; what waits is given up, what may be in Exact is looked up after the reconnection."""
        now = timezone.now()
        with self.world.rows():
            connection = self.connection()
            connection.state = ConnectionState.DISCONNECTED
            connection.generation += 1
            connection.save()
            hooks.cancel_queued(connection=connection, now=now)
        self.turn()
        with self.world.rows():
            ExactConnection.objects.filter(pk=connection.pk).update(state=ConnectionState.READY)

    # --- What workers, Exact and the clock do ---

    @rule(fault=st.sampled_from(FAULTS), method=st.sampled_from(["POST", "POST", "PUT", "GET"]))
    def work(self, fault: str, method: str) -> None:
        """A worker takes its turn, and Exact answers one of its calls oddly."""
        if fault in {"late_commit", "drop_lines", "empty_201"}:
            method = "POST"
        if fault:
            more = {"delay_s": LATE} if fault == "late_commit" else {}
            self.world.fault(fault, method=method, path="salesentry/", **more)
        if fault == "late_commit":
            self.late_until = time.monotonic() + LATE + 0.3
        self.turn()
        self.world.control("DELETE", "faults")

    @rule()
    def wait(self) -> None:
        """Time passes, longer than Exact may need for anything."""
        self.settle()

    @rule()
    def night(self) -> None:
        """The night's pass compares everything."""
        self.pass_by_night()
        if self.active() is None:
            self.everything_is_as_it_is_said()

    # --- What must always hold ---

    @invariant()
    def it_holds(self) -> None:
        """No copy is in Exact twice, nothing was sent unnoted, and the page says what is known."""
        if not hasattr(self, "invoice"):
            return
        requests = self.requests()
        entries = self.world.entries()
        mine = [
            [one for one in entries if request.marker in one["description"]] for request in requests
        ]
        assert all(len(found) <= 1 for found in mine), "a copy is in Exact twice"
        with self.world.rows():
            noted = CopyAttempt.objects.filter(
                copy_request__invoice=self.invoice, copy_request__kind=CopyKind.CREATE
            ).exclude(outcome=AttemptOutcome.NOT_SENT)
            assert sum(map(len, mine)) + len(self.deleted) <= noted.count(), "sent, and not noted"
        self.the_page_says_what_is_known(requests, {one["entry_number"] for one in entries})

    def the_page_says_what_is_known(self, requests: list[CopyRequest], numbers: set[int]) -> None:
        """Copied is said of what was adopted only, and the invoice is finalized from then on."""
        invoice = self.fresh()
        with self.world.rows():
            panel = read_panel(
                invoice=invoice, organization=self.world.organization, now=timezone.now()
            )
        ended = any(one.state in {CopyState.COPIED, CopyState.MISMATCH} for one in requests)
        assert panel.is_active == any(one.state in _UNDER_WAY for one in requests)
        assert (invoice.state == InvoiceState.FINALIZED) == ended
        if panel.document is not None:
            is_gone = str(panel.document.exact_id) in self.deleted
            assert is_gone or panel.document.entry_number in numbers

    def teardown(self) -> None:
        """In the end nothing is under way, and nothing in Exact is unknown here."""
        if not hasattr(self, "invoice"):
            return
        for _ in range(6):
            if self.active() is None:
                break
            self.settle()
        assert self.active() is None, self.active()
        self.pass_by_night(full=True)
        self.everything_is_as_it_is_said()

    def everything_is_as_it_is_said(self) -> None:
        """After the night's pass both sides agree, or it is told."""
        documents = {str(one.exact_id): one for one in self.documents(also_gone=True)}
        for exact_id, document in documents.items():
            if document.state == PostedDocumentState.CURRENT:
                assert exact_id not in self.deleted, "gone, and nobody noticed"
        with self.world.rows():
            told = {
                str(one)
                for one in ReconciliationBreak.objects.filter(
                    invoice=self.invoice, kind=BreakKind.STRAY
                ).values_list("exact_id", flat=True)
            }
            told |= {
                event.details.get("entry_id", "")
                for event in InvoiceEvent.objects.filter(invoice=self.invoice, kind="copy_stray")
            }
        markers = {request.marker for request in self.requests()}
        for entry in self.world.entries():
            if any(marker in entry["description"] for marker in markers):
                assert entry["entry_id"] in documents.keys() | told, "in Exact, and not known here"

    # --- Tools ---

    def fresh(self) -> Any:
        with self.world.rows():
            return (
                type(self.invoice)
                .objects.select_related("client", "subsidiary")
                .get(pk=self.invoice.pk)
            )

    def connection(self) -> ExactConnection:
        with self.world.rows():
            return ExactConnection.objects.get(pk=self.world.connection.pk)

    def requests(self) -> list[CopyRequest]:
        with self.world.rows():
            rows = CopyRequest.objects.filter(invoice=self.invoice).order_by("id")
            return list(rows.select_related("invoice"))

    def active(self) -> CopyRequest | None:
        return next((one for one in self.requests() if one.state in _UNDER_WAY), None)

    def documents(self, *, also_gone: bool = False) -> list[PostedDocument]:
        gone = () if also_gone else (PostedDocumentState.DELETED_IN_EXACT,)
        return [one for one in self.world.documents(self.invoice) if one.state not in gone]

    def turn(self, *, forget: bool = True) -> None:
        """One worker's turn; what the lane learned of Exact's faults is no part of this story."""
        if forget:
            DivisionLane.objects.update(
                breakers={},
                unanswered_count=0,
                pause_seconds=0,
                resume_at=None,
                minute_remaining=None,
                day_remaining=None,
            )
        LaneMember.objects.filter(connection_id=self.world.connection.pk).update(
            due_at=timezone.now()
        )
        lane = DivisionLane.objects.get(members__connection_id=self.world.connection.pk)
        lanes.run_turn(lane.pk, worker="histories")

    def settle(self) -> None:
        time.sleep(max(0.0, self.late_until - time.monotonic()))
        now = timezone.now()
        with self.world.rows():
            CopyRequest.objects.filter(invoice=self.invoice, state__in=_UNDER_WAY).update(
                next_at=now, settle_until=now - timedelta(seconds=1)
            )
        for _ in range(3):
            self.turn()

    def pass_by_night(self, *, full: bool = False) -> None:
        time.sleep(max(0.0, self.late_until - time.monotonic()))
        since = {"full_at": None} if full else {}
        for _ in range(3):
            with self.world.rows():
                ReconciliationCursor.objects.update(next_at=timezone.now(), **since)
            since = {}
            # At night every document is older than Exact may need to show what it made.
            with override_settings(COPY_SETTLE_SECONDS=0):
                self.turn()


@pytest.fixture
def machine(world, settings) -> Callable[[], Histories]:
    settings.COPY_SETTLE_SECONDS = settings.COPY_SETTLE_SECONDS_GUARDED = 60
    world.control("PATCH", "switches", {"errors_an_hour": 100_000})

    class Here(Histories):
        pass

    Here.world = world
    return Here


def test_whatever_happens_to_an_invoice_it_is_in_exact_once_and_never_lost(machine):
    """RELIABILITY A15, A19, A24, C11, C12: in any order, with any of Exact's faults."""
    many = int(os.environ.get("COPY_HISTORIES", "0"))
    run_state_machine_as_test(
        machine,
        settings=profile(
            max_examples=many or 6,
            stateful_step_count=25 if many else 12,
            derandomize=not many,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )

"""Worker dead or broker dead: whoever waits for background work reads that it stands still, and nobody else does (K4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.models import DivisionLane, ExactConnection, LaneMember, ReferenceList
from invoices.models import (
    BulkCopy,
    CopyRequest,
    CopyState,
    PostedDocument,
    ReconciliationCursor,
)
from payments.models import SyncCursor
from tests import background, factories
from tests.factories import NOW
from tests.invoices.test_copy_dialog import text

pytestmark = pytest.mark.django_db

NOTICE = "The work in the background gives no sign of life"
KEPT = "What you ask for is kept and done once it runs again."
DEAD = pytest.mark.parametrize("died", [background.worker_died, background.broker_died])


class Office:
    """A finance user who asked for everything that Exact can be asked for, a moment ago."""

    def __init__(self) -> None:
        self.organization = factories.make_organization()
        self.connection = factories.make_connection(
            organization=self.organization,
            default_vat_code="2",
            sync_payments=True,
            payments_synced_at=NOW,
        )
        self.finance = factories.make_user(organization=self.organization, role=Role.FINANCE)
        self.browser = factories.sign_in(self.finance)
        self.invoice = self._invoice()
        self.copied = self._invoice()
        self.document = factories.make_posted_document(
            invoice=self.copied, connection=self.connection
        )
        with self.rows():
            lanes.seat(self.connection)

    def rows(self):
        return tenant_transaction(self.organization.pk)

    def _invoice(self):
        return factories.make_invoice(
            organization=self.organization, subsidiary=self.connection.subsidiary
        )

    def ask(self) -> None:
        """Copy an invoice, read payments, compare with Exact and read a copy back."""
        now = timezone.now()
        factories.make_copy_request(
            invoice=self.invoice, connection=self.connection, requested_by=self.finance
        )
        with self.rows():
            ExactConnection.objects.update(payments_sync_requested_at=now)
            SyncCursor.objects.create(connection=self.connection, next_at=now)
            ReconciliationCursor.objects.create(
                connection=self.connection,
                route=self.connection.route,
                read_from=NOW,
                next_at=now,
                asked_at=now,
                full_at=NOW,
            )
            PostedDocument.objects.filter(pk=self.document.pk).update(check_due_at=now)
            lanes.ring(self.connection, at=now)

    def bulk(self) -> BulkCopy:
        self.browser.post("/invoices/bulk/", {"invoice": [self.invoice.pk], "action": "copy"})
        with self.rows():
            bulk = BulkCopy.objects.get()
        self.browser.post(f"/invoices/bulk/{bulk.pk}/start/")
        return bulk

    def page(self, path: str, **headers: str) -> str:
        answer = self.browser.get(path, headers=headers)
        assert answer.status_code == 200, path
        return text(answer)

    @property
    def waiting(self) -> dict[str, str]:
        """What each part says where somebody waits for it; a part that is asked for again by itself has no banner."""
        part = {"HX-Request": "true"}
        return {
            "panel": self.page(f"/invoices/{self.invoice.pk}/copy-panel/"),
            "payments": self.page("/payments/", **part, **{"HX-Target": "payments"}),
            "payments of an invoice": self.page(f"/payments/invoices/{self.copied.pk}/"),
            "drift": self.page("/drift/", **part, **{"HX-Target": "drift-compared"}),
            "read back": self.page(f"/invoices/{self.copied.pk}/"),
        }


@pytest.fixture
def office() -> Office:
    return Office()


@DEAD
def test_reliability_k4_who_waits_reads_that_background_work_stands_still(office, died):
    office.ask()
    died()

    waiting = office.waiting

    assert {part: background.STANDS_STILL in words for part, words in waiting.items()} == (
        dict.fromkeys(waiting, True)
    )
    assert "Copying…" not in waiting["panel"]
    assert "Waiting" in waiting["panel"]
    assert "You can leave this page." in waiting["panel"]
    assert "Cancel the copy" in waiting["panel"]
    assert "Reading payments from Exact" not in waiting["payments"]
    assert "it waits for its turn" in waiting["drift"]
    assert "Exact is being asked for it" not in waiting["read back"]


@DEAD
def test_reliability_k4_a_notice_stands_on_every_page_of_whom_something_is_due(office, died):
    office.ask()
    died()

    for path in ("/invoices/", f"/invoices/{office.invoice.pk}/", "/payments/", "/drift/"):
        words = office.page(path)
        assert NOTICE in words, path
        assert KEPT in words, path


@DEAD
def test_reliability_k4_a_bulk_copy_and_the_health_page_say_it_too(office, died):
    bulk = office.bulk()
    died()

    progress = office.page(f"/invoices/bulk/{bulk.pk}/progress/")
    health = office.page(f"/settings/marketplace/{office.connection.pk}/health/")

    assert background.STANDS_STILL in progress
    assert health.count(NOTICE) == 1
    assert health.count(KEPT) == 1


def test_it_cries_no_wolf_while_a_sweep_waits_for_its_place(office):
    """As long after the last sign as the status page calls it running."""
    office.ask()
    background.seen(worker_ago=background.BEAT, swept_ago=background.SWEPT)

    waiting = office.waiting

    assert not any(background.STANDS_STILL in words for words in waiting.values())
    assert NOTICE not in office.page("/invoices/")
    assert "Copying…" in waiting["panel"]
    assert "Reading payments from Exact" in waiting["payments"]


def test_nobody_is_told_for_whom_nothing_is_due(office):
    """Also an organization that has to do with the same worker, and one whose next run is still to come."""
    with office.rows():
        lanes.ring(office.connection, at=timezone.now() + timedelta(minutes=3))
    Office().ask()
    background.worker_died()

    for path in ("/invoices/", f"/invoices/{office.copied.pk}/", "/payments/", "/drift/"):
        words = office.page(path)
        assert NOTICE not in words, path
        assert background.STANDS_STILL not in words, path


def test_a_list_that_is_fetched_while_nothing_runs_says_so(office):
    with office.rows():
        ReferenceList.objects.update(refreshed_at=None)
    background.worker_died()
    admin = factories.sign_in(factories.make_user(organization=office.organization))

    words = text(admin.get(f"/settings/marketplace/{office.connection.pk}/mapping/"))

    assert "Fetching lists from Exact…" in words
    assert background.STANDS_STILL in words


def test_what_somebody_paused_waits_for_that_person_and_not_for_a_worker(office):
    office.ask()
    LaneMember.objects.update(paused_at=timezone.now())
    background.worker_died()

    waiting = office.waiting

    assert "Paused" in waiting["panel"]
    assert background.STANDS_STILL not in waiting["panel"]
    assert background.STANDS_STILL not in waiting["drift"]
    assert NOTICE not in office.page("/invoices/")


def test_with_exact_down_the_panel_says_until_when_but_promises_no_time_without_a_worker(office):
    office.ask()
    DivisionLane.objects.update(
        resume_at=timezone.now() + timedelta(minutes=20), resume_reason="Exact does not answer"
    )
    background.runs()
    down = office.waiting["panel"]
    background.worker_died()
    both = office.waiting["panel"]

    assert "Waiting for Exact" in down
    assert "Exact does not answer, goes on" in down
    assert background.STANDS_STILL in both
    assert "goes on at" not in both


def test_a_panel_that_is_watched_changes_when_the_worker_dies_and_when_it_is_back(office):
    office.ask()
    background.runs()
    path = f"/invoices/{office.invoice.pk}/copy-panel/"
    answers = []
    for happens in (background.runs, background.worker_died, background.runs):
        happens()
        seen = office.browser.get(path).content.decode().partition("seen=")[2][:16]
        answers.append(seen)
        assert office.browser.get(f"{path}?seen={seen}").status_code == 204

    assert answers[0] == answers[2] != answers[1]


def test_the_notice_goes_away_by_itself_once_something_runs(office):
    background.worker_died()
    stays = office.browser.get("/background-notice/")
    background.runs()
    goes = office.browser.get("/background-notice/")

    assert stays.status_code == 204
    assert (goes.status_code, goes.content) == (200, b"")


def test_the_notice_costs_a_page_one_query_and_none_where_nothing_is_due(office):
    background.worker_died()
    counts = []
    for asks in (lambda: None, office.ask):
        asks()
        with CaptureQueriesContext(database) as captured:
            office.page("/invoices/")
        counts.append(sum("connector_heartbeat" in query["sql"] for query in captured))

    assert counts == [0, 1]


def test_a_copy_that_has_ended_asks_for_no_sign_of_life(office):
    office.ask()
    with office.rows():
        CopyRequest.objects.filter(invoice=office.invoice).update(
            state=CopyState.CANCELLED, next_at=None
        )
    background.worker_died()

    assert background.STANDS_STILL not in office.waiting["panel"]

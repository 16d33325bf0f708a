"""The status page: what works, what waits and for what, and whether the work behind the pages runs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from connector import heartbeats
from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes, status
from integrations.models import (
    ConnectionState,
    DivisionLane,
    ExactConnection,
    ExactGrant,
    GrantState,
)
from invoices.models import CopyState
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection() -> ExactConnection:
    organization = factories.make_organization()
    made = factories.make_connection(organization=organization, sync_payments=True)
    made.organization = organization
    with tenant_transaction(made.organization_id):
        lanes.seat(made)
    return made


def _lines(connection: ExactConnection) -> dict[str, tuple[str, str]]:
    """What is said of the only connection, by label: its state's kind and words, or all of it."""
    with tenant_transaction(connection.organization_id):
        (one,) = status.list_statuses()
    return {line.label: (f"{line.words} {line.note}".strip(), line.kind) for line in one.lines}


def test_a_connection_that_works_says_so_in_every_line(connection):
    now = timezone.now()
    with tenant_transaction(connection.organization_id):
        ExactGrant.objects.update(issued_at=now - timedelta(minutes=4))
        ExactConnection.objects.update(payments_synced_at=now - timedelta(minutes=9))
    DivisionLane.objects.update(
        minute_remaining=57,
        minute_reset_at=now + timedelta(seconds=40),
        day_remaining=4312,
        day_limit=5000,
        day_reset_at=now + timedelta(hours=9),
    )

    lines = _lines(connection)

    assert lines["Log-in at Exact"] == ("Renewed", "good")
    assert lines["Calls to Exact"] == ("Nothing to wait for", "good")
    assert lines["Calls left"] == ("57 of this minute, 4,312 of 5,000 today", "")
    assert lines["Copies"] == ("None waits", "good")
    assert lines["Payments"] == ("Read", "good")
    assert "Last problem" not in lines


def test_what_waits_and_what_is_wrong_is_told_in_words(connection):
    now = timezone.now()
    for state in (CopyState.QUEUED, CopyState.QUEUED, CopyState.UNKNOWN, CopyState.CONFLICT):
        factories.make_copy_request(
            invoice=factories.make_invoice(
                organization=connection.organization, subsidiary=connection.subsidiary
            ),
            connection=connection,
            state=state,
        )
    with tenant_transaction(connection.organization_id):
        ExactGrant.objects.update(
            state=GrantState.NEEDS_CONSENT, state_changed_at=now - timedelta(hours=2)
        )
        ExactConnection.objects.update(
            state=ConnectionState.NEEDS_CONSENT, state_reason="The permission was withdrawn."
        )
    DivisionLane.objects.update(
        resume_at=now + timedelta(seconds=40), resume_reason="Waiting for Exact's minute limit"
    )

    lines = _lines(connection)

    assert lines["Log-in at Exact"] == ("Needed again since", "failed")
    assert lines["Calls to Exact"][0].startswith("Waiting Waiting for Exact's minute limit")
    assert lines["Copies"] == ("2 waiting, 1 looked up in Exact, 1 in conflict", "attention")
    assert "Longest waiting" in lines
    assert lines["Last problem"] == ("The permission was withdrawn.", "")


def test_another_organizations_connections_and_copies_are_not_told(connection):
    stranger = factories.make_organization()
    other = factories.make_connection(organization=stranger)
    factories.make_copy_request(
        invoice=factories.make_invoice(organization=stranger, subsidiary=other.subsidiary),
        connection=other,
    )

    assert _lines(connection)["Copies"] == ("None waits", "good")


@pytest.mark.parametrize(
    ("swept", "worked", "kind", "words"),
    [
        (None, None, "failed", "Never seen"),
        (20, 10, "good", "Runs"),
        # It waits for a place: a turn and its last call take 50 seconds.
        (70, 10, "good", "Runs"),
        (500, 10, "failed", "Silent"),
        (20, 500, "failed", "Silent"),
    ],
)
def test_reliability_k4_the_work_behind_the_pages_runs_when_workers_and_sweeps_were_seen(
    swept, worked, kind, words
):
    now = timezone.now()
    for name, seconds in ((heartbeats.SWEEP, swept), ("worker:celery@a", worked)):
        if seconds is not None:
            heartbeats.beat(name, now=now - timedelta(seconds=seconds))

    background = status.background_work()

    assert (background.kind, background.words) == (kind, words)


def test_the_page_is_for_admins_and_renews_itself_in_place(connection):
    organization = connection.organization
    admin = factories.sign_in(factories.make_user(organization=organization))
    finance = factories.sign_in(factories.make_user(organization=organization, role=Role.FINANCE))

    page = admin.get(reverse("status")).content.decode()
    fragment = admin.get(reverse("status"), headers={"HX-Request": "true"}).content.decode()

    assert finance.get(reverse("status")).status_code == 403
    assert "No sign of life of the background work yet." in page
    assert connection.name in fragment
    assert "<html" not in fragment

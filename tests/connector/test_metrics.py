"""The figures an operator's alarms go by (RELIABILITY K1, K2 and K4): totals of all organizations, nobody's names."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from connector import heartbeats, metrics, tallies
from connector.tenancy import totals
from connector.tenancy.scope import OtherOrganization, tenant_transaction
from integrations.models import DivisionLane, ExactConnection, ExactGrant, LaneMember
from invoices.models import CopyState, ForgottenDocument
from payments.models import SyncCursor
from tests import factories

TOKEN = "for-prometheus-only"

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(client, settings):
    """Scrape once: each sample's value by its name and label."""
    settings.METRICS_TOKEN = TOKEN

    def scrape() -> dict[str, float]:
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return {
            sample.name + "".join(f"[{value}]" for value in sample.labels.values()): sample.value
            for family in text_string_to_metric_families(answer.content.decode())
            for sample in family.samples
        }

    return scrape


def _seat(connection: ExactConnection, **lane: object) -> DivisionLane:
    made = DivisionLane.objects.create(
        host="https://exact.test", division=2_700_000 + connection.pk, **lane
    )
    LaneMember.objects.create(
        lane=made, organization_id=connection.organization_id, connection_id=connection.pk
    )
    return made


def test_without_a_token_in_the_settings_there_are_no_metrics(client, settings):
    settings.METRICS_TOKEN = ""

    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_a_wrong_token_sees_nothing(client, settings, given):
    settings.METRICS_TOKEN = TOKEN

    answer = client.get("/metrics", headers={"Authorization": given})

    assert answer.status_code == 401
    assert answer.content == b""


def test_reliability_k1_copies_of_all_organizations_are_counted_and_the_oldest_unknown_is_told(
    read,
):
    now = timezone.now()
    states = (CopyState.UNKNOWN, CopyState.QUEUED, CopyState.MISMATCH, CopyState.COPIED)
    for hours, name in ((2, "Studio Zeehond"), (1, "Bureau Otter")):
        organization = factories.make_organization(name=name)
        connection = factories.make_connection(organization=organization)
        _seat(connection)
        for state in states:
            invoice = factories.make_invoice(
                organization=organization, subsidiary=connection.subsidiary
            )
            request = factories.make_copy_request(
                invoice=invoice,
                connection=connection,
                state=state,
                requested_at=now - timedelta(hours=hours + 1),
                state_changed_at=now - timedelta(hours=hours),
            )
            if state in {CopyState.MISMATCH, CopyState.COPIED}:
                factories.make_posted_document(
                    invoice=invoice, connection=connection, copy_request=request
                )

    figures = read()

    assert {state: figures[f"connector_copies[{state}]"] for state in CopyState.values} == {
        state: 2.0 if state in states else 0.0 for state in CopyState.values
    }
    assert figures["connector_oldest_unknown_seconds"] == pytest.approx(2 * 3600, abs=30)
    assert figures["connector_oldest_waiting_seconds"] == pytest.approx(3 * 3600, abs=30)
    assert not any("Zeehond" in name or "Otter" in name for name in figures)


def test_reliability_k2_a_lane_that_nobody_serves_shows_as_lag_and_one_that_waits_on_purpose_does_not(
    read,
):
    now = timezone.now()
    organization = factories.make_organization()
    lanes = [
        _seat(factories.make_connection(organization=organization, lists=False), **fields)
        for fields in (
            {"minute_remaining": 7, "minute_reset_at": now + timedelta(minutes=1)},
            {"day_remaining": 900, "day_reset_at": now + timedelta(hours=1)},
            {"day_remaining": 3, "day_reset_at": now - timedelta(hours=1)},
            {"resume_at": now + timedelta(hours=1), "resume_reason": "Waiting for Exact"},
            {"is_stopped": True},
        )
    ]
    for minutes, lane in zip((1, 4, 2, 30, 60), lanes, strict=True):
        lane.members.update(due_at=now - timedelta(minutes=minutes))

    figures = read()

    assert figures["connector_lane_lag_seconds"] == pytest.approx(4 * 60, abs=30)
    assert figures["connector_lanes"] == 5
    assert figures["connector_lanes_waiting[Waiting for Exact]"] == 1
    assert figures["connector_lanes_stopped"] == 1
    assert figures["connector_calls_left_of_minute"] == 7
    assert figures["connector_calls_left_of_day"] == 900


def test_reliability_k2_a_long_backlog_that_is_served_in_turn_is_no_lag(read):
    """Work stays due as long as there is any; what counts is how long nobody came."""
    now = timezone.now()
    organization = factories.make_organization()
    just_now, ago, long_ago = (now - timedelta(seconds=seconds) for seconds in (20, 90, 3000))
    for fields, due_at in (
        ({"last_served_at": just_now}, long_ago),
        ({"last_served_at": long_ago, "resume_at": ago}, long_ago),
        ({"last_served_at": long_ago}, just_now),
    ):
        lane = _seat(factories.make_connection(organization=organization, lists=False), **fields)
        lane.members.update(due_at=due_at)

    assert read()["connector_lane_lag_seconds"] == pytest.approx(90, abs=15)


def test_log_ins_and_payments_are_as_old_as_the_oldest_of_them(read):
    now = timezone.now()
    for days in (3, 12):
        connection = factories.make_connection(
            organization=factories.make_organization(), sync_payments=True
        )
        _seat(connection)
        with tenant_transaction(connection.organization_id):
            ExactGrant.objects.update(issued_at=now - timedelta(days=days), refresh_failures=days)
            SyncCursor.objects.create(connection=connection, read_at=now - timedelta(hours=days))

    figures = read()

    assert figures["connector_grants[active]"] == 2
    assert figures["connector_grants[needs_consent]"] == 0
    assert figures["connector_grants_failing"] == 2
    assert figures["connector_connections[ready]"] == 2
    assert figures["connector_oldest_token_seconds"] == pytest.approx(12 * 86400, abs=30)
    assert figures["connector_payments_age_seconds"] == pytest.approx(12 * 3600, abs=30)


def test_reliability_k5_log_ins_of_another_app_are_counted(read, settings):
    settings.EXACT_CLIENT_ID = "{OURS}"
    for client_id in ("ours", "another", "a third", ""):
        connection = factories.make_connection(organization=factories.make_organization())
        _seat(connection)
        with tenant_transaction(connection.organization_id):
            ExactGrant.objects.update(client_id=client_id)

    assert read()["connector_grants_of_another_app"] == 2


def test_reliability_f4_what_a_restore_forgot_and_nobody_claims_is_counted_over_all_organizations(
    read,
):
    now = timezone.now()
    assert read()["connector_forgotten_documents"] == 0
    for settled in ((None, None), (None, now)):
        connection = factories.make_connection(organization=factories.make_organization())
        _seat(connection)
        with tenant_transaction(connection.organization_id):
            for settled_at in settled:
                ForgottenDocument.objects.create(
                    connection=connection,
                    route=connection.route,
                    exact_id=uuid4(),
                    marker="K7Q2-9F3M",
                    gross_amount=121,
                    found_at=now,
                    settled_at=settled_at,
                )

    assert read()["connector_forgotten_documents"] == 3


def test_reliability_k4_sweeps_workers_and_counted_events_are_told(
    read, django_capture_on_commit_callbacks
):
    assert "connector_sweep_age_seconds" not in read()
    now = timezone.now()
    heartbeats.note_sweep(now=now - timedelta(seconds=90))
    heartbeats.beat("worker:celery@a", now=now)
    with django_capture_on_commit_callbacks(execute=True):
        tallies.count(tallies.PUBLISH_FAILURES)
        tallies.count(tallies.PUBLISH_FAILURES, 2)

    figures = read()

    assert figures["connector_sweep_age_seconds"] == pytest.approx(90, abs=30)
    assert figures["connector_workers"] == 1
    assert figures["connector_publish_failures_total"] == 3
    assert figures["connector_quarantined_rows_total"] == 0


def test_totals_are_never_asked_inside_an_organizations_transaction():
    organization = factories.make_organization()

    with tenant_transaction(organization.pk), pytest.raises(OtherOrganization):
        totals.ask([organization.pk], "SELECT 'a', '', 1.0")


@pytest.mark.django_db(transaction=True)
def test_asking_every_organization_opens_no_wall_for_longer_than_its_answer(
    application_database_url,
):
    organization = factories.make_organization()
    question = "SELECT 'organizations', '', count(*) FROM tenancy_organization"

    assert totals.ask([organization.pk], question) == {("organizations", ""): 1.0}
    with psycopg.connect(application_database_url) as application:
        answer = application.execute(
            "SELECT value FROM ask_each_organization(%s, %s)",
            [[organization.pk, organization.pk + 1], question],
        ).fetchall()
        left = application.execute("SELECT count(*) FROM tenancy_organization").fetchone()

    assert answer == [(1.0,), (0.0,)]
    assert left == (0,)


def test_every_figure_is_in_the_operators_handbook_with_its_alarm(read):
    handbook = Path("docs/operations.md").read_text(encoding="utf-8")
    lines = [line for line in handbook.splitlines() if line.startswith("| `")]
    told = {name for line in lines for name in re.findall(r"`(connector_\w+)", line)}

    families = {family.name for family in metrics.registry.collect()}
    ours = {name for name in families if name.startswith("connector_")}

    assert {name.removesuffix("_total") for name in told} == ours

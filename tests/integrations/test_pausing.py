"""A connection that an admin lets rest, and the word that says how each connection is doing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from connector.tenancy.models import AuditEvent, Role
from connector.tenancy.scope import tenant_transaction
from integrations import connection_lifecycle, lanes
from integrations.lanes import LaneJob
from integrations.models import (
    ConnectionState,
    ExactConnection,
    LaneMember,
    ListKind,
    ReferenceList,
)
from tests import factories
from tests.integrations.lane_work import Work, call, only_work, record, ring, run, seated

__all__ = ["only_work"]
pytestmark = pytest.mark.django_db


class Desk:
    """An admin, and a connection that works."""

    def __init__(self, **fields) -> None:
        self.organization = factories.make_organization()
        self.admin = factories.make_user(organization=self.organization)
        self.browser = factories.sign_in(self.admin)
        self.connection = self.connect(**fields)

    def connect(self, **fields) -> ExactConnection:
        connection = factories.make_connection(organization=self.organization, **fields)
        with tenant_transaction(self.organization.pk):
            lanes.seat(connection)
        return connection

    def address(self, name: str) -> str:
        return reverse(f"connection_{name}", args=[self.connection.pk])

    def read(self, address: str) -> str:
        return " ".join(self.browser.get(address).content.decode().split())

    def states(self) -> list[str]:
        """The words on the marketplace: of the card, then of each row."""
        shown = self.read(reverse("marketplace"))
        main = shown[shown.index("<main") :]
        return re.findall(r'class="state state-\w+" *> *<svg.*?</svg><span>([^<]+)</span>', main)


def pause(connection: ExactConnection) -> None:
    with tenant_transaction(connection.organization_id):
        assert lanes.pause(connection)


def resume(connection: ExactConnection) -> None:
    with tenant_transaction(connection.organization_id):
        assert lanes.resume(connection)
        lanes.ring(connection, at=timezone.now())


def test_a_paused_connection_sends_and_reads_nothing_and_its_neighbor_goes_on(only_work):
    resting, going = seated(), seated()
    LaneMember.objects.update(lane=LaneMember.objects.get(connection_id=going.pk).lane)
    copies = Work({resting.pk: 1, going.pk: 1})
    payments = Work({resting.pk: 1, going.pk: 1}, name="payments", priority=20)
    only_work(copies)
    only_work(payments)
    for one in (resting, going):
        ring(one)
    pause(resting)

    run(going)

    assert (copies.done, payments.done) == ([going.pk], [going.pk])
    assert (
        lanes.lane_status(resting).sentence == "The connection is paused until an admin resumes it"
    )
    assert LaneMember.objects.get(connection_id=resting.pk).due_at is None
    resume(resting)
    run(going)
    assert (copies.done[1:], payments.done[1:]) == ([resting.pk], [resting.pk])


def test_what_was_sent_before_a_pause_is_looked_up_and_the_log_in_is_kept_alive(only_work):
    connection = seated()
    copies = Work({connection.pk: 2}, look_ups=1)
    keep_alive = Work({connection.pk: 1}, name="keep_alive", priority=90)
    only_work(copies)
    lanes.register_work(keep_alive, also_when_paused=True)
    ring(connection)
    pause(connection)

    run(connection)

    assert copies.pieces == {connection.pk: 1}
    assert keep_alive.done == [connection.pk]
    lanes.register_work(keep_alive)


def test_a_step_under_way_is_paused_before_its_next_write(only_work):
    connection = seated()
    sent: list[str] = []

    def two_posts(job: LaneJob) -> None:
        for name in ("first", "second"):
            call(job, record(method="POST"))
            sent.append(name)
            lanes.pause(connection)

    work = Work({connection.pk: 1}, act=two_posts)
    only_work(work)
    ring(connection)

    run(connection)

    assert sent == ["first"]
    assert work.pieces == {connection.pk: 1}


def test_an_admin_pauses_and_resumes_and_everybody_reads_it():
    desk = Desk(sync_payments=True, payments_synced_at=timezone.now() - timedelta(minutes=4))
    finance = factories.sign_in(
        factories.make_user(organization=desk.organization, role=Role.FINANCE)
    )
    assert "Nothing is sent to Exact, and nothing is read." in desk.read(desk.address("pause"))
    assert finance.post(desk.address("pause")).status_code == 403

    answer = desk.browser.post(desk.address("pause"), follow=True)

    page = " ".join(answer.content.decode().split())
    assert "“Exact Noord” is paused: nothing is sent to Exact through it" in page
    assert "waits: the connection is paused" in page
    assert "Paused since" in page
    assert desk.states() == ["Paused", "Paused"]
    told = " ".join(finance.get(reverse("invoice_list")).content.decode().split())
    assert "“Exact Noord” is paused: nothing is sent to Exact through it" in told
    refused = finance.post(reverse("payments_sync_now", args=[desk.connection.pk]), follow=True)
    assert "nothing is read from Exact until an admin resumes it" in refused.content.decode()

    desk.browser.post(desk.address("pause"))
    desk.browser.post(desk.address("resume"))
    desk.browser.post(desk.address("resume"))

    assert desk.states() == ["Healthy", "Healthy"]
    assert "is paused" not in finance.get(reverse("invoice_list")).content.decode()
    with tenant_transaction(desk.organization.pk):
        noted = [one.action for one in AuditEvent.objects.order_by("id")]
    assert noted == ["connection_paused", "connection_resumed"]


def test_a_connection_that_waits_for_a_log_in_is_not_paused_and_disconnecting_ends_a_pause():
    desk = Desk(state=ConnectionState.NEEDS_CONSENT)
    shown = desk.browser.post(desk.address("pause"), follow=True).content.decode()
    assert "Only a connection that works can be paused." in shown
    ended = Desk()
    ended.browser.post(ended.address("pause"))

    with tenant_transaction(ended.organization.pk):
        connection = connection_lifecycle.get_for_change(ended.connection.pk)
        connection_lifecycle.disconnect(connection, user=ended.admin, now=timezone.now())
        lanes.seat(connection)

    assert not LaneMember.objects.filter(paused_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("fields", "word", "cause"),
    [
        ({}, "Healthy", ""),
        ({"state": ConnectionState.SETUP_INCOMPLETE}, "Setup incomplete", ""),
        (
            {"state": ConnectionState.NEEDS_CONSENT, "state_reason": "Withdrawn."},
            "Reconnect needed",
            "Withdrawn.",
        ),
        (
            {"state": ConnectionState.NEEDS_ATTENTION, "state_reason": "Archived."},
            "Needs attention",
            "Archived.",
        ),
        ({"state": ConnectionState.DISCONNECTED}, "Not connected", ""),
        (
            {"sync_payments": True, "payments_sync_problem": "Exact does not show payments."},
            "Needs attention",
            "Exact does not show payments.",
        ),
        (
            {"sync_payments": False, "payments_sync_problem": "Exact does not show payments."},
            "Healthy",
            "",
        ),
    ],
)
def test_a_connection_is_called_by_one_of_six_words_and_the_cause_stands_beside_it(
    fields, word, cause
):
    desk = Desk(**fields)

    assert desk.states() == [word, word]
    if cause:
        assert cause in desk.read(reverse("marketplace"))


def test_a_list_that_cannot_be_read_is_not_called_healthy_and_the_card_shows_the_worst():
    desk = Desk()
    with tenant_transaction(desk.organization.pk):
        ReferenceList.objects.update_or_create(
            connection=desk.connection,
            kind=ListKind.VAT_CODES,
            defaults={"problem": "Exact does not show VAT codes to this user."},
        )
    now = timezone.now()
    for name, days in (("Exact Zuid", 1), ("Late", 2)):
        read_at = now - timedelta(days=days)
        desk.connect(name=name, sync_payments=True, payments_synced_at=read_at)

    assert desk.states() == ["Needs attention", "Needs attention", "Healthy", "Needs attention"]
    said = f"{timezone.localtime(now - timedelta(days=2)):%-d %b %Y %H:%M}"
    assert f"Payments were last read from Exact on {said}." in desk.read(reverse("marketplace"))
    assert "Exact does not show VAT codes to this user." in desk.read(desk.address("health"))

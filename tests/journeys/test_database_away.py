"""The database is away while Exact is asked, or breaks off a block: what Exact answered is written down all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection as database

from connector import http
from integrations import lanes
from integrations.models import LaneMember
from invoices import copy_states, poison, posting
from invoices.models import AttemptOutcome, CopyAttempt, CopyRequest, CopyState, Invoice
from tests import factories
from tests.journeys.world import World


@pytest.fixture
def invoice(world: World) -> Invoice:
    client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    return world.invoice(client=client)


def lose_the_database() -> None:
    """End our session at the server, as its restart would: we learn it at the next statement."""
    own = database.settings_dict
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    with psycopg.connect(
        host=own["HOST"],
        port=own["PORT"],
        user=own["USER"],
        password=own["PASSWORD"],
        dbname=own["NAME"],
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])


def during_calls(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Let something happen while the answer to each write is on its way."""
    real = http.send

    def send(opened: http.Session, method: str, url: str, **options: Any) -> http.Answer:
        try:
            return real(opened, method, url, **options)
        finally:
            if method == "POST":
                happens()

    monkeypatch.setattr(http, "send", send)


def test_reliability_f5_f6_an_answer_is_written_down_when_the_database_was_away_meanwhile(
    world, invoice, monkeypatch
):
    request = world.request(invoice)
    during_calls(monkeypatch, lose_the_database)

    world.work_off()

    assert world.fresh(request).state == CopyState.COPIED
    assert len(world.entries(invoice.number)) == 1
    assert world.calls() == ["POST SalesEntries"]


def test_reliability_f5_a_lost_answer_is_written_down_as_lost(world, invoice, monkeypatch):
    """And then looked up at once, not only when the send's lease is over."""
    request = world.request(invoice)
    world.fault("commit_then_drop")
    during_calls(monkeypatch, lose_the_database)

    world.work_off()

    assert world.fresh(request).state == CopyState.COPIED
    assert world.calls(method="POST") == ["POST SalesEntries"]


def test_reliability_f5_a_customer_is_not_looked_for_when_the_database_was_away(world, monkeypatch):
    client = factories.make_client(organization=world.organization, name="Klant 27000501")
    request = world.request(world.invoice(client=client))
    during_calls(monkeypatch, lose_the_database)

    world.work_off()

    assert world.fresh(request).state == CopyState.COPIED
    assert world.calls(method="POST") == ["POST Accounts", "POST SalesEntries"]


def test_reliability_f5_written_twice_is_written_once(world, invoice, monkeypatch):
    """The database took the answer, and only the news of that was lost."""
    request = world.request(invoice)
    broken: list[str] = []

    def lose_the_news(place: str, _about: object = "") -> None:
        if place == "before_confirm_commit" and not broken:
            broken.append(place)
            database.connection.commit()
            raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(posting, "crash_point", lose_the_news)

    world.work_off()

    with world.rows():
        attempt = CopyAttempt.objects.get(copy_request=request)
    assert broken
    assert attempt.outcome == AttemptOutcome.EXECUTED
    assert len(world.entries(invoice.number)) == 1


def test_reliability_f6_a_step_that_the_database_broke_off_begins_anew_at_once(
    world, invoice, monkeypatch
):
    """Not after a quarter of an hour, as a copy that is wrong in itself."""
    request = world.request(invoice)
    claim, lost = copy_states.claim, list[int]()

    def lose_once(*arguments: Any, **options: Any) -> Any:
        if not lost:
            lost.append(1)
            lose_the_database()
        return claim(*arguments, **options)

    monkeypatch.setattr(copy_states, "claim", lose_once)
    world.work_off()
    broken_off = world.fresh(request).state

    world.resume()

    assert broken_off == CopyState.QUEUED
    assert world.fresh(request).state == CopyState.COPIED


def test_reliability_e3_a_copy_at_which_three_workers_died_is_set_aside(world, invoice):
    request = world.request(invoice)
    other = world.request(world.invoice(client=invoice.client))
    with world.rows():
        CopyRequest.objects.filter(pk=request.pk).update(unfinished_steps=poison.MOST_UNFINISHED)

    world.work_off()

    request = world.fresh(request)
    assert request.state == CopyState.NEEDS_CHOICE
    assert "stopped 3 times" in request.problem_sentence
    assert world.fresh(other).state == CopyState.COPIED
    assert world.entries(invoice.number) == []


def test_reliability_e3_a_copy_that_may_be_in_exact_is_set_aside_for_an_hour_only(world, invoice):
    """A person who asks again would book it twice; only a look ends it."""
    world.fault("commit_then_drop")
    world.fault("maintenance_html", method="GET")
    request = world.request(invoice)
    world.work_off()
    with world.rows():
        CopyRequest.objects.filter(pk=request.pk, state=CopyState.UNKNOWN).update(
            unfinished_steps=poison.MOST_UNFINISHED
        )

    world.resume()
    aside = world.fresh(request)
    world.settle()

    assert aside.state == CopyState.UNKNOWN
    assert "the connector stopped each time" in aside.progress
    assert world.fresh(request).state == CopyState.COPIED
    assert world.calls(method="POST") == ["POST SalesEntries"]


def test_reliability_e3_steps_that_end_are_not_counted(world, invoice):
    """A request that waits for its customer takes many steps, and none of them is held against it."""
    for _ in range(poison.MOST_UNFINISHED + 1):
        world.fault("maintenance_html")
    request = world.request(invoice)

    for _ in range(poison.MOST_UNFINISHED + 1):
        world.settle()

    assert world.fresh(request).unfinished_steps == 0
    assert world.fresh(request).state == CopyState.COPIED


def test_reliability_f10_a_disk_that_is_full_stops_a_copy_before_it_is_sent(world, invoice):
    """The note "about to send" is the first thing that is written, so nothing leaves without it."""
    request = world.request(invoice)
    with database.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;"
            "CREATE TRIGGER disk_is_full BEFORE INSERT ON invoices_copyattempt"
            " FOR EACH ROW EXECUTE FUNCTION disk_is_full()"
        )
    try:
        lanes.run_turn(lane_of(world), worker="test")
        while_full = (world.fresh(request).state, world.calls())
    finally:
        with database.cursor() as cursor:
            cursor.execute("DROP TRIGGER disk_is_full ON invoices_copyattempt")
            cursor.execute("DROP FUNCTION disk_is_full()")

    world.resume()

    assert while_full == (CopyState.QUEUED, [])
    assert world.fresh(request).state == CopyState.COPIED
    assert world.calls() == ["POST SalesEntries"]


def lane_of(world: World) -> int:
    return LaneMember.objects.get(connection_id=world.connection.pk).lane_id

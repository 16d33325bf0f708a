"""Disconnecting ends what Exact was asked to send, in the background, and then the log-in is forgotten (RELIABILITY H9)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from connector import http
from integrations import connection_lifecycle, lanes, token_store
from integrations.connection_lifecycle import farewell
from integrations.models import (
    ConnectionState,
    DivisionLane,
    ExactConnection,
    ExactGrant,
    LaneMember,
    WebhookSubscription,
)
from tests import factories
from tests.journeys.told import LIST_TOPICS, PAYMENT_TOPICS, Told
from tests.journeys.world import World
from tests.payments.books import consent


@pytest.fixture
def told(transactional_db, exact, settings, live_server) -> Told:
    return Told.begin(exact, settings, live_server.url)


def disconnect(world: World) -> None:
    with world.rows():
        connection = ExactConnection.objects.get(pk=world.connection.pk)
        connection_lifecycle.disconnect(connection, user=factories.make_user(), now=timezone.now())


def has_tokens(world: World) -> bool:
    with world.rows():
        grant = ExactGrant.objects.get()
    return bytes(grant.refresh_token_encrypted) != b""


def is_in_lane(world: World) -> bool:
    return LaneMember.objects.filter(connection_id=world.connection.pk).exists()


def test_reliability_h9_the_last_connection_of_a_division_unsubscribes_and_is_forgotten(told):
    world = told.world
    assert told.subscriptions().keys() == PAYMENT_TOPICS | LIST_TOPICS

    disconnect(world)

    assert told.log("WebhookSubscriptions") == []
    [lane_id] = DivisionLane.objects.filter(members__connection_id=world.connection.pk).values_list(
        "pk", flat=True
    )
    lanes.run_turn(lane_id, worker="test")

    assert told.subscriptions() == {}
    assert not WebhookSubscription.objects.exists()
    assert not is_in_lane(world)
    assert not has_tokens(world)
    with world.rows():
        connection = ExactConnection.objects.get()
    assert (connection.state, connection.grant_id) == (ConnectionState.DISCONNECTED, None)


def test_reliability_h9_others_in_the_division_go_on_being_told(told, exact):
    World.begin(exact, sync_payments=True)
    before = told.subscriptions()

    disconnect(told.world)

    assert told.subscriptions() == before
    assert not is_in_lane(told.world)
    assert not has_tokens(told.world)


def test_reliability_h9_where_exact_does_not_answer_the_log_in_is_forgotten_all_the_same(told):
    world = told.world
    world.fault("maintenance_html", method="GET", path="WebhookSubscriptions", times=None)
    disconnect(world)
    lanes.run_turn(told.member.lane_id, worker="test")
    assert has_tokens(world)

    assert farewell.end_overdue(now=timezone.now()) == 0
    assert farewell.end_overdue(now=timezone.now() + timedelta(minutes=11)) == 1

    assert not is_in_lane(world)
    assert not has_tokens(world)


def test_reliability_c12_connecting_again_meanwhile_keeps_the_log_in_and_the_subscriptions(
    told, exact
):
    world = told.world
    disconnect(world)
    with http.session() as transport:
        tokens = consent(exact, transport)
    with world.rows():
        grant = ExactGrant.objects.get()
        token_store.store_tokens(grant, tokens, now=timezone.now())
        connection = ExactConnection.objects.get()
        connection.state = ConnectionState.READY
        connection.save(update_fields=["state"])
        lanes.seat(connection)

    assert farewell.end_overdue(now=timezone.now() + timedelta(minutes=11)) == 0
    told.change()

    assert is_in_lane(world)
    assert has_tokens(world)
    assert told.subscriptions().keys() == PAYMENT_TOPICS | LIST_TOPICS

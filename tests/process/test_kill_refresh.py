"""A worker killed while it renews a log-in's tokens: RELIABILITY C3 and C4 with real processes."""

from __future__ import annotations

import pytest
from django.utils import timezone

from connector import http
from integrations import lanes
from integrations.models import ConnectionState, ExactConnection, ExactGrant, LaneMember, TokenEvent
from integrations.token_store import store_tokens
from invoices.models import CopyState
from tests import exact as exact_helpers, factories
from tests.journeys.world import World
from tests.payments.books import consent

pytestmark = pytest.mark.process


@pytest.fixture
def request_(world: World):
    """A copy that is wanted while the log-in's tokens are due to be renewed."""
    client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    exact_helpers.age_tokens(grant_of(world), 580, world.sandbox)
    return world.request(world.invoice(client=client))


def grant_of(world: World) -> ExactGrant:
    with world.rows():
        return ExactGrant.objects.get()


def state_of(world: World) -> str:
    with world.rows():
        return ExactConnection.objects.get(pk=world.connection.pk).state


def let_waits_end(world: World) -> None:
    """The cool-down of a log-in, and of the lane that waits for it."""
    now = timezone.now()
    with world.rows():
        ExactGrant.objects.filter(cooldown_until__isnull=False).update(cooldown_until=now)
    LaneMember.objects.filter(due_at__gt=now).update(due_at=now)


def log_in_again(world: World) -> None:
    with http.session() as transport:
        tokens = consent(world.sandbox, transport)
    with world.rows():
        for connection in store_tokens(grant_of(world), tokens, now=timezone.now()):
            lanes.ring(connection, at=timezone.now())


def test_c4_a_worker_killed_with_the_new_token_in_its_hands(world, request_, worker, sweep_until):
    first = worker(crash_at="after_refresh_response")
    sweep_until(lambda: not first.is_alive)
    assert first.died_by_itself()

    worker()

    def is_asked_for() -> bool:
        let_waits_end(world)
        return state_of(world) == ConnectionState.NEEDS_CONSENT

    sweep_until(is_asked_for)
    with world.rows():
        happened = list(TokenEvent.objects.order_by("id").values_list("kind", "token_version"))
    version = grant_of(world).version
    # What was asked and never answered explains the token that was lost.
    assert happened[:3] == [("consent", version), ("asked", version), ("asked", version)]
    assert happened.count(("OldTokenUsed", version)) == 2
    assert world.fresh(request_).state == CopyState.QUEUED

    log_in_again(world)
    sweep_until(lambda: world.fresh(request_).state == CopyState.COPIED)

    assert len(world.entries(request_.invoice.number)) == 1


def test_c3_a_call_that_is_cut_off_before_exact_acted_costs_nothing(
    world, request_, worker, sweep_until
):
    """Nobody can tell it from a lost answer, so the same token is tried once more, and works."""
    world.sandbox.sandbox.faults.add({"fault": "drop_before", "path": "/api/oauth2/token"})

    worker()

    def is_copied() -> bool:
        let_waits_end(world)
        return world.fresh(request_).state == CopyState.COPIED

    sweep_until(is_copied)

    assert state_of(world) == ConnectionState.READY
    assert len(world.entries(request_.invoice.number)) == 1

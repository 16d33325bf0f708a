"""Tokens that Exact gave to another app than that of the settings are left alone, and no customer pays for it (RELIABILITY K5)."""

from __future__ import annotations

import io
import logging
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from connector.tenancy.scope import tenant_transaction
from exact_sandbox.applications import Application, register
from exact_sandbox.options import DEFAULT_CLIENT_ID
from integrations import lanes, token_store
from integrations.models import ConnectionState, ExactGrant, GrantState
from integrations.token_store import vault
from tests import exact, factories

pytestmark = pytest.mark.django_db(transaction=True)

# What another installation of ours is registered with at Exact.
OTHER = "0c1a2f5e-27aa-4d9e-9c1c-5a1a7b0b2701"


@pytest.fixture
def connection(sandbox):
    sandbox_app = Application(
        OTHER,
        "secret-of-the-other",
        "Other",
        ("http://localhost:8000/exact/callback",),
        None,
        "",
        "",
    )
    register(sandbox.sandbox.database, sandbox_app)
    connection = exact.connected(factories.make_organization(name="Studio Noord"), sandbox)
    exact.age_tokens(connection.grant, 580, sandbox)
    return connection


@pytest.fixture
def other_keys(connection, settings):
    settings.EXACT_CLIENT_ID = OTHER
    settings.EXACT_CLIENT_SECRET = "secret-of-the-other"


def stored(connection) -> ExactGrant:
    with tenant_transaction(connection.organization_id):
        return ExactGrant.objects.get(pk=connection.grant_id)


def ask(connection):
    return token_store.access_token(
        organization_id=connection.organization_id, grant_id=connection.grant_id
    )


def command(do: str) -> str:
    out = io.StringIO()
    call_command("exact_log_ins", do, stdout=out)
    return out.getvalue()


def status_of(connection):
    with tenant_transaction(connection.organization_id):
        return lanes.lane_status(exact.reload(connection))


def test_k5_a_token_of_another_app_is_never_sent_and_works_again_with_the_right_keys(
    connection, settings, sandbox, other_keys, caplog
):
    before = stored(connection)

    with pytest.raises(token_store.TokenLater) as later:
        ask(connection)

    assert exact.token_calls(sandbox) == []
    assert (
        timedelta(minutes=4) < later.value.until - timezone.now() <= timedelta(minutes=5, seconds=5)
    )
    assert [one.levelno for one in caplog.records if "another app" in one.message] == [
        logging.CRITICAL
    ]
    after = stored(connection)
    assert (after.state, after.version, after.cooldown_until) == (
        GrantState.ACTIVE,
        before.version,
        None,
    )
    assert exact.reload(connection).state == ConnectionState.READY
    assert mail.outbox == []
    # It goes on at once, in the braces of an older registration too.
    settings.EXACT_CLIENT_ID = "{" + DEFAULT_CLIENT_ID.upper() + "}"
    settings.EXACT_CLIENT_SECRET = sandbox.sandbox.options.client_secret
    assert ask(connection) == vault.reveal(stored(connection), "access")
    assert len(exact.token_calls(sandbox)) == 1


def test_k5_people_read_that_the_lane_waits_for_the_log_in(connection, other_keys):
    with tenant_transaction(connection.organization_id):
        ExactGrant.objects.update(expires_at=timezone.now())

    status = status_of(connection)

    assert status.waits_until is not None
    assert "log-in" in status.wait_reason


def test_k5_a_token_that_still_works_is_used(connection, sandbox, other_keys):
    """It is Exact's own word to this app or that one; only a refresh needs the app's keys."""
    exact.age_tokens(connection.grant, -300, sandbox)

    assert ask(connection) == vault.reveal(stored(connection), "access")
    assert status_of(connection).waits_until is None


def test_k5_tokens_from_before_the_app_was_noted_are_renewed_and_it_is_noted(connection):
    with tenant_transaction(connection.organization_id):
        ExactGrant.objects.update(client_id="")

    ask(connection)

    assert stored(connection).client_id == DEFAULT_CLIENT_ID


def test_k5_an_operator_who_changed_the_app_asks_for_new_log_ins(connection, other_keys, sandbox):
    other = exact.connected(
        factories.make_organization(name="Studio Zuid"), sandbox, exact.ZUID, username=exact.CLAIRE
    )
    assert "EXACT_CLIENT_ID: 1" in command("status")

    assert "New log-ins asked for: 1" in command("ask-again")

    asked = exact.reload(connection)
    assert (asked.state, str(asked.state_reason)) == (
        ConnectionState.NEEDS_CONSENT,
        "The connector is registered at Exact anew.",
    )
    assert exact.reload(other).state == ConnectionState.READY
    [letter] = mail.outbox
    assert "registered at Exact anew" in letter.body
    assert "EXACT_CLIENT_ID: 0" in command("status")
    assert "New log-ins asked for: 0" in command("ask-again")

    exact.log_in(connection, user=asked.grant.connected_by)

    assert exact.reload(connection).state == ConnectionState.READY
    assert stored(connection).client_id == OTHER
    exact.age_tokens(connection.grant, 580, sandbox)
    assert ask(connection) == vault.reveal(stored(connection), "access")


def test_k5_tokens_that_were_wiped_are_of_no_app(connection, other_keys):
    with tenant_transaction(connection.organization_id):
        vault.forget_tokens(vault.lock(connection.grant_id))

    assert stored(connection).client_id == ""
    assert "EXACT_CLIENT_ID: 0" in command("status")

"""Tokens under a row lock, against the sandbox's real rules: RELIABILITY C1 to C9, C18 and C20."""

from __future__ import annotations

import multiprocessing
import threading
import time
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connections
from django.utils import timezone

from connector import http
from connector.database_guard import CallInsideTransaction
from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from exact_sandbox.oauth import grants
from exact_sandbox.users import user_by_name
from integrations import token_store
from integrations.exact import me
from integrations.exact.client import ExactClient
from integrations.models import ConnectionState, ExactConnection, ExactGrant, GrantState
from integrations.token_store import vault
from tests import exact, factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organization():
    return factories.make_organization(name="Studio Noord")


@pytest.fixture
def connection(organization, sandbox):
    return exact.connected(organization, sandbox)


@pytest.fixture
def grant(connection):
    return connection.grant


def token(grant):
    return token_store.access_token(organization_id=grant.organization_id, grant_id=grant.pk)


def stored(grant):
    with tenant_transaction(grant.organization_id):
        return ExactGrant.objects.get(pk=grant.pk)


def test_a_young_token_is_used_without_a_call(grant, sandbox):
    first, second = token(grant), token(grant)

    assert first == second
    assert exact.token_calls(sandbox) == []


@pytest.mark.parametrize(("age", "refreshes"), [(0, 0), (569, 0), (579, 0), (581, 1), (700, 1)])
def test_a_token_is_refreshed_at_580_seconds_and_never_earlier(grant, sandbox, age, refreshes):
    before = token(grant)
    exact.age_tokens(grant, age, sandbox)
    # Given, not read: a slow machine must not turn 579 seconds into 580.
    now = stored(grant).issued_at + timedelta(seconds=age)

    after = token_store.access_token(
        organization_id=grant.organization_id, grant_id=grant.pk, now=now
    )

    assert len(exact.token_calls(sandbox)) == refreshes
    assert (after != before) == bool(refreshes)
    assert all(call["status"] == 200 for call in exact.token_calls(sandbox))


def test_a_refreshed_token_is_stored_encrypted_before_it_is_used(grant, sandbox):
    exact.age_tokens(grant, 580, sandbox)

    fresh = token(grant)

    row = stored(grant)
    assert row.version == grant.version + 1
    assert fresh.reveal().encode() not in bytes(row.access_token_encrypted)
    assert token(grant) == fresh
    assert timedelta(seconds=590) < row.expires_at - timezone.now() <= timedelta(seconds=600)


def _ask_in_process(organization_id, grant_id, start, answers):
    connections.close_all()
    start.wait()
    answers.put(
        token_store.access_token(organization_id=organization_id, grant_id=grant_id).reveal()
    )


def test_c1_eight_processes_refresh_once(grant, sandbox):
    exact.age_tokens(grant, 580, sandbox)
    context = multiprocessing.get_context("fork")
    start, answers = context.Event(), context.Queue()
    connections.close_all()
    workers = [
        context.Process(
            target=_ask_in_process, args=(grant.organization_id, grant.pk, start, answers)
        )
        for _ in range(8)
    ]
    for worker in workers:
        worker.start()

    start.set()
    got = {answers.get(timeout=30) for _ in workers}
    for worker in workers:
        worker.join()

    assert len(got) == 1
    assert [call["status"] for call in exact.token_calls(sandbox)] == [200]


def test_c2_a_slow_answer_still_means_one_call(grant, sandbox):
    exact.age_tokens(grant, 580, sandbox)
    sandbox.sandbox.faults.add({"fault": "slow", "path": "/api/oauth2/token", "delay_s": 1.5})
    got: list[str] = []

    def ask():
        try:
            got.append(token(grant).reveal())
        finally:
            connections.close_all()

    workers = [threading.Thread(target=ask) for _ in range(5)]
    for worker in workers:
        worker.start()
        time.sleep(0.05)
    for worker in workers:
        worker.join()

    assert len(got) == 5
    assert len(set(got)) == 1
    assert len(exact.token_calls(sandbox)) == 1


def test_a_refresh_for_one_grant_does_not_hold_up_another(organization, connection, sandbox):
    other = exact.logged_in(organization, username=exact.CLAIRE, country="BE", name="Zuid").grant
    exact.age_tokens(connection.grant, 580, sandbox)
    sandbox.sandbox.faults.add({"fault": "slow", "path": "/api/oauth2/token", "delay_s": 1.5})

    def refresh():
        token(connection.grant)
        connections.close_all()

    slow = threading.Thread(target=refresh)
    slow.start()
    time.sleep(0.3)
    started = time.monotonic()
    token(other)
    took = time.monotonic() - started
    slow.join()

    assert took < 1


def test_c3_a_lost_answer_is_retried_once_and_then_asks_for_a_new_login(grant, sandbox):
    exact.age_tokens(grant, 580, sandbox)
    sandbox.sandbox.faults.add({"fault": "token_reply_lost"})

    with pytest.raises(token_store.TokenLater) as later:
        token(grant)

    wait = later.value.until - timezone.now()
    assert timedelta(seconds=8) < wait <= timedelta(seconds=10)
    assert stored(grant).state == GrantState.ACTIVE
    with pytest.raises(token_store.TokenLater):
        token(grant)
    assert len(exact.token_calls(sandbox)) == 1

    _end_cooldown(grant)
    with pytest.raises(token_store.NeedsConsent, match="used before"):
        token(grant)
    assert len(exact.token_calls(sandbox)) == 2


def test_an_answer_lost_before_exact_acted_is_retried_with_the_same_token(grant, sandbox):
    exact.age_tokens(grant, 580, sandbox)
    sandbox.sandbox.faults.add({"fault": "unavailable_503", "path": "/api/oauth2/token"})
    with pytest.raises(token_store.TokenLater):
        token(grant)

    _end_cooldown(grant)

    assert token(grant)
    assert stored(grant).refresh_failures == 0


def test_the_waits_between_unknown_answers_grow(grant, sandbox):
    exact.age_tokens(grant, 580, sandbox)
    sandbox.sandbox.faults.add(
        {"fault": "unavailable_503", "path": "/api/oauth2/token", "times": 20}
    )
    waits = []
    for _ in range(9):
        with pytest.raises(token_store.TokenLater) as later:
            token(grant)
        waits.append(round((later.value.until - timezone.now()).total_seconds()))
        _end_cooldown(grant)

    assert waits == [10, 20, 40, 60, 60, 60, 60, 60, 60]
    assert stored(grant).state == GrantState.ACTIVE


def test_exact_away_keeps_the_connection_as_it_is(grant, connection, sandbox, settings):
    exact.age_tokens(grant, 580)
    settings.EXACT_BASE_URL = "http://127.0.0.1:9"

    with pytest.raises(token_store.TokenLater):
        token(grant)

    assert exact.reload(connection).state == ConnectionState.READY


def test_c5_refreshed_too_early_uses_the_stored_token(grant, sandbox):
    before = token(grant)
    exact.age_tokens(grant, 580)  # our clock is ahead; at the sandbox the token is young

    after = token(grant)

    assert after == before
    assert [call["status"] for call in exact.token_calls(sandbox)] == [400]
    assert stored(grant).state == GrantState.ACTIVE
    assert token(grant) == before
    assert len(exact.token_calls(sandbox)) == 1


def test_c8_a_withdrawn_consent_holds_the_connections_and_mails_once(
    grant, connection, organization, sandbox
):
    factories.make_user(organization=organization, email="boss@example.com")
    factories.make_user(organization=organization, email="viewer@example.com", role=Role.VIEWER)
    _withdraw_consent(sandbox)
    exact.age_tokens(grant, 580, sandbox)

    for _ in range(3):
        with pytest.raises(token_store.NeedsConsent):
            token(grant)

    held = exact.reload(connection)
    assert held.state == ConnectionState.NEEDS_CONSENT
    assert "withdrawn" in held.state_reason
    assert len(exact.token_calls(sandbox)) == 1
    assert len(mail.outbox) == 1
    message = mail.outbox[0]
    assert "boss@example.com" in message.recipients()
    assert "viewer@example.com" not in message.recipients()
    assert connection.name in message.subject
    assert "/settings/marketplace/" in message.body
    with tenant_transaction(organization.pk):
        kinds = [event.kind for event in connection.events.all()]
    assert kinds.count("needs_consent") == 1


def test_c8_a_new_login_revives_the_connection(grant, connection, organization, sandbox):
    _withdraw_consent(sandbox)
    exact.age_tokens(grant, 580, sandbox)
    with pytest.raises(token_store.NeedsConsent):
        token(grant)

    exact.log_in(connection, user=connection.connected_by)

    revived = exact.reload(connection)
    assert revived.state == ConnectionState.READY
    assert revived.grant_id == grant.pk
    assert token(grant)


def test_a_token_that_was_not_used_for_30_days_asks_for_a_new_login(grant, sandbox):
    exact.age_tokens(grant, 31 * 24 * 3600, sandbox)

    with pytest.raises(token_store.NeedsConsent, match="30 days"):
        token(grant)


def test_c9_a_wrong_client_secret_alarms_and_marks_no_customer(
    grant, connection, sandbox, settings, caplog
):
    exact.age_tokens(grant, 580, sandbox)
    settings.EXACT_CLIENT_SECRET = "rotated"

    with pytest.raises(token_store.TokenLater):
        token(grant)

    assert exact.reload(connection).state == ConnectionState.READY
    assert any(record.levelname == "CRITICAL" for record in caplog.records)
    assert mail.outbox == []


def test_c18_swapped_ciphertexts_are_refused(grant, connection, sandbox, caplog):
    other_organization = factories.make_organization(name="Other")
    stranger = exact.logged_in(other_organization, username=exact.CLAIRE, country="BE").grant
    with tenant_transaction(grant.organization_id):
        ExactGrant.objects.filter(pk=grant.pk).update(
            access_token_encrypted=bytes(stranger.access_token_encrypted),
            refresh_token_encrypted=bytes(stranger.refresh_token_encrypted),
        )

    with pytest.raises(token_store.NeedsConsent):
        token(grant)

    assert exact.reload(connection).state == ConnectionState.NEEDS_CONSENT
    assert any(record.levelname == "CRITICAL" for record in caplog.records)


@pytest.mark.parametrize(
    ("answer", "lifetime"),
    [('"600"', 600), ("600", 600), ('"0"', 600), ("null", 600), ('"soon"', 600), ('"1200"', 1200)],
)
def test_c20_the_lifetime_may_come_as_text_or_not_at_all(
    grant, sandbox, monkeypatch, answer, lifetime
):
    exact.age_tokens(grant, 700)
    body = f'{{"access_token":"a","refresh_token":"r","token_type":"bearer","expires_in":{answer}}}'
    _answer_with(monkeypatch, body)

    token(grant)

    left = stored(grant).expires_at - timezone.now()
    assert timedelta(seconds=lifetime - 10) < left <= timedelta(seconds=lifetime)


def test_an_answer_without_a_refresh_token_keeps_the_old_one(grant, sandbox, monkeypatch, caplog):
    before = stored(grant)
    exact.age_tokens(grant, 700)
    _answer_with(monkeypatch, '{"access_token":"a","expires_in":"600"}')

    assert token(grant).reveal() == "a"

    after = stored(grant)
    assert vault.reveal(after, "refresh") == vault.reveal(before, "refresh")
    assert any(record.levelname == "ERROR" for record in caplog.records)


def test_a_401_makes_the_next_token_a_new_one(grant, connection, sandbox):
    rejected = token(grant)
    sandbox.sandbox.advance_clock(580)
    exact.age_tokens(grant, 560)
    token_store.note_rejected(
        organization_id=grant.organization_id, connection_id=connection.pk, now=timezone.now()
    )

    assert token(grant) != rejected


def test_a_401_for_a_young_token_waits_until_exact_gives_another(grant, connection, sandbox):
    token_store.note_rejected(
        organization_id=grant.organization_id, connection_id=connection.pk, now=timezone.now()
    )

    with pytest.raises(token_store.TokenLater) as later:
        token(grant)

    assert later.value.until - grant.issued_at == timedelta(seconds=580)
    with pytest.raises(token_store.TokenLater):
        token(grant)
    assert len(exact.token_calls(sandbox)) == 1


def test_a_refresh_inside_an_open_transaction_is_refused(grant, sandbox):
    exact.age_tokens(grant, 580, sandbox)

    with tenant_transaction(grant.organization_id), pytest.raises(RuntimeError, match="durable"):
        token(grant)

    assert exact.token_calls(sandbox) == []


def test_other_calls_inside_a_transaction_stay_refused(grant, sandbox):
    client = ExactClient(sandbox.base_url, None, token(grant), http.session())
    with tenant_transaction(grant.organization_id), pytest.raises(CallInsideTransaction):
        me.get(client)


def test_tokens_are_in_no_log_line_and_no_error(grant, sandbox, caplog):
    caplog.set_level("DEBUG")
    secrets = [token(grant).reveal(), vault.reveal(stored(grant), "refresh").reveal()]
    exact.age_tokens(grant, 580, sandbox)
    secrets += [token(grant).reveal(), vault.reveal(stored(grant), "refresh").reveal()]

    written = " ".join(str(record.__dict__) for record in caplog.records)

    assert "old_sha256" in written
    assert not [secret for secret in secrets if secret in written]


def _hold_the_lock(organization_id, grant_id, is_held):
    connections.close_all()
    with tenant_transaction(organization_id):
        ExactGrant.objects.select_for_update().get(pk=grant_id)
        is_held.set()
        time.sleep(60)


def test_the_lock_of_a_killed_worker_is_free_at_once(grant, sandbox):
    exact.age_tokens(grant, 580, sandbox)
    context = multiprocessing.get_context("fork")
    is_held = context.Event()
    connections.close_all()
    worker = context.Process(target=_hold_the_lock, args=(grant.organization_id, grant.pk, is_held))
    worker.start()
    assert is_held.wait(10)

    worker.kill()
    worker.join()
    started = time.monotonic()

    assert token(grant)
    assert time.monotonic() - started < 5


def _end_cooldown(grant):
    with tenant_transaction(grant.organization_id):
        ExactGrant.objects.filter(pk=grant.pk).update(cooldown_until=timezone.now())


def _withdraw_consent(sandbox):
    user = user_by_name(sandbox.sandbox.database, exact.ANNA)
    assert user is not None
    grants.revoke(sandbox.sandbox, user.id)


def _answer_with(monkeypatch, body):
    answer = http.Answer(200, {"Content-Type": "application/json"}, body.encode(), "")
    monkeypatch.setattr("integrations.exact.oauth.http.send", lambda *_args, **_options: answer)


def test_second_organization_sees_no_grant(grant):
    other = factories.make_organization(name="Other")

    with tenant_transaction(other.pk):
        assert not ExactGrant.objects.exists()
        assert not ExactConnection.objects.exists()
    with pytest.raises(ExactGrant.DoesNotExist):
        token_store.access_token(organization_id=other.pk, grant_id=grant.pk)

"""No token set gets lost, whatever fails around it: RELIABILITY C1, C4, C7, C11 and F1."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.core import mail
from django.db import (
    DatabaseError,
    OperationalError,
    connection as database,
    connections,
    transaction,
)
from django.db.models import F
from django.utils import timezone

from connector import http
from connector.tenancy import write_back
from connector.tenancy.scope import tenant_transaction
from exact_sandbox.oauth import grants
from exact_sandbox.users import user_by_name
from integrations import connection_lifecycle, token_store
from integrations.exact import oauth
from integrations.keep_alive import KeepAliveWork
from integrations.models import (
    ConnectionState,
    ExactGrant,
    GrantState,
    LaneMember,
    ReferenceList,
    TokenCalls,
    TokenEvent,
)
from integrations.token_store import Urgency, events, refreshing, rescue, vault
from tests import exact, factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connection(sandbox):
    return exact.connected(factories.make_organization(name="Studio Noord"), sandbox)


@pytest.fixture
def grant(connection):
    return connection.grant


def ask(grant, **options):
    return token_store.access_token(
        organization_id=grant.organization_id, grant_id=grant.pk, **options
    )


def stored(grant):
    with tenant_transaction(grant.organization_id):
        return ExactGrant.objects.get(pk=grant.pk)


def kinds(grant):
    with tenant_transaction(grant.organization_id):
        return [event.kind for event in TokenEvent.objects.filter(grant=grant).order_by("id")]


def in_thread(act: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Run it beside the test, on a connection of its own; what came of it, result or error, is in the list."""
    came: list[object] = []

    def run() -> None:
        try:
            came.append(act())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            came.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, came


def wait_for_call(sandbox) -> None:
    """Until Exact has got the call that a slow answer keeps open."""
    end = time.monotonic() + 10
    while sandbox.sandbox.faults.as_json():
        assert time.monotonic() < end, "No call came"
        time.sleep(0.02)
    time.sleep(0.2)


# --- A token set that came is kept -----------------------------------------------------------------------------------


def test_c4_the_database_drops_the_connection_during_the_call_and_the_token_is_kept(grant, sandbox):
    exact.age_tokens(grant, 580, sandbox)
    sandbox.sandbox.faults.add({"fault": "hang", "path": "/api/oauth2/token", "delay_s": 1.0})
    worker, got = in_thread(lambda: ask(grant))
    wait_for_call(sandbox)

    with database.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND state = 'idle in transaction'"
        )
        assert cursor.fetchone()[0] == 1
    worker.join()

    assert got == [vault.reveal(stored(grant), "access")]
    assert stored(grant).version == grant.version + 1
    assert kinds(grant)[-2:] == ["asked", "rescued"]
    exact.age_tokens(grant, 580, sandbox)
    assert ask(grant)
    assert {call["status"] for call in exact.token_calls(sandbox)} == {200}


def test_c4_whoever_asks_between_is_not_told_to_log_in_again(grant, connection, sandbox):
    """The lock is gone with the database's connection, so a second worker tries the token that is used up."""
    exact.age_tokens(grant, 580, sandbox)
    sandbox.sandbox.faults.add({"fault": "hang", "path": "/api/oauth2/token", "delay_s": 2.0})
    worker, got = in_thread(lambda: ask(grant))
    wait_for_call(sandbox)
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND state = 'idle in transaction'"
        )

    with pytest.raises(token_store.TokenLater):
        ask(grant)
    worker.join()

    assert exact.reload(connection).state == ConnectionState.READY
    assert mail.outbox == []
    assert ask(grant) == got[0]


def test_c4_a_login_that_was_given_up_wrongly_works_again_when_the_token_turns_up(
    grant, connection, sandbox
):
    exact.age_tokens(grant, 580, sandbox)
    before = stored(grant)
    received = _refreshed(before)
    with tenant_transaction(grant.organization_id):
        token_store.mark_needs_consent(vault.lock(grant.pk), reason="Gone.", now=timezone.now())
        LaneMember.objects.filter(connection_id=connection.pk).update(due_at=None)

    rescue.keep(received)

    assert stored(grant).state == GrantState.ACTIVE
    assert exact.reload(connection).state == ConnectionState.READY
    assert LaneMember.objects.get(connection_id=connection.pk).due_at <= timezone.now()
    with tenant_transaction(grant.organization_id):
        assert "works after all" in connection.events.first().sentence
    assert ask(grant) == received.tokens.access_token


def test_c4_a_token_set_never_replaces_a_newer_one(grant, connection, sandbox):
    exact.age_tokens(grant, 580, sandbox)
    received = _refreshed(stored(grant))
    exact.log_in(connection, user=connection.connected_by)
    newer = stored(grant)

    rescue.keep(received)

    assert bytes(stored(grant).refresh_token_encrypted) == bytes(newer.refresh_token_encrypted)
    assert stored(grant).version == newer.version


def test_c4_a_commit_that_had_arrived_is_not_made_twice(grant, sandbox):
    exact.age_tokens(grant, 580, sandbox)
    received = _refreshed(stored(grant))
    rescue.keep(received)
    version = stored(grant).version

    rescue.keep(received)

    assert stored(grant).version == version
    assert kinds(grant).count("rescued") == 1


def test_c4_a_database_that_stays_away_is_an_alarm(grant, sandbox, monkeypatch, caplog):
    exact.age_tokens(grant, 580, sandbox)
    received = _refreshed(stored(grant))
    monkeypatch.setattr(rescue, "_TRY_FOR", 0.3)

    def away(_grant_id: int) -> ExactGrant:
        raise OperationalError("the server is starting up")

    monkeypatch.setattr(vault, "lock", away)
    monkeypatch.setattr(write_back, "_FIRST_PAUSE", 0.05)

    with pytest.raises(OperationalError):
        rescue.keep(received)

    assert any(record.levelname == "CRITICAL" for record in caplog.records)


def test_c4_a_time_limit_that_strikes_after_the_answer_loses_nothing(grant, sandbox, monkeypatch):
    class TimeLimit(BaseException):
        """What a worker's time limit or shutdown raises wherever the program is."""

    exact.age_tokens(grant, 580, sandbox)
    write, strikes = vault.write, [TimeLimit()]

    def strike(*args, **options):
        write(*args, **options)
        if strikes:
            raise strikes.pop()

    monkeypatch.setattr(vault, "write", strike)

    with pytest.raises(TimeLimit):
        ask(grant)

    assert stored(grant).version == grant.version + 1
    assert ask(grant) == vault.reveal(stored(grant), "access")
    assert len(exact.token_calls(sandbox)) == 1


def _refreshed(grant):
    """A token set that Exact gave and that is not stored yet."""
    old = vault.reveal(grant, "refresh")
    now = timezone.now()
    with http.session() as transport:
        tokens = oauth.refresh(
            transport, token_store.base_url(grant.country), token_store.app(), old
        )
    return rescue.Received(grant, tokens, old, now, now)


# --- What is written down --------------------------------------------------------------------------------------------


def test_c4_each_refresh_is_noted_before_and_after_with_no_token_in_it(grant, sandbox):
    exact.age_tokens(grant, 580, sandbox)
    first = vault.reveal(stored(grant), "refresh").reveal()
    ask(grant)
    second = vault.reveal(stored(grant), "refresh").reveal()

    with tenant_transaction(grant.organization_id):
        asked, refreshed = list(TokenEvent.objects.filter(grant=grant).order_by("id"))[-2:]

    assert (asked.kind, refreshed.kind) == ("asked", "refreshed")
    assert refreshed.old_sha256 == _sha256(first)
    assert refreshed.new_sha256 == _sha256(second)
    assert refreshed.token_version == asked.token_version + 1
    written = " ".join(str(value) for row in (asked, refreshed) for value in row.__dict__.values())
    assert first not in written
    assert second not in written


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def test_c4_what_explains_a_lost_token_is_changed_by_nobody(grant):
    with (
        pytest.raises(DatabaseError, match="only ever added"),
        tenant_transaction(grant.organization_id),
    ):
        TokenEvent.objects.filter(grant=grant).update(kind="nothing")
    with pytest.raises(DatabaseError, match="90 days"), tenant_transaction(grant.organization_id):
        TokenEvent.objects.filter(grant=grant).delete()


def test_c4_what_explains_a_lost_token_is_kept_for_90_days(grant):
    now = timezone.now()
    with tenant_transaction(grant.organization_id):
        for days in (89, 91, 200):
            events.note(grant, f"{days} days ago", now=now - timedelta(days=days))

        deleted = events.clean(now=now)

    assert deleted == 2
    assert kinds(grant)[-1] == "89 days ago"


# --- Locks -----------------------------------------------------------------------------------------------------------


def test_f1_disconnecting_while_a_refresh_is_refused_does_not_deadlock(
    grant, connection, sandbox, monkeypatch
):
    """A refused refresh holds the log-in and wants its connections; the page holds the connection."""
    exact.age_tokens(grant, 580, sandbox)
    sandbox.sandbox.faults.add({"fault": "slow", "path": "/api/oauth2/token", "delay_s": 1.0})
    user = user_by_name(sandbox.sandbox.database, exact.ANNA)
    assert user is not None
    grants.revoke(sandbox.sandbox, user.id)
    refresh, came = in_thread(lambda: ask(grant))
    wait_for_call(sandbox)

    started = time.monotonic()
    with tenant_transaction(connection.organization_id):
        held = connection_lifecycle.get_for_change(connection.pk)
        time.sleep(1.2)  # the refusal comes, and the refresh wants the connection
        connection_lifecycle.disconnect(held, user=connection.connected_by, now=timezone.now())
    took = time.monotonic() - started
    refresh.join()

    assert isinstance(came[0], token_store.NeedsConsent)
    assert took < 5
    assert exact.reload(connection).state == ConnectionState.DISCONNECTED
    assert stored(grant).refresh_token_encrypted == b""


def test_c11_disconnecting_during_a_refresh_does_not_wait_and_the_new_token_is_wiped(
    grant, connection, sandbox
):
    exact.age_tokens(grant, 580, sandbox)
    sandbox.sandbox.faults.add({"fault": "hang", "path": "/api/oauth2/token", "delay_s": 2.0})
    refresh, came = in_thread(lambda: ask(grant))
    wait_for_call(sandbox)

    started = time.monotonic()
    with tenant_transaction(connection.organization_id):
        held = connection_lifecycle.get_for_change(connection.pk)
        connection_lifecycle.disconnect(held, user=connection.connected_by, now=timezone.now())
    took = time.monotonic() - started
    refresh.join()

    assert took < 1
    assert len(came) == 1
    assert stored(grant).refresh_token_encrypted == b""
    assert kinds(grant)[-2:] == ["refreshed", "forgotten"]


def test_c1_a_host_that_is_gone_without_a_word_frees_the_lock(grant, application_database_url):
    """PostgreSQL asks a silent client whether it is there; the settings last as long as the transaction."""
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute(refreshing._LOCK_SETTINGS)
        cursor.execute(
            "SELECT current_setting('tcp_keepalives_idle')::int"
            " + current_setting('tcp_keepalives_interval')::int * current_setting('tcp_keepalives_count')::int,"
            " current_setting('client_connection_check_interval'),"
            " extract(epoch FROM current_setting('idle_in_transaction_session_timeout')::interval)"
        )
        after, while_waiting, longest = cursor.fetchone()
    assert after == 25
    assert while_waiting == "5s"
    assert longest > oauth.TOKEN_DEADLINE
    # The restricted role may set them as well.
    with psycopg.connect(application_database_url) as application:
        application.execute(refreshing._LOCK_SETTINGS)


# --- A token that Exact answers 401 to -------------------------------------------------------------------------------


def reject(connection, token=None):
    token_store.note_rejected(
        organization_id=connection.organization_id,
        connection_id=connection.pk,
        now=timezone.now(),
        token=token,
    )


def test_c8_a_401_to_a_token_that_was_renewed_meanwhile_changes_nothing(grant, connection, sandbox):
    old = ask(grant)
    exact.age_tokens(grant, 580, sandbox)
    fresh = ask(grant)

    reject(connection, token=old)

    assert ask(grant) == fresh
    assert len(exact.token_calls(sandbox)) == 1
    assert stored(grant).rejections == 0


def test_c8_three_renewed_tokens_in_a_row_that_exact_refuses_are_given_up(
    grant, connection, sandbox
):
    for _ in range(2):
        reject(connection, token=ask(grant))
        reject(connection)  # a second lane was answered the same: one and the same token
        assert exact.reload(connection).state == ConnectionState.READY
        exact.age_tokens(grant, 580, sandbox)
    reject(connection, token=ask(grant))

    assert exact.reload(connection).state == ConnectionState.NEEDS_CONSENT
    assert len(mail.outbox) == 1
    assert connection.connected_by is not None
    exact.log_in(connection, user=connection.connected_by)
    assert exact.reload(connection).state == ConnectionState.READY
    reject(connection, token=ask(grant))
    assert exact.reload(connection).state == ConnectionState.READY


def test_c8_refused_tokens_with_a_good_one_between_them_are_no_reason(grant, connection, sandbox):
    for n in range(6):
        token = ask(grant)
        if n % 2 == 0:
            reject(connection, token=token)
        exact.age_tokens(grant, 580, sandbox)

    assert exact.reload(connection).state == ConnectionState.READY
    assert stored(grant).rejections == 1


# --- Log-ins that nobody uses ----------------------------------------------------------------------------------------


@pytest.fixture
def idle(connection):
    """A connection that stands still: no payments are read, and no list is due."""
    with tenant_transaction(connection.organization_id):
        ReferenceList.objects.filter(connection=connection).update(due_at=None)
    LaneMember.objects.filter(connection_id=connection.pk).update(due_at=timezone.now())
    assert not connection.sync_payments
    return connection


def pass_days(connection, sandbox, days):
    """Let the time go by here and at Exact."""
    later = timedelta(days=days)
    exact.age_tokens(connection.grant, later.total_seconds(), sandbox)
    LaneMember.objects.filter(connection_id=connection.pk).update(due_at=F("due_at") - later)
    member = LaneMember.objects.get(connection_id=connection.pk)
    if member.due_at is not None and member.due_at <= timezone.now():
        exact.run_lane(connection)


def test_c7_a_login_that_nobody_uses_for_100_days_still_works(idle, sandbox):
    exact.run_lane(idle)  # nothing to do now, and a note of when there is

    for _ in range(100):
        pass_days(idle, sandbox, 1)

    renewals = exact.token_calls(sandbox)
    assert 100 // 9 <= len(renewals) <= 100 // 7
    assert {call["status"] for call in renewals} == {200}
    assert exact.calls(sandbox, path="/api/v1/") == []
    assert exact.reload(idle).state == ConnectionState.READY
    assert ask(idle.grant)


def test_c7_a_used_login_is_not_renewed_besides(idle, sandbox):
    work = KeepAliveWork()

    for _ in range(3):
        exact.age_tokens(idle.grant, 6 * 24 * 3600, sandbox)
        with tenant_transaction(idle.organization_id):
            due_at = work.next_due_at(exact.reload(idle), now=timezone.now())
        assert due_at is not None
        assert due_at > timezone.now()
        ask(idle.grant)

    assert len(exact.token_calls(sandbox)) == 3


def test_c7_the_renewal_waits_when_the_calls_of_the_day_run_out(idle, sandbox):
    exact.age_tokens(idle.grant, 9 * 24 * 3600, sandbox)
    TokenCalls.objects.update(called_at=[timezone.now()] * Urgency.BACKGROUND.value)

    exact.run_lane(idle)

    assert exact.token_calls(sandbox) == []
    member = LaneMember.objects.get(connection_id=idle.pk)
    assert timezone.now() < member.due_at <= timezone.now() + timedelta(minutes=5)


def test_c7_a_lost_login_is_not_asked_for(idle):
    with tenant_transaction(idle.organization_id):
        grant = vault.lock(idle.grant_id)
        token_store.mark_needs_consent(grant, reason="Gone.", now=timezone.now())
        due_at = KeepAliveWork().next_due_at(exact.reload(idle), now=timezone.now())

    assert due_at is None


# --- Once a day ------------------------------------------------------------------------------------------------------


def test_c11_tokens_that_a_dead_process_left_behind_are_wiped(grant, connection):
    with tenant_transaction(connection.organization_id):
        events.note(grant, "old", now=timezone.now() - timedelta(days=91))
    token_store.tidy(now=timezone.now())
    assert stored(grant).refresh_token_encrypted != b""
    assert "old" not in kinds(grant)
    with tenant_transaction(connection.organization_id):
        type(connection).objects.filter(pk=connection.pk).update(
            grant=None, state=ConnectionState.DISCONNECTED
        )

    token_store.tidy(now=timezone.now())

    assert stored(grant).refresh_token_encrypted == b""
    assert kinds(grant)[-1] == "forgotten"

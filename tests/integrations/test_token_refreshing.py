"""A refresh that meets another worker's lock, a database that breaks off, or a disconnection: RELIABILITY C1, C4, C11, D7."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction

from connector.secrets import Secret
from connector.tenancy.scope import tenant_transaction
from integrations.exact import oauth
from integrations.models import ExactConnection
from integrations.token_store import Urgency, calls, refreshing, vault
from integrations.token_store.problems import Got, Outcome, Wait
from tests.factories import NOW
from tests.integrations import test_token_row_locks as locks, test_token_rows as rows
from tests.integrations.test_token_rows import ACCESS, FRESH, OLD, make_grant, mark, noted, row

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)


def refresh(grant, urgency: Urgency = Urgency.PERSON) -> Outcome:
    return refreshing.refresh(
        organization_id=grant.organization_id, grant_id=grant.pk, clock=lambda: NOW, urgency=urgency
    )


@pytest.fixture
def exact(monkeypatch):
    """Exact gives new tokens; what is put into the list happens while it answers. The list then holds the calls."""
    meanwhile: list[Callable[[], None]] = []
    asked: list[Secret] = []

    def answer(transport, _base_url, _app, old):
        assert transport is not None
        asked.append(old)
        for happens in meanwhile:
            happens()
        return FRESH

    monkeypatch.setattr(oauth, "refresh", answer)
    return meanwhile, asked


def break_the_next_write(monkeypatch, error: BaseException) -> None:
    """The tokens came, and storing them fails once."""
    errors, write = [error], vault.write

    def fail_once(*given, **named):
        if errors:
            raise errors.pop()
        write(*given, **named)

    monkeypatch.setattr(vault, "write", fail_once)


def test_c1_whoever_waits_too_long_for_anothers_refresh_comes_back_ten_seconds_later(
    exact, monkeypatch, caplog
):
    monkeypatch.setattr(refreshing, "_LOCK_SETTINGS", "SET LOCAL lock_timeout = '300ms'")
    grant = make_grant()

    with locks.held_elsewhere(locks.lock(grant)):
        outcome = refresh(grant)

    assert outcome == Wait(NOW + 10 * SECOND)
    assert exact[1] == []
    (record,) = [one for one in caplog.records if one.name == refreshing.logger.name]
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "Waited too long for another worker's refresh"
    assert record.grant_id == grant.pk


def test_a_database_that_is_away_is_no_wait_for_another_worker(exact, monkeypatch):
    def away(_grant_id):
        raise OperationalError("the database system is shutting down")

    grant = make_grant()
    monkeypatch.setattr(vault, "lock", away)

    with pytest.raises(OperationalError, match="shutting down"):
        refresh(grant)
    assert exact[1] == []


def test_c4_tokens_that_the_database_did_not_take_are_stored_on_a_new_connection(
    exact, monkeypatch
):
    grant = make_grant()
    break_the_next_write(monkeypatch, OperationalError("server closed the connection"))

    assert refresh(grant) == Got(FRESH.access_token)

    assert rows.tokens_of(grant) == (FRESH.access_token, FRESH.refresh_token)
    after = row(grant)
    assert (after.version, after.expires_at) == (5, NOW + 600 * SECOND)
    assert NOW <= after.issued_at < NOW + 60 * SECOND
    assert exact[1] == [OLD]
    kind, at, version, old, new = noted(grant)[-1]
    assert (kind, at, version) == ("rescued", after.issued_at, 5)
    assert (old, new) == (mark(OLD), mark(FRESH.refresh_token))


def test_c4_a_worker_that_is_told_to_stop_stores_its_tokens_first(exact, monkeypatch):
    grant = make_grant()
    break_the_next_write(monkeypatch, KeyboardInterrupt())

    with pytest.raises(KeyboardInterrupt):
        refresh(grant)

    assert rows.tokens_of(grant) == (FRESH.access_token, FRESH.refresh_token)


def test_c11_an_organization_that_disconnects_while_exact_answers_leaves_no_token_behind(exact):
    grant = make_grant()

    def disconnect() -> None:
        # By the page's own session: the row of the consent is locked, that of the connection is not.
        with tenant_transaction(grant.organization_id):
            ExactConnection.objects.filter(grant=grant).update(grant=None)

    exact[0].append(disconnect)

    assert refresh(grant) == Got(FRESH.access_token)

    after = row(grant)
    assert (bytes(after.access_token_encrypted), bytes(after.refresh_token_encrypted)) == (b"", b"")
    assert noted(grant)[-1] == ("forgotten", NOW, 6, "", "")


def test_c1_a_token_that_came_meanwhile_is_neither_asked_for_nor_counted(exact):
    grant = make_grant(**rows.YOUNG)

    assert refresh(grant) == Got(ACCESS)

    assert exact[1] == []
    assert noted(grant) == []
    assert calls.in_last_day(grant, now=NOW) == 0


def test_reliability_d7_a_refresh_that_has_to_wait_says_until_when(exact):
    grant = make_grant()
    locks.called(grant, [NOW - timedelta(days=1) + (n + 3) * SECOND for n in range(170)])

    assert refresh(grant, Urgency.BACKGROUND) == Wait(NOW + 3 * SECOND)

    assert exact[1] == []
    assert noted(grant) == []


def test_c1_tokens_are_never_traded_inside_a_transaction_that_may_be_undone(exact):
    grant = make_grant()

    with pytest.raises(RuntimeError), transaction.atomic():
        refresh(grant)

    assert exact[1] == []
    assert rows.tokens_of(grant) == (ACCESS, OLD)

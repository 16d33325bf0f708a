"""What a locked row of a consent holds up, and what it does not: two sessions of the database at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread

import pytest
from django.db import OperationalError, connection, transaction

from connector.tenancy.scope import tenant_transaction
from integrations.exact import hosts, oauth
from integrations.models import ExactConnection, ExactGrant, GrantState
from integrations.token_store import calls, consents, refusals, registration, vault
from tests.factories import NOW
from tests.integrations import test_token_rows as rows
from tests.integrations.test_token_rows import FRESH, make_grant, row

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def held_elsewhere(hold: Callable[[], object]) -> Iterator[None]:
    """Let another session do `hold` in a transaction and keep that open meanwhile."""
    begun, enough = Event(), Event()

    def work() -> None:
        try:
            with transaction.atomic():
                hold()
                begun.set()
                enough.wait(20)
        finally:
            begun.set()
            connection.close()

    thread = Thread(target=work)
    thread.start()
    assert begun.wait(20)
    try:
        yield
    finally:
        enough.set()
        thread.join(20)


def called(grant: ExactGrant, moments: list[datetime]) -> None:
    with transaction.atomic():
        rows.called(grant, moments)


def give_up_soon() -> None:
    """Waiting for a lock is an error here instead of a test that hangs."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '400ms'")


def without_patience(grant: ExactGrant, work: Callable[[], object]) -> None:
    with tenant_transaction(grant.organization_id):
        give_up_soon()
        work()


def lock(grant: ExactGrant) -> Callable[[], object]:
    def hold() -> None:
        with tenant_transaction(grant.organization_id):
            vault.lock(grant.pk)

    return hold


def test_f1_a_connection_is_written_while_its_consent_is_being_renewed():
    grant = make_grant()
    with (
        held_elsewhere(lock(grant)),
        tenant_transaction(grant.organization_id),
    ):
        give_up_soon()
        # A foreign key that is written asks for the consent's key alone.
        ExactConnection.objects.filter(grant=grant).update(grant=None)
        ExactConnection.objects.update(grant=grant)


def test_c1_two_workers_do_not_renew_a_consent_at_once():
    grant = make_grant()
    with held_elsewhere(lock(grant)), pytest.raises(OperationalError):
        without_patience(grant, lock(grant))


def test_f1_wiping_an_unused_consent_never_waits_for_a_refresh():
    grant = make_grant()
    with tenant_transaction(grant.organization_id):
        ExactConnection.objects.filter(grant=grant).update(grant=None)

    with held_elsewhere(lock(grant)), tenant_transaction(grant.organization_id):
        give_up_soon()
        is_wiped = vault.forget_unused(
            organization_id=grant.organization_id, grant_id=grant.pk, now=NOW
        )

    assert not is_wiped
    assert row(grant).refresh_token_encrypted
    assert vault.forget_unused(organization_id=grant.organization_id, grant_id=grant.pk, now=NOW)


def test_f1_a_connection_can_be_written_while_its_unused_consent_is_wiped():
    grant = make_grant()
    with tenant_transaction(grant.organization_id):
        ExactConnection.objects.filter(grant=grant).update(grant=None)

    def wipe() -> None:
        assert vault.forget_unused(
            organization_id=grant.organization_id, grant_id=grant.pk, now=NOW
        )

    with held_elsewhere(wipe), tenant_transaction(grant.organization_id):
        give_up_soon()
        ExactConnection.objects.update(grant=grant)


@pytest.mark.parametrize(
    "store",
    [
        lambda grant: vault.write(grant, FRESH, sent_at=NOW, answered_at=NOW),
        vault.forget_tokens,
    ],
)
def test_c1_storing_tokens_leaves_the_rest_of_the_row_as_others_made_it(store):
    grant = make_grant()
    with tenant_transaction(grant.organization_id):
        locked = vault.lock(grant.pk)
        ExactGrant.objects.filter(pk=grant.pk).update(
            exact_user_name="Anna, as renamed meanwhile", state=GrantState.NEEDS_CONSENT
        )
        store(locked)

    assert row(grant).exact_user_name == "Anna, as renamed meanwhile"
    assert row(grant).state == GrantState.NEEDS_CONSENT


@pytest.mark.parametrize(
    "decide",
    [
        lambda grant: consents.revive(grant, now=NOW),
        lambda grant: consents.mark_needs_consent(grant, reason="Withdrawn.", now=NOW),
        lambda grant: refusals.act_on(grant, oauth.TokenOutcomeUnknown("x"), NOW),
        lambda grant: refusals.act_on(grant, oauth.TooEarly("x"), NOW),
    ],
    ids=["a new log-in", "a lost consent", "a refusal", "a clock that was wrong"],
)
def test_c3_what_follows_from_an_answer_leaves_the_rest_of_the_row_as_others_made_it(decide):
    grant = make_grant()
    with tenant_transaction(grant.organization_id):
        locked = vault.lock(grant.pk)
        ExactGrant.objects.filter(pk=grant.pk).update(exact_user_name="Anna, renamed meanwhile")
        decide(locked)

    assert row(grant).exact_user_name == "Anna, renamed meanwhile"


@pytest.mark.parametrize("country", ["NL", "BE", "DE"])
def test_exact_is_where_the_setting_says_or_else_the_countrys_own(settings, country):
    settings.EXACT_BASE_URL = ""
    assert registration.base_url(country) == hosts.base_url(country, None)

    settings.EXACT_BASE_URL = "http://localhost:8100"
    assert registration.base_url(country) == "http://localhost:8100"


def test_c16_the_count_of_calls_is_locked_until_the_call_was_counted():
    grant = make_grant()
    called(grant, [])

    def reserve() -> None:
        with tenant_transaction(grant.organization_id):
            calls.reserve(grant, now=NOW, urgency=calls.Urgency.PERSON)

    with held_elsewhere(reserve), pytest.raises(OperationalError):
        without_patience(grant, reserve)
    assert calls.in_last_day(grant, now=NOW) == 1


def test_c16_the_busiest_exact_user_is_the_one_with_most_calls_in_the_last_day():
    for count in (2, 5, 3):
        grant = make_grant()
        called(grant, [NOW - timedelta(hours=23)] * count + [NOW - timedelta(hours=25)] * 9)

    assert calls.busiest(now=NOW) == 5


def test_c16_nobody_is_busy_before_the_first_call():
    assert calls.busiest(now=NOW) == 0
    assert isinstance(registration.app(), oauth.App)


@pytest.mark.parametrize(("made", "is_told"), [(149, False), (150, True)])
def test_c16_admins_are_told_when_the_days_calls_run_out(made, is_told):
    grant = make_grant(exact_user_name="Anna de Vries")
    called(grant, [NOW - timedelta(minutes=1)] * made)

    told = calls.warning(grant, now=NOW)

    sentence = (
        "150 of the 200 renewals that Exact allows Anna de Vries in 24 hours were used. Reading in the background "
        "pauses at 170; copying goes on. Log in at Exact as another user here if this person connected several "
        "organizations."
    )
    assert told == (sentence if is_told else "")

"""Exact's 200 token calls a day, shared by all organizations of one Exact user: RELIABILITY C16 and D7."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connections
from django.utils import timezone

from connector.tenancy.scope import tenant_transaction
from integrations import token_store
from integrations.models import ConnectionState, ExactGrant, TokenCalls
from integrations.token_store import Urgency, calls
from tests import exact, factories

pytestmark = pytest.mark.django_db(transaction=True)

BACKGROUND, WORK, PERSON = Urgency.BACKGROUND, Urgency.WORK, Urgency.PERSON


@pytest.fixture
def two(sandbox):
    """Two organizations whose admins logged in at Exact as the same person; both log-ins go on."""
    sandbox.sandbox.switches.set("new_consent_ends_tokens", False)
    first = exact.logged_in(factories.make_organization(name="Noord"))
    second = exact.logged_in(factories.make_organization(name="Zuid"))
    sandbox.sandbox.log.clear()
    return first, second


@pytest.fixture
def grant(two):
    return two[0].grant


def made_calls(count, *, ago=timedelta(hours=1)):
    """Let Exact's user have used so many of the day's calls."""
    now = timezone.now()
    # The newest ones a second apart, so that the oldest is the first to leave the last 24 hours.
    TokenCalls.objects.update(
        called_at=[now - ago - timedelta(seconds=count - n) for n in range(count)]
    )


def ask(grant, urgency=PERSON):
    return token_store.access_token(
        organization_id=grant.organization_id, grant_id=grant.pk, urgency=urgency
    )


def test_c16_two_organizations_of_one_exact_user_share_one_count(two, sandbox):
    first, second = (connection.grant for connection in two)
    assert first.exact_user_id == second.exact_user_id
    assert calls.in_last_day(first, now=timezone.now()) == 2  # the two log-ins

    exact.age_tokens(first, 580, sandbox)
    ask(first)

    assert calls.in_last_day(first, now=timezone.now()) == 3
    assert calls.in_last_day(second, now=timezone.now()) == 3
    row = TokenCalls.objects.get()
    assert not {"organization", "organization_id"} & {field.name for field in row._meta.fields}


def test_c16_another_exact_user_has_a_count_of_its_own(two, sandbox):
    other = exact.logged_in(
        factories.make_organization(name="Third"), username=exact.CLAIRE, country="BE"
    )
    made_calls(199)
    TokenCalls.objects.filter(exact_user_id=other.grant.exact_user_id).update(called_at=[])

    assert calls.in_last_day(other.grant, now=timezone.now()) == 0
    assert calls.in_last_day(two[0].grant, now=timezone.now()) == 199


@pytest.mark.parametrize(
    ("made", "passes"),
    [
        (169, {BACKGROUND, WORK, PERSON}),
        (170, {WORK, PERSON}),
        (189, {WORK, PERSON}),
        (190, {PERSON}),
        (199, {PERSON}),
    ],
)
def test_reliability_d7_what_nobody_waits_for_pauses_first(grant, sandbox, made, passes):
    exact.age_tokens(grant, 580, sandbox)
    made_calls(made)

    for urgency in set(Urgency) - passes:
        with pytest.raises(token_store.TokenLater):
            ask(grant, urgency)
    assert exact.token_calls(sandbox) == []

    least = max(passes, key=lambda urgency: -(urgency.value or 1000))
    assert ask(grant, least)
    assert calls.in_last_day(grant, now=timezone.now()) == made + 1


def test_reliability_d7_a_valid_token_is_given_whatever_the_count(grant, sandbox):
    made_calls(200)

    assert ask(grant, BACKGROUND)
    assert exact.token_calls(sandbox) == []


def test_reliability_d7_the_wait_ends_when_the_oldest_call_is_a_day_old(grant, sandbox):
    exact.age_tokens(grant, 580, sandbox)
    made_calls(170, ago=timedelta(hours=23, minutes=57))

    with pytest.raises(token_store.TokenLater) as later:
        ask(grant, BACKGROUND)

    wait = later.value.until - timezone.now()
    assert timedelta(0) < wait < timedelta(minutes=3)
    made_calls(170, ago=timedelta(hours=24))
    assert ask(grant, BACKGROUND)
    assert len(TokenCalls.objects.get().called_at) == 1


def test_reliability_d7_a_long_wait_is_looked_at_again_after_five_minutes(grant, sandbox):
    exact.age_tokens(grant, 580, sandbox)
    made_calls(170)

    with pytest.raises(token_store.TokenLater) as later:
        ask(grant, BACKGROUND)

    assert timedelta(minutes=4) < later.value.until - timezone.now() <= timedelta(minutes=5)


@pytest.mark.parametrize(("made", "alarms"), [(148, 0), (149, 1), (160, 1)])
def test_c16_an_alarm_comes_once_a_day_at_150_calls(grant, caplog, made, alarms):
    made_calls(made)

    for _ in range(3 if alarms else 1):
        with tenant_transaction(grant.organization_id):
            calls.reserve(grant, now=timezone.now(), urgency=PERSON)

    critical = [record for record in caplog.records if record.levelname == "CRITICAL"]
    assert len(critical) == alarms


def test_c16_the_last_call_is_given_to_one_of_two_organizations_only(two):
    made_calls(169)
    grants = [connection.grant for connection in two] * 4
    start, refused = threading.Barrier(len(grants)), []

    def reserve(grant: ExactGrant) -> None:
        try:
            start.wait()
            with tenant_transaction(grant.organization_id):
                refused.append(
                    calls.reserve(grant, now=timezone.now(), urgency=BACKGROUND) is not None
                )
        finally:
            connections.close_all()

    workers = [threading.Thread(target=reserve, args=(grant,)) for grant in grants]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(refused) == [False] + [True] * 7
    assert calls.in_last_day(grants[0], now=timezone.now()) == 170


@pytest.mark.parametrize("ends", [False, True])
def test_c16_a_second_login_of_one_exact_user_may_end_the_first_ones_tokens(sandbox, ends):
    """Whether it does is unsure. If it does, the first organization is asked to log in again, and nothing is lost."""
    sandbox.sandbox.switches.set("new_consent_ends_tokens", ends)
    first = exact.connected(factories.make_organization(name="Noord"), sandbox)
    second = exact.connected(factories.make_organization(name="Zuid"), sandbox, exact.ZUID)
    mail.outbox.clear()
    exact.age_tokens(first.grant, 580)
    exact.age_tokens(second.grant, 580, sandbox)

    assert ask(second.grant)
    if not ends:
        assert ask(first.grant)
        assert mail.outbox == []
        return
    for _ in range(2):
        with pytest.raises(token_store.NeedsConsent):
            ask(first.grant)

    assert exact.reload(first).state == ConnectionState.NEEDS_CONSENT
    assert exact.reload(second).state == ConnectionState.READY
    assert len(mail.outbox) == 1
    assert first.connected_by is not None
    exact.log_in(first, user=first.connected_by)
    assert exact.reload(first).state == ConnectionState.READY
    assert ask(first.grant)


@pytest.mark.parametrize(("made", "is_told"), [(149, False), (150, True)])
def test_c16_admins_read_on_the_connections_page_that_the_days_calls_run_out(two, made, is_told):
    connection = two[0]
    made_calls(made)
    assert connection.connected_by is not None

    address = f"/settings/marketplace/{connection.pk}/activity/"
    page = factories.sign_in(connection.connected_by).get(address).content.decode()

    assert (f"{made} of the 200 renewals" in page) == is_told
    assert token_store.busiest(now=timezone.now()) == made


def test_c16_a_day_later_the_busiest_user_has_none(grant):
    made_calls(180, ago=timedelta(hours=25))

    assert token_store.busiest(now=timezone.now()) == 0
    assert token_store.warning(grant, now=timezone.now()) == ""

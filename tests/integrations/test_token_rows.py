"""What each answer of Exact to a refresh makes of the consent's row: when it is used, when it waits, when it is lost.

Exact's own rules, the locks and the races are in `test_token_store.py`; here its answer is given, and time stands still.
"""

from __future__ import annotations

import hashlib
import logging
import os
import socket
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from connector.encrypted_fields import encrypted_field
from connector.secrets import Secret
from connector.tenancy.scope import tenant_transaction
from integrations import token_store
from integrations.exact import oauth
from integrations.models import (
    ConnectionEvent,
    ConnectionState,
    ExactConnection,
    ExactGrant,
    GrantState,
    TokenCalls,
    TokenEvent,
)
from integrations.token_store import Urgency, calls, events, stored, vault
from integrations.token_store.problems import Got, Lost, Wait
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ACCESS, OLD = Secret("access-1"), Secret("refresh-1")
FRESH = oauth.TokenSet(Secret("access-2"), Secret("refresh-2"), 600)
# A token that was given 580 seconds ago: it is time for a new one.
DUE = {"issued_at": NOW - 580 * SECOND, "expires_at": NOW + 20 * SECOND}
YOUNG = {"issued_at": NOW - 60 * SECOND, "expires_at": NOW + 540 * SECOND}


def make_grant(**fields: Any) -> ExactGrant:
    """A consent with tokens and one connection that works."""
    connection = factories.make_connection(organization=factories.make_organization(), lists=False)
    grant = connection.grant
    defaults: dict[str, Any] = {"version": 4, **DUE}
    with tenant_transaction(grant.organization_id):
        for name, value in (defaults | fields).items():
            setattr(grant, name, value)
        for kind, token in (("access", ACCESS), ("refresh", OLD)):
            encrypted_field(ExactGrant, f"{kind}_token_encrypted").seal(grant, token.reveal())
        grant.save()
    return grant


def row(grant: ExactGrant) -> ExactGrant:
    with tenant_transaction(grant.organization_id):
        return ExactGrant.objects.get(pk=grant.pk)


def connection_of(grant: ExactGrant) -> ExactConnection:
    with tenant_transaction(grant.organization_id):
        return ExactConnection.objects.get(grant=grant)


def tokens_of(grant: ExactGrant) -> tuple[Secret, Secret]:
    return vault.reveal(row(grant), "access"), vault.reveal(row(grant), "refresh")


def noted(grant: ExactGrant) -> list[tuple[str, datetime, int, str, str]]:
    with tenant_transaction(grant.organization_id):
        return [
            (event.kind, event.at, event.token_version, event.old_sha256, event.new_sha256)
            for event in TokenEvent.objects.filter(grant=grant).order_by("id")
        ]


def mark(token: Secret | None) -> str:
    assert token is not None
    return hashlib.sha256(token.reveal().encode()).hexdigest()[:12]


def ask(grant: ExactGrant, *, now: datetime = NOW, urgency: Urgency = Urgency.PERSON) -> Any:
    """What came of it: the token, or the reason for which there is none."""
    try:
        return token_store.access_token(
            organization_id=grant.organization_id, grant_id=grant.pk, now=now, urgency=urgency
        )
    except token_store.TokenLater as later:
        return later.until
    except token_store.NeedsConsent as lost:
        return str(lost)


@pytest.fixture
def exact(monkeypatch):
    """Exact's answers to come, and the calls it got."""
    answers: list[oauth.TokenSet | oauth.TokenError] = []
    asked: list[tuple[str, oauth.App, Secret]] = []

    def refresh(_transport, base_url, app, old):
        asked.append((base_url, app, old))
        answer = answers.pop(0)
        if isinstance(answer, oauth.TokenError):
            raise answer
        return answer

    monkeypatch.setattr(oauth, "refresh", refresh)
    return answers, asked


# --- Whether it is time -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issued", "expires", "is_used"),
    [
        (0, 600, True),
        (579, 21, True),
        # 20 seconds before its end, and never before 580 seconds of its life.
        (580, 20, False),
        (580, 21, True),
        (579, 20, True),
        (579, 1, True),
        (579, 0, False),
        (10, -1, False),
    ],
)
def test_c5_a_token_is_traded_20_seconds_before_its_end_and_not_before_580_of_its_life(
    issued, expires, is_used
):
    grant = make_grant(issued_at=NOW - issued * SECOND, expires_at=NOW + expires * SECOND)

    assert stored.look(row(grant), NOW) == (Got(ACCESS) if is_used else None)


UNFINISHED = Lost("There are no tokens: the log-in at Exact was not finished.")


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        (
            {"state": GrantState.NEEDS_CONSENT, "state_reason": "Withdrawn.", **YOUNG},
            Lost("Withdrawn."),
        ),
        ({"issued_at": None}, UNFINISHED),
        ({"expires_at": None}, UNFINISHED),
        ({"cooldown_until": NOW + SECOND}, Wait(NOW + SECOND)),
        ({"cooldown_until": NOW}, None),
        # A token that works is given also while Exact is not asked for another one.
        ({"cooldown_until": NOW + SECOND, **YOUNG}, Got(ACCESS)),
    ],
)
def test_what_the_row_says_without_a_call(fields, outcome):
    assert stored.look(row(make_grant(**fields)), NOW) == outcome


def test_a_row_without_a_refresh_token_is_an_unfinished_login():
    grant = make_grant(**YOUNG)
    with tenant_transaction(grant.organization_id):
        ExactGrant.objects.filter(pk=grant.pk).update(refresh_token_encrypted=b"")

    assert stored.look(row(grant), NOW) == UNFINISHED


def test_c18_an_access_token_that_cannot_be_read_is_traded(exact):
    answers, _ = exact
    grant = make_grant(**YOUNG)
    with tenant_transaction(grant.organization_id):
        ExactGrant.objects.filter(pk=grant.pk).update(access_token_encrypted=b"else")
    answers.append(FRESH)

    assert ask(grant) == FRESH.access_token


# --- A refresh --------------------------------------------------------------------------------------------------------


def test_c1_new_tokens_are_stored_with_all_that_follows_from_them(exact, settings):
    settings.EXACT_CLIENT_ID, settings.EXACT_CLIENT_SECRET = "app", "secret"
    settings.EXACT_REDIRECT_URI = "https://us.example/back"
    answers, asked = exact
    answers.append(FRESH)
    grant = make_grant(cooldown_until=NOW, refresh_failures=2)

    assert ask(grant) == FRESH.access_token

    assert asked == [
        (
            "https://start.exactonline.nl",
            oauth.App("app", Secret("secret"), "https://us.example/back"),
            OLD,
        )
    ]
    after = row(grant)
    assert tokens_of(grant) == (FRESH.access_token, FRESH.refresh_token)
    assert (after.version, after.cooldown_until, after.refresh_failures) == (5, None, 0)
    assert after.expires_at == NOW + 600 * SECOND
    assert timedelta(0) <= after.issued_at - NOW < 5 * SECOND
    assert (after.asked_at, after.asked_version) == (NOW, 4)
    assert [(kind, version, old, new) for kind, _, version, old, new in noted(grant)] == [
        ("asked", 4, "", ""),
        ("refreshed", 5, mark(OLD), mark(FRESH.refresh_token)),
    ]
    assert noted(grant)[0][1] == NOW
    assert calls.in_last_day(grant, now=NOW) == 1


def test_a_token_is_taken_to_end_as_if_made_first_and_to_be_young_as_if_made_last():
    grant = make_grant()
    with tenant_transaction(grant.organization_id):
        vault.write(grant, FRESH, sent_at=NOW, answered_at=NOW + 40 * SECOND)

    after = row(grant)
    assert (after.issued_at, after.expires_at) == (NOW + 40 * SECOND, NOW + 600 * SECOND)
    assert len(after.key_id) == 8


def test_an_answer_without_a_refresh_token_is_noted_and_the_old_one_goes_on(exact, caplog):
    exact[0].append(oauth.TokenSet(Secret("access-2"), None, 300))
    grant = make_grant()

    assert ask(grant) == Secret("access-2")

    assert tokens_of(grant) == (Secret("access-2"), OLD)
    assert row(grant).expires_at == NOW + 300 * SECOND
    assert noted(grant)[-1][3:] == (mark(OLD), "")
    record = caplog.records[-1]
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "Exact gave no new refresh token; the old one is kept"
    assert record.grant_id == grant.pk


def test_what_another_worker_did_meanwhile_needs_no_call(exact):
    grant = make_grant(**YOUNG)

    assert ask(grant) == ACCESS

    assert exact[1] == []
    assert noted(grant) == []


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({"asked_at": NOW, "asked_version": 4}, 0),
        ({"asked_at": NOW - 0.9 * SECOND, "asked_version": 4}, 0),
        ({"asked_at": NOW + 0.9 * SECOND, "asked_version": 4}, 0),
        ({"asked_at": NOW - SECOND, "asked_version": 4}, 1),
        ({"asked_at": NOW, "asked_version": 3}, 1),
        ({"asked_at": None, "asked_version": 4}, 1),
    ],
)
def test_c1_one_call_of_two_workers_is_counted_once(exact, fields, counts):
    exact[0].append(FRESH)
    grant = make_grant(**fields)

    assert ask(grant) == FRESH.access_token

    assert calls.in_last_day(grant, now=NOW) == counts
    assert len([event for event in noted(grant) if event[0] == "asked"]) == counts


# --- A refusal --------------------------------------------------------------------------------------------------------

USED = "Exact says that the stored log-in was used before."
EXPIRED = "The log-in at Exact was not used for 30 days and has expired."
BROKEN = "The permission was withdrawn at Exact, or the password there was changed."


@pytest.mark.parametrize(
    ("error", "failures", "wait"),
    [
        (oauth.TokenNotSent("x"), 0, timedelta(seconds=10)),
        (oauth.TokenOutcomeUnknown("x"), 0, timedelta(seconds=10)),
        (oauth.TokenOutcomeUnknown("x"), 1, timedelta(seconds=20)),
        (oauth.TokenOutcomeUnknown("x"), 2, timedelta(seconds=40)),
        (oauth.TokenOutcomeUnknown("x"), 3, timedelta(seconds=60)),
        (oauth.TokenOutcomeUnknown("x"), 19, timedelta(seconds=60)),
        (oauth.TokenOutcomeUnknown("x"), 20, timedelta(minutes=15)),
        (oauth.TokenThrottled("x"), 0, timedelta(hours=1)),
        (oauth.ClientRefused("x"), 11, timedelta(minutes=5)),
        (oauth.ClientRefused("x"), 12, timedelta(minutes=15)),
        # Nothing of ours was lost that we know of: whoever has the new token gets the time to store it.
        (oauth.OldTokenUsed("x"), 0, timedelta(seconds=10)),
    ],
)
def test_c3_c9_what_is_not_decided_waits_ever_longer_and_nobody_is_asked(
    exact, error, failures, wait
):
    exact[0].append(error)
    grant = make_grant(refresh_failures=failures)

    assert ask(grant) == NOW + wait

    after = row(grant)
    assert after.state == GrantState.ACTIVE
    assert (after.cooldown_until, after.refresh_failures) == (NOW + wait, min(failures + 1, 20))
    assert tokens_of(grant) == (ACCESS, OLD)
    assert after.version == 4
    assert noted(grant)[-1] == (type(error).__name__, NOW, 4, mark(OLD), "")
    assert connection_of(grant).state == ConnectionState.READY


def test_reliability_c9_d7_a_day_with_a_wrong_secret_leaves_calls_for_the_day_after(exact):
    """Each try counts for the 200 of a day; at 150 the alarm rings, and at 170 what nobody waits for stays away for hours."""
    grant, now = make_grant(), NOW

    while now < NOW + DAY / 4:
        exact[0].append(oauth.ClientRefused("x"))
        now = ask(grant, now=now)

    assert 4 * calls.in_last_day(grant, now=now) < calls.ALARM_AT


def test_c9_our_own_secret_is_an_alarm_for_the_operator(exact, caplog):
    exact[0].append(oauth.ClientRefused("x"))

    ask(make_grant())

    (record,) = [one for one in caplog.records if one.levelno == logging.CRITICAL]
    assert record.getMessage() == (
        "Exact refuses our app's id or secret; check EXACT_CLIENT_ID and EXACT_CLIENT_SECRET"
    )


@pytest.mark.parametrize(
    ("error", "failures", "reason"),
    [
        (oauth.OldTokenUsed("x"), 1, USED),
        (oauth.TokenExpired("x"), 0, EXPIRED),
        (oauth.ConsentBroken("x"), 0, BROKEN),
        (oauth.ConsentBroken("x"), 5, BROKEN),
    ],
)
def test_c3_c7_c8_a_lost_consent_is_said_with_its_reason_and_connections_wait(
    exact, error, failures, reason
):
    exact[0].append(error)
    grant = make_grant(refresh_failures=failures)

    assert ask(grant) == reason

    after = row(grant)
    assert (after.state, after.state_reason, after.state_changed_at) == (
        GrantState.NEEDS_CONSENT,
        reason,
        NOW,
    )
    assert noted(grant)[-1] == (type(error).__name__, NOW, 4, mark(OLD), "")
    connection = connection_of(grant)
    assert (connection.state, connection.state_reason) == (ConnectionState.NEEDS_CONSENT, reason)
    with tenant_transaction(grant.organization_id):
        (event,) = ConnectionEvent.objects.filter(connection=connection)
    assert (event.kind, event.at) == ("needs_consent", NOW)
    assert event.sentence == (
        f"{reason} Copying and payments wait until somebody logs in at Exact again."
    )
    # The next one asks nobody.
    assert ask(grant, now=NOW + SECOND) == reason
    assert len(exact[1]) == 1


def test_a_consent_is_lost_once(exact):
    grant = make_grant()
    with tenant_transaction(grant.organization_id):
        for reason, moment in (("First.", NOW), ("Second.", NOW + SECOND)):
            token_store.mark_needs_consent(grant, reason=reason, now=moment)

    after = row(grant)
    assert (after.state_reason, after.state_changed_at) == ("First.", NOW)


def test_c5_too_early_goes_on_with_the_stored_token_and_corrects_the_clock(exact):
    exact[0].append(oauth.TooEarly("x"))
    grant = make_grant()

    assert ask(grant) == ACCESS

    after = row(grant)
    assert after.issued_at == NOW - 570 * SECOND
    assert after.expires_at == NOW + 30 * SECOND
    assert (after.cooldown_until, after.refresh_failures, after.version) == (None, 0, 4)
    assert ask(grant, now=NOW + 9 * SECOND) == ACCESS
    assert len(exact[1]) == 1


@pytest.mark.parametrize(
    ("age", "wait"), [(100, 480), (569, 11), (570, 10), (575, 10), (900, 10), (0, 580)]
)
def test_c5_a_refused_token_is_not_given_again_before_exact_gives_another(exact, age, wait):
    exact[0].append(oauth.TooEarly("x"))
    grant = make_grant(issued_at=NOW - age * SECOND, expires_at=NOW, rejected_version=4)

    assert ask(grant) == NOW + wait * SECOND

    assert row(grant).refresh_failures == 1


def test_c18_tokens_that_cannot_be_read_ask_for_a_new_login(exact, caplog):
    grant = make_grant()
    with tenant_transaction(grant.organization_id):
        ExactGrant.objects.filter(pk=grant.pk).update(refresh_token_encrypted=b"else")

    assert ask(grant) == "The stored log-in can not be read any more."

    assert exact[1] == []
    assert noted(grant)[-1] == ("cannot_decrypt", NOW, 4, "", "")
    (record,) = [one for one in caplog.records if one.levelno == logging.CRITICAL]
    assert record.getMessage() == "Stored tokens can not be decrypted"
    assert record.grant_id == grant.pk


# --- A refused access token -------------------------------------------------------------------------------------------


def reject(grant: ExactGrant, token: Secret | None = None, now: datetime = NOW) -> None:
    token_store.note_rejected(
        organization_id=grant.organization_id,
        connection_id=connection_of(grant).pk,
        now=now,
        token=token,
    )


@pytest.mark.parametrize("token", [None, ACCESS])
def test_a_token_that_exact_refuses_is_traded_next(token):
    grant = make_grant(**YOUNG)

    reject(grant, token)

    after = row(grant)
    assert (after.expires_at, after.rejected_version, after.rejections) == (NOW, 4, 1)
    assert noted(grant) == [("rejected", NOW, 4, "", "")]
    assert stored.look(after, NOW) is None


@pytest.mark.parametrize("expires_at", [NOW - SECOND, NOW])
def test_a_refused_token_that_has_ended_is_not_made_younger(expires_at):
    grant = make_grant(issued_at=NOW - 700 * SECOND, expires_at=expires_at)

    reject(grant)

    assert row(grant).expires_at == expires_at
    assert row(grant).rejections == 1


@pytest.mark.parametrize(
    ("fields", "token"),
    [
        ({}, Secret("another")),
        ({"state": GrantState.NEEDS_CONSENT, "state_reason": "x"}, None),
    ],
)
def test_a_refusal_of_what_is_not_stored_any_more_changes_nothing(fields, token):
    grant = make_grant(**YOUNG | fields)

    reject(grant, token)

    after = row(grant)
    assert (after.expires_at, after.rejections) == (YOUNG["expires_at"], 0)
    assert noted(grant) == []


def test_c18_a_refusal_while_the_stored_token_cannot_be_read_changes_nothing():
    grant = make_grant()
    with tenant_transaction(grant.organization_id):
        ExactGrant.objects.filter(pk=grant.pk).update(access_token_encrypted=b"unreadable")

    reject(grant, ACCESS)

    assert row(grant).rejections == 0
    assert row(grant).expires_at == grant.expires_at


def test_a_refusal_for_a_connection_without_a_login_changes_nothing():
    grant = make_grant(**YOUNG)
    with tenant_transaction(grant.organization_id):
        connection = ExactConnection.objects.get(grant=grant)
        ExactConnection.objects.filter(pk=connection.pk).update(grant=None)
    for connection_id in (connection.pk, connection.pk + 1_000_000):
        token_store.note_rejected(
            organization_id=grant.organization_id, connection_id=connection_id, now=NOW
        )

    assert row(grant).rejections == 0


@pytest.mark.parametrize(
    ("rejected", "rejections", "counted"),
    [
        (None, 0, 1),
        (4, 1, 1),  # the same token a second time
        (3, 1, 2),  # the token that came in its place is refused as well
        (2, 2, 1),  # one between them worked
        (3, 2, 3),
    ],
)
def test_three_renewed_tokens_in_a_row_that_exact_refuses_need_a_person(
    rejected, rejections, counted
):
    grant = make_grant(rejected_version=rejected, rejections=rejections, **YOUNG)

    reject(grant)

    after = row(grant)
    assert (after.rejected_version, after.rejections) == (4, counted)
    assert after.state == (GrantState.NEEDS_CONSENT if counted == 3 else GrantState.ACTIVE)
    if counted == 3:
        assert after.state_reason == "Exact refuses calls with a log-in that was just renewed."
        assert after.state_changed_at == NOW


# --- A new log-in, and the end of one ---------------------------------------------------------------------------------


def test_c8_a_new_login_stores_its_tokens_and_revives_what_waited():
    grant = make_grant(
        state=GrantState.NEEDS_CONSENT,
        state_reason="Withdrawn.",
        rejected_version=4,
        rejections=3,
        cooldown_until=NOW + DAY,
        refresh_failures=6,
    )
    other = make_grant()
    with tenant_transaction(grant.organization_id):
        second = factories.make_connection(
            organization=grant.organization, lists=False, grant=grant
        )
        waiting = ExactConnection.objects.get(grant=grant, pk__lt=second.pk)
        ExactConnection.objects.filter(pk=waiting.pk).update(
            state=ConnectionState.NEEDS_CONSENT, state_reason="Withdrawn."
        )
        ExactConnection.objects.filter(pk=second.pk).update(
            state=ConnectionState.NEEDS_ATTENTION, state_reason="No rights."
        )

        revived = token_store.store_tokens(grant, FRESH, now=NOW)

        states = {
            one.pk: (one.state, one.state_reason)
            for one in ExactConnection.objects.filter(grant=grant)
        }
    assert [one.pk for one in revived] == [waiting.pk]
    assert states == {
        waiting.pk: (ConnectionState.READY, ""),
        second.pk: (ConnectionState.NEEDS_ATTENTION, "No rights."),
    }
    after = row(grant)
    assert tokens_of(grant) == (FRESH.access_token, FRESH.refresh_token)
    assert (after.state, after.state_reason, after.state_changed_at) == (GrantState.ACTIVE, "", NOW)
    assert (after.rejected_version, after.rejections) == (None, 0)
    assert (after.issued_at, after.expires_at) == (NOW, NOW + 600 * SECOND)
    assert noted(grant) == [("consent", NOW, 5, "", mark(FRESH.refresh_token))]
    assert calls.in_last_day(grant, now=NOW) == 1
    assert tokens_of(other) == (ACCESS, OLD)


def test_c8_a_new_login_leaves_connections_of_another_exact_user_waiting():
    grant = make_grant(state=GrantState.NEEDS_CONSENT)
    with tenant_transaction(grant.organization_id):
        others = factories.make_connection(organization=grant.organization, lists=False)
        assert others.grant_id != grant.pk
        ExactConnection.objects.update(state=ConnectionState.NEEDS_CONSENT)

        revived = token_store.store_tokens(grant, FRESH, now=NOW)

        others.refresh_from_db()
    assert [one.grant_id for one in revived] == [grant.pk]
    assert others.state == ConnectionState.NEEDS_CONSENT


def test_a_login_that_renews_a_working_one_changes_no_state():
    grant = make_grant(state_changed_at=NOW - DAY, rejections=1)
    with tenant_transaction(grant.organization_id):
        assert token_store.store_tokens(grant, FRESH, now=NOW) == []

    assert row(grant).state_changed_at == NOW - DAY
    assert row(grant).rejections == 0


def test_tokens_are_wiped_when_no_connection_uses_them():
    grant = make_grant(cooldown_until=NOW)
    named = {"organization_id": grant.organization_id, "grant_id": grant.pk}

    assert not token_store.forget_unused(**named, now=NOW)
    assert tokens_of(grant) == (ACCESS, OLD)

    with tenant_transaction(grant.organization_id):
        ExactConnection.objects.filter(grant=grant).update(grant=None)
    assert token_store.forget_unused(**named, now=NOW)
    after = row(grant)
    assert (bytes(after.access_token_encrypted), bytes(after.refresh_token_encrypted)) == (b"", b"")
    assert (after.key_id, after.issued_at, after.expires_at) == ("", None, None)
    assert (after.cooldown_until, after.version) == (None, 5)
    assert noted(grant) == [("forgotten", NOW, 5, "", "")]
    assert not token_store.forget_unused(**named, now=NOW)
    assert not token_store.forget_unused(
        organization_id=grant.organization_id, grant_id=grant.pk + 1_000_000
    )


@pytest.mark.parametrize(
    ("cooldown", "expires", "until"),
    [
        (60, -1, 60),
        (60, 0, 60),
        (60, 1, None),
        (60, None, 60),
        (0, -1, None),
        (1, -1, 1),
        (None, -1, None),
    ],
)
def test_a_connection_says_until_when_there_is_no_token(cooldown, expires, until):
    def at(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOW + seconds * SECOND

    grant = make_grant(cooldown_until=at(cooldown), expires_at=at(expires))
    connection = connection_of(grant)

    with tenant_transaction(grant.organization_id):
        assert token_store.waits_until(connection, now=NOW) == at(until)
    connection.grant = None
    assert token_store.waits_until(connection, now=NOW) is None


# --- 200 calls a day --------------------------------------------------------------------------------------------------


def called(grant: ExactGrant, moments: list[datetime], **fields: Any) -> TokenCalls:
    calls.note(grant, now=NOW)
    TokenCalls.objects.filter(exact_user_id=grant.exact_user_id).update(called_at=moments, **fields)
    return TokenCalls.objects.get(exact_user_id=grant.exact_user_id)


@pytest.mark.parametrize(
    ("priority", "urgency"),
    [
        (1, Urgency.PERSON),
        (10, Urgency.PERSON),
        (11, Urgency.WORK),
        (19, Urgency.WORK),
        (20, Urgency.BACKGROUND),
        (40, Urgency.BACKGROUND),
    ],
)
def test_c16_who_waits_for_work_decides_how_urgent_its_token_is(priority, urgency):
    assert Urgency.of_priority(priority) is urgency


@pytest.mark.parametrize(
    ("urgency", "made", "passes"),
    [
        (Urgency.BACKGROUND, 169, True),
        (Urgency.BACKGROUND, 170, False),
        (Urgency.WORK, 189, True),
        (Urgency.WORK, 190, False),
        (Urgency.PERSON, 250, True),
    ],
)
def test_reliability_d7_the_last_calls_of_the_day_are_for_people(caplog, urgency, made, passes):
    grant = make_grant()
    # The oldest of the calls that count leaves the day in three seconds, and one more left it just now.
    moments = [NOW - DAY, *(NOW - DAY + (n + 3) * SECOND for n in range(made))]
    called(grant, moments[::-1])

    until = calls.reserve(grant, now=NOW, urgency=urgency)

    kept = TokenCalls.objects.get(exact_user_id=grant.exact_user_id).called_at
    if passes:
        assert until is None
        assert kept == [*moments[1:], NOW]
        return
    assert until == NOW + 3 * SECOND
    assert len(kept) == made + 1
    record = caplog.records[-1]
    assert record.getMessage() == "A refresh waits: too many token calls today"
    assert (record.grant_id, record.calls, record.urgency) == (grant.pk, made, urgency.name)


def test_reliability_d7_a_long_wait_is_looked_at_again_soon():
    grant = make_grant()
    called(grant, [NOW - n * SECOND for n in range(171)])

    until = calls.reserve(grant, now=NOW, urgency=Urgency.BACKGROUND)

    assert until == NOW + timedelta(minutes=5)


def test_the_wait_is_for_the_call_that_makes_room(caplog):
    grant = make_grant()
    called(grant, [NOW - DAY + (n + 1) * SECOND for n in range(172)])

    assert calls.reserve(grant, now=NOW, urgency=Urgency.BACKGROUND) == NOW + 3 * SECOND


@pytest.mark.parametrize(
    ("made", "alarmed_at", "alarms"),
    [
        (148, None, False),
        (149, None, True),
        (149, NOW - DAY, True),
        (149, NOW - DAY + SECOND, False),
        (180, NOW - DAY, True),
    ],
)
def test_c16_the_operator_hears_once_a_day_that_the_limit_is_near(caplog, made, alarmed_at, alarms):
    grant = make_grant()
    called(grant, [NOW - SECOND] * made, alarmed_at=alarmed_at)

    calls.note(grant, now=NOW)

    count = TokenCalls.objects.get(exact_user_id=grant.exact_user_id)
    assert count.alarmed_at == (NOW if alarms else alarmed_at)
    found = [one for one in caplog.records if one.levelno == logging.CRITICAL]
    assert len(found) == alarms
    if alarms:
        assert found[0].getMessage() == ("An Exact user's token calls near Exact's limit of a day")
        assert found[0].exact_user_id == str(grant.exact_user_id)
        assert found[0].calls == made + 1


def test_c16_calls_are_counted_per_app_exact_user_and_country(settings):
    settings.EXACT_CLIENT_ID = "app"
    grant = make_grant(exact_user_id=UUID(int=5))
    calls.note(grant, now=NOW)

    for changed in ({"country": "BE"}, {"exact_user_id": UUID(int=6)}):
        assert calls.in_last_day(make_grant(**changed), now=NOW) == 0
    assert calls.in_last_day(make_grant(exact_user_id=UUID(int=5)), now=NOW) == 1
    assert calls.in_last_day(grant, now=NOW + DAY - SECOND) == 1
    assert calls.in_last_day(grant, now=NOW + DAY) == 0
    settings.EXACT_CLIENT_ID = "another"
    assert calls.in_last_day(grant, now=NOW) == 0


# --- What is written down ---------------------------------------------------------------------------------------------


def test_a_token_event_names_no_token_and_tells_who_did_what(caplog):
    caplog.set_level(logging.INFO)
    grant = make_grant()
    with tenant_transaction(grant.organization_id):
        events.note(grant, "k" * 41, now=NOW, old=OLD, new=ACCESS)
        event = TokenEvent.objects.get(grant=grant)

    assert (event.kind, event.at, event.token_version) == ("k" * 40, NOW, 4)
    assert event.worker == f"{socket.gethostname()}:{os.getpid()}"[:80]
    assert (event.old_sha256, event.new_sha256) == (mark(OLD), mark(ACCESS))
    record = caplog.records[-1]
    assert record.getMessage() == "Token event"
    assert (record.event, record.organization_id) == ("k" * 41, grant.organization_id)
    assert (record.grant_id, record.version) == (grant.pk, 4)
    assert (record.old_sha256, record.new_sha256) == (mark(OLD), mark(ACCESS))


def test_token_events_are_kept_for_90_days():
    grant = make_grant()
    with tenant_transaction(grant.organization_id):
        for days in (91, 90, 1):
            events.note(grant, f"{days} days", now=NOW - timedelta(days=days))
        deleted = events.clean(now=NOW)
        kept = [event.kind for event in TokenEvent.objects.order_by("at")]

    assert deleted == 1
    assert kept == ["90 days", "1 days"]


def test_a_wait_says_until_when():
    later = token_store.TokenLater(NOW)

    assert str(later) == "No token before 09:00:00 UTC"
    assert later.until == NOW

"""What the row of a consent is good for when another app than that of the settings got its tokens (RELIABILITY K5).

Exact's side of it is in `test_other_app.py`.
"""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from connector.tenancy.scope import tenant_transaction
from integrations import token_store
from integrations.models import GrantState
from integrations.token_store import other_app, stored, vault
from integrations.token_store.problems import Got, Wait
from tests.factories import NOW
from tests.integrations.test_token_rows import (
    ACCESS,
    FRESH,
    SECOND,
    YOUNG,
    connection_of,
    make_grant,
    noted,
    row,
)

pytestmark = pytest.mark.django_db

LATER = Wait(NOW + timedelta(minutes=5))
LOST = {"state": GrantState.NEEDS_CONSENT, "state_reason": "Withdrawn."}


@pytest.fixture(autouse=True)
def ours(settings):
    settings.EXACT_CLIENT_ID = "{Ours}"


@pytest.mark.parametrize(
    ("client_id", "is_another"),
    [
        # Tokens from before this was noted.
        ("", False),
        ("{Ours}", False),
        # Older registrations have braces, and their letters either case.
        ("ours", False),
        (" {OURS} ", False),
        ("{ours2}", True),
        ("our", True),
        (" ", True),
    ],
)
def test_k5_apps_are_told_apart_by_their_ids(client_id, is_another):
    assert other_app.is_another_app(client_id) is is_another


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"client_id": "theirs"}, LATER),
        ({"client_id": "ours"}, None),
        ({"client_id": ""}, None),
        ({"client_id": "theirs", **YOUNG}, Got(ACCESS)),
        ({"client_id": "theirs", "cooldown_until": NOW + SECOND}, LATER),
    ],
)
def test_k5_what_another_app_got_is_used_and_not_traded(fields, outcome):
    assert stored.look(row(make_grant(**fields)), NOW) == outcome


def test_k5_the_operator_is_alarmed_and_the_row_stays_as_it_is(caplog):
    grant = make_grant(client_id="theirs")
    before = row(grant)

    stored.look(before, NOW)

    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (
        logging.CRITICAL,
        "A log-in was given to another app at Exact than that of EXACT_CLIENT_ID; it is left alone",
    )
    assert record.__dict__["grant_id"] == grant.pk
    after = row(grant)
    assert (after.state, after.cooldown_until, after.refresh_failures) == (
        GrantState.ACTIVE,
        before.cooldown_until,
        before.refresh_failures,
    )
    assert noted(grant) == []


@pytest.mark.parametrize(
    ("client_id", "expires", "until"),
    [
        ("theirs", -1, LATER.until),
        ("theirs", 0, LATER.until),
        ("theirs", None, LATER.until),
        ("theirs", 1, None),
        ("ours", -1, None),
    ],
)
def test_k5_a_connection_says_that_it_waits_for_the_right_app(client_id, expires, until):
    expires_at = None if expires is None else NOW + expires * SECOND
    grant = make_grant(client_id=client_id, expires_at=expires_at)

    with tenant_transaction(grant.organization_id):
        assert token_store.waits_until(connection_of(grant), now=NOW) == until


def test_k5_what_a_new_log_in_was_asked_for_says_no_time_at_which_it_goes_on():
    grant = make_grant(client_id="theirs", expires_at=NOW, **LOST)

    with tenant_transaction(grant.organization_id):
        assert token_store.waits_until(connection_of(grant), now=NOW) is None


def test_k5_new_tokens_are_of_the_app_of_the_settings_and_wiped_ones_of_none():
    grant = make_grant(client_id="theirs")

    with tenant_transaction(grant.organization_id):
        vault.write(vault.lock(grant.pk), FRESH, sent_at=NOW, answered_at=NOW)
    assert row(grant).client_id == "{Ours}"

    with tenant_transaction(grant.organization_id):
        vault.forget_tokens(vault.lock(grant.pk))
    assert row(grant).client_id == ""


def test_k5_new_log_ins_are_asked_for_where_another_app_got_the_tokens():
    theirs = [make_grant(client_id="theirs"), make_grant(client_id="else's")]
    others = [
        make_grant(client_id="ours"),
        make_grant(client_id=""),
        make_grant(client_id="theirs", **LOST),
    ]
    organizations = [grant.organization_id for grant in [*theirs, *others]]
    assert token_store.count_of_another_app(organizations) == 2
    assert token_store.count_of_another_app(organizations[1:]) == 1

    assert token_store.ask_for_log_ins(organizations, now=NOW) == 2

    for grant in theirs:
        after = row(grant)
        assert (after.state, str(after.state_reason), after.state_changed_at) == (
            GrantState.NEEDS_CONSENT,
            "The connector is registered at Exact anew.",
            NOW,
        )
    assert [row(grant).state for grant in others] == [
        GrantState.ACTIVE,
        GrantState.ACTIVE,
        GrantState.NEEDS_CONSENT,
    ]
    assert str(row(others[2]).state_reason) == "Withdrawn."
    assert token_store.count_of_another_app(organizations) == 0
    assert token_store.ask_for_log_ins(organizations, now=NOW) == 0

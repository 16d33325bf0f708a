"""Signatures as Standard Webhooks has them, and when what failed is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payments.psa_reports import retrying, signing
from tests.payments.psa_reports.psa import Call

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
# The example that the specification's own libraries are tested with.
EXAMPLE: dict[str, Any] = {
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "message_id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "timestamp": 1614265330,
    "body": b'{"test": 2432232314}',
}


def test_the_example_of_the_specification_gets_its_signature():
    assert signing.sign(**EXAMPLE) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "change",
    [
        {"body": b'{"test": 2432232315}'},
        {"timestamp": 1614265331},
        {"message_id": "msg_other"},
        {"secret": signing.make_secret()},
    ],
)
def test_another_body_time_id_or_secret_gets_another(change):
    assert signing.sign(**EXAMPLE | change) != signing.sign(**EXAMPLE)


def test_with_two_secrets_a_receiver_that_knows_either_takes_the_call():
    old, new, other = (signing.make_secret() for _ in range(3))

    headers = signing.headers(secrets_=[new, old], message_id="msg_1", timestamp=1, body=b"{}")

    call = Call(headers, b"{}")
    assert call.is_signed_with(old)
    assert call.is_signed_with(new)
    assert not call.is_signed_with(other)


@pytest.mark.parametrize("count", [1, 2, 3, 6, 50, 5000])
def test_tries_and_pauses_grow_to_an_hour_and_five_minutes_and_are_spread(count):
    tries = [retrying.until_next_try(count) for _ in range(50)]
    pauses = [retrying.pause(count) for _ in range(50)]

    assert timedelta(seconds=4) <= min(tries) < max(tries) <= timedelta(hours=1.2)
    assert timedelta(seconds=4) <= min(pauses) < max(pauses) <= timedelta(minutes=6)
    if count >= 50:
        assert min(tries) >= timedelta(minutes=48)
        assert min(pauses) >= timedelta(minutes=4)


@pytest.mark.parametrize(
    ("asked", "shortest", "longest"),
    [(1, 4, 6), (120, 120, 120), (7200, 3600, 3600), (None, 4, 6)],
)
def test_a_receiver_that_asks_for_a_pause_gets_it_for_an_hour_at_most(asked, shortest, longest):
    given = retrying.pause(1, None if asked is None else timedelta(seconds=asked)).total_seconds()

    assert shortest <= given <= longest


@pytest.mark.parametrize(
    ("days", "count", "hopeless"), [(2.9, 500, False), (3, 9, False), (3, 10, True)]
)
def test_an_endpoint_is_given_up_after_three_days_and_ten_calls(days, count, hopeless):
    since = NOW - timedelta(days=days)

    assert retrying.is_hopeless(failing_since=since, failure_count=count, now=NOW) is hopeless

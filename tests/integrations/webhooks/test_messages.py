"""What a proven webhook says, property by property, and how much of what is not taken is kept."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from integrations.models import SetAsideReason, SetAsideWebhook
from integrations.webhooks import messages, set_aside, signature
from integrations.webhooks.messages import Message, NotUnderstood
from tests.factories import NOW
from tests.integrations.webhooks.bodies import CLIENT, SECRET, content_of, sign

KEY = UUID(int=27)


def read(**instead: Any) -> Message:
    """The content of Exact with some properties given otherwise, and those that are None left out."""
    document = json.loads(content_of(division=27000001, key=KEY)) | instead
    kept = {name: value for name, value in document.items() if value is not None}
    return messages.read(json.dumps(kept).encode())


def test_each_property_is_read_from_its_place():
    assert read(Action="Update") == Message(
        topic="FinancialTransactions",
        client_id=CLIENT,
        host="https://start.exactonline.nl",
        division=27000001,
        action="Update",
        key=KEY,
    )


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        (CLIENT, CLIENT),
        (f"{{{CLIENT.upper()}}}", CLIENT),
        (f"  {{{CLIENT}}} ", CLIENT),
        ("xApp{x}X", "xapp{x}x"),
    ],
)
def test_an_app_is_the_same_with_braces_capitals_and_blanks(given, plain):
    assert messages.plain_client_id(given) == plain
    assert read(ClientId=given).client_id == plain


@pytest.mark.parametrize("division", [0, 1, 2**31 - 1])
def test_a_division_is_a_number_that_the_column_takes(division):
    assert read(Division=division).division == division


@pytest.mark.parametrize("division", [-1, 2**31, True, False, 1.0, "1", None, [1]], ids=repr)
def test_what_is_no_division_is_not_understood(division):
    with pytest.raises(NotUnderstood):
        read(Division=division)


@pytest.mark.parametrize("name", ["Topic", "ClientId", "Division", "Action", "ExactOnlineEndpoint"])
def test_a_webhook_that_lacks_something_is_not_understood(name):
    with pytest.raises(NotUnderstood, match=r"^KeyError$"):
        read(**{name: None})


@pytest.mark.parametrize("name", ["Topic", "Action"])
def test_a_topic_and_an_action_are_texts(name):
    with pytest.raises(NotUnderstood, match=r"^A property has another form$"):
        read(**{name: 5})


@pytest.mark.parametrize("key", [None, "", "17", 17, {}], ids=repr)
def test_a_record_that_is_named_otherwise_has_no_id(key):
    assert read(Key=key).key is None


def test_an_address_is_kept_as_far_as_its_host_and_can_be_stored():
    assert read(ExactOnlineEndpoint="https://h\u0000ost/api/v1/1/x?y=1").host == "https://host"


@pytest.mark.parametrize(
    ("before", "after"), [(b"", b""), (b" \r\n", b"\r\n\t"), (b"\n", b""), (b"", b" ")]
)
def test_what_surrounds_the_body_is_not_signed(before, after):
    body = sign(content_of(division=27000001, key=KEY)).encode()

    signed = signature.split(before + body + after)

    assert signed.content == content_of(division=27000001, key=KEY).encode()
    assert signature.is_proven(signed, (SECRET,))


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        sign("[1]"),
        sign("{1]"),
        sign("[1}"),
        sign(""),
        "x" + sign("{}"),
        sign("{}").replace("Content", "content"),
        sign("{}").replace("HashCode", "hashCode"),
        sign("{}")[:-1],
        sign("{}")[:-2] + "0" + sign("{}")[-2:],
    ],
)
def test_reliability_h1_bytes_of_another_form_are_not_split(body):
    with pytest.raises(signature.NotSplit):
        signature.split(body.encode())


def test_reliability_h1_each_secret_alone_decides_for_its_own_signature():
    signed = signature.split(sign("{}", "second").encode())

    assert signed == signature.Signed(b"{}", signed.signature)
    assert [
        signature.is_proven(signed, secrets)
        for secrets in (["second"], ["first", "second"], ["second", "first"], ["first"], [])
    ] == [True, True, True, False, False]


def test_reliability_h6_a_flood_is_counted_in_a_burst_and_then_by_the_second(monkeypatch):
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(set_aside, "time", SimpleNamespace(monotonic=lambda: clock.now))
    allowance = set_aside.Allowance(burst=3, a_second=2.0)

    def take(seconds: float, times: int) -> list[bool]:
        clock.now += seconds
        return [allowance.take() for _ in range(times)]

    assert take(0, 4) == [True, True, True, False]
    assert take(0.25, 1) == [False]
    assert take(0.25, 2) == [True, False]
    assert take(1, 3) == [True, True, False]
    assert take(60, 4) == [True, True, True, False]
    allowance.refill()
    assert take(0, 4) == [True, True, True, False]


@pytest.mark.django_db
def test_what_is_not_taken_is_kept_for_a_day_with_its_reason_and_size_only(caplog):
    set_aside.allowance.refill()
    for hours in (25, 24, 1):
        assert set_aside.note(SetAsideReason.FORM, size=hours, now=NOW - timedelta(hours=hours))

    record = caplog.records[-1]
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "A webhook was set aside"
    assert (record.reason, record.bytes) == ("form", 1)
    assert set_aside.forget_old(NOW) == 1
    kept = SetAsideWebhook.objects.order_by("received_at").values_list(
        "received_at", "size", "reason"
    )
    assert list(kept) == [
        (NOW - timedelta(hours=24), 24, "form"),
        (NOW - timedelta(hours=1), 1, "form"),
    ]

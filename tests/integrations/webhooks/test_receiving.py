"""What comes in at the webhook address, without Exact: RELIABILITY H1, H4 to H8."""

from __future__ import annotations

import socket
import time
from collections import Counter
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from integrations import figures, lanes
from integrations.models import SetAsideWebhook, WebhookListener
from integrations.tasks import forget_webhooks
from integrations.views.webhook import webhook
from integrations.webhooks import receiving, set_aside
from tests import factories
from tests.integrations.webhooks.bodies import CLIENT, SECRET, body_of, content_of, sign

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/exact/webhook"
HOST = "https://start.exactonline.nl"
DIVISION = 27000001


@pytest.fixture(autouse=True)
def on(settings, monkeypatch):
    """Webhooks are on, and nobody floods."""
    settings.EXACT_CLIENT_ID = CLIENT
    settings.EXACT_WEBHOOK_SECRETS = [SECRET]
    settings.PUBLIC_URL = "https://connector.example.com"
    set_aside.allowance.refill()
    rung: list[int] = []
    monkeypatch.setattr(lanes, "nudge", lambda lane_id, **_: rung.append(lane_id))
    return rung


def listen(
    *, division: int = DIVISION, country: str = "NL", group: str = "payments"
) -> WebhookListener:
    """A connection, of an organization of its own, that listens in a division."""
    organization = factories.make_organization()
    connection = factories.make_connection(
        organization=organization, lists=False, division=division, country=country
    )
    return WebhookListener.objects.create(member=lanes.seat(connection), group=group)


def post(client: Client, body: str | bytes) -> int:
    status: int = client.post(PATH, body, content_type="application/json").status_code
    return status


def heard() -> set[int]:
    """The listeners that something is planned for."""
    return set(WebhookListener.objects.filter(due_at__isnull=False).values_list("pk", flat=True))


def set_asides() -> list[str]:
    return [one.reason for one in SetAsideWebhook.objects.order_by("pk")]


# --- Taken ----------------------------------------------------------------------------------------------------------


def test_a_genuine_webhook_plans_the_reading_and_wakes_the_lane(client, on):
    listener = listen()

    assert post(client, body_of(division=DIVISION)) == 200

    listener.refresh_from_db()
    assert listener.due_at is not None
    assert listener.heard_at == listener.due_at
    assert on == [listener.member.lane_id]
    assert set_asides() == []


@pytest.mark.parametrize("body", ["", " ", "\r\n"])
def test_reliability_h4_the_empty_call_is_answered_at_once(client, body, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert post(client, body) == 200


def test_reliability_h2_only_another_webhook_wakes_the_lane_again_and_not_within_the_minute(
    client, on
):
    listener = listen()
    key = uuid4()
    for _ in range(3):
        assert post(client, body_of(division=DIVISION, key=key)) == 200
    assert len(on) == 1
    now = timezone.now()
    WebhookListener.objects.update(due_at=None, handled_at=now)

    assert post(client, body_of(division=DIVISION, key=key)) == 200
    assert heard() == set()
    assert post(client, body_of(division=DIVISION)) == 200

    listener.refresh_from_db()
    assert listener.due_at == now + timedelta(minutes=1)
    listener.member.refresh_from_db()
    assert listener.member.due_at <= listener.due_at


def test_what_was_created_is_told_as_long_as_nothing_else_happened(client):
    listener = listen()
    keys = [uuid4() for _ in range(3)]
    for key in keys:
        post(client, body_of(division=DIVISION, key=key, action="Create"))
    listener.refresh_from_db()
    assert listener.created_keys == keys

    post(client, body_of(division=DIVISION, key=keys[0], action="Update"))

    listener.refresh_from_db()
    assert listener.created_keys is None


def test_a_large_import_counts_as_something_changed(client):
    listener = listen()
    for _ in range(51):
        post(client, body_of(division=DIVISION, action="Create"))

    listener.refresh_from_db()
    assert listener.created_keys is None


def test_an_app_registered_with_braces_is_ours(client, settings):
    settings.EXACT_CLIENT_ID = f"{{{CLIENT.upper()}}}"
    listener = listen()

    assert post(client, body_of(division=DIVISION)) == 200
    assert heard() == {listener.pk}


def test_a_record_that_is_named_otherwise_counts_as_well(client):
    listener = listen()

    assert post(client, body_of(division=DIVISION, key="17")) == 200
    assert heard() == {listener.pk}


# --- Not taken ------------------------------------------------------------------------------------------------------

GENUINE = body_of(division=DIVISION)
HASH = GENUINE[-66:-2]
FORGED: dict[str, str | bytes] = {
    "a space": GENUINE.replace(":", ": ", 1),
    "another order": f'{{"HashCode":"{HASH}",{GENUINE[1:-78]}}}',
    "lower case": GENUINE[:-66] + GENUINE[-66:].lower(),
    "another division": GENUINE.replace(str(DIVISION), str(DIVISION + 1)),
    "another secret": sign(content_of(division=DIVISION), "another"),
    "no signature": GENUINE.partition(',"HashCode"')[0] + "}",
    "a short signature": GENUINE[:-3] + '"}',
    "a second signature": f'{GENUINE[:-1]},"HashCode":"{HASH}"}}',
    "something behind": GENUINE + "{}",
    "a form": "Content=1&HashCode=2",
    "a list": "[1]",
    "no text": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("forgery", FORGED, ids=str)
def test_reliability_h1_a_forgery_is_refused_counted_and_has_no_effect(client, forgery):
    listen()
    body = FORGED[forgery]

    assert post(client, body) == 401

    assert heard() == set()
    [kept] = SetAsideWebhook.objects.all()
    assert kept.reason in {"form", "signature"}
    assert kept.size == len(body)


def test_reliability_h1_what_was_refused_is_forgotten_after_a_day(client):
    post(client, "forged")
    SetAsideWebhook.objects.update(received_at=timezone.now() - timedelta(hours=25))
    post(client, "forged again")

    forget_webhooks()

    assert [one.size for one in SetAsideWebhook.objects.all()] == [len("forged again")]


def test_reliability_h1_what_was_refused_is_told_to_who_watches(client):
    post(client, "forged")
    post(client, body_of(division=DIVISION))

    [metric] = [one for one in figures.read() if one.name.endswith("webhooks_set_aside")]

    counts = {sample.labels["reason"]: sample.value for sample in metric.samples}
    assert counts == {"form": 1, "nobody": 1, "signature": 0, "client": 0, "content": 0}


def test_reliability_h5_a_division_nobody_listens_to_is_counted_and_no_more(client):
    listen()
    strange = [
        body_of(division=DIVISION + 1),
        body_of(division=DIVISION, host="https://start.exactonline.be"),
        body_of(division=DIVISION, topic="Accounts"),
        body_of(division=DIVISION, topic="Quotations"),
        body_of(division=DIVISION, topic="\ud800\0", host="https://\ud800\0"),
    ]

    assert [post(client, one) for one in strange] == [200] * 5

    assert set_asides() == ["nobody"] * 5
    assert heard() == set()


def test_reliability_h5_each_connection_of_the_division_hears_it_and_nobody_else(client, on):
    first, second = listen(), listen()
    listen(division=DIVISION + 1)
    listen(country="BE")
    listen(group="customers")

    assert post(client, body_of(division=DIVISION)) == 200

    assert heard() == {first.pk, second.pk}


def test_a_webhook_for_another_app_is_refused(client):
    listen()

    assert post(client, body_of(division=DIVISION, client=str(UUID(int=7)))) == 401
    assert set_asides() == ["client"]
    assert heard() == set()


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        '{"Topic":1}',
        "{" * 5000 + "}",
        "{\xff}",
        content_of(division=DIVISION).replace(str(DIVISION), "1e400"),
        content_of(division=DIVISION).replace(str(DIVISION), "true"),
        content_of(division=DIVISION).replace(str(DIVISION), str(2**31)),
        content_of(division=DIVISION).replace("https://start", "https://[start"),
    ],
)
def test_what_is_signed_and_not_understood_is_not_asked_for_again(client, content):
    assert post(client, sign(content)) == 200
    assert set_asides() == ["content"]


def test_reliability_h8_each_of_two_secrets_counts(client, settings):
    listen()
    settings.EXACT_WEBHOOK_SECRETS = ["new", SECRET]

    assert post(client, body_of(division=DIVISION)) == 200
    assert post(client, sign(content_of(division=DIVISION), "new")) == 200
    assert post(client, sign(content_of(division=DIVISION), "older")) == 401


def test_without_a_secret_there_is_no_such_address(client, settings):
    settings.EXACT_WEBHOOK_SECRETS = []

    assert post(client, "") == post(client, body_of(division=DIVISION)) == 404


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_posts_are_taken(client, method):
    assert getattr(client, method)(PATH).status_code == 405


# --- Floods and haste -----------------------------------------------------------------------------------------------


def test_reliability_h6_a_large_body_is_refused_before_it_is_read(live_server):
    address = urlsplit(live_server.url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as caller:
        caller.sendall(
            f"POST {PATH} HTTP/1.1\r\nHost: {address.netloc}\r\n"
            "Content-Length: 10000000\r\n\r\n".encode()
        )
        # Nothing of the ten megabytes is sent, and the answer comes all the same.
        assert caller.recv(100).startswith(b"HTTP/1.1 413")
    assert set_asides() == []


@pytest.mark.parametrize(("size", "expected"), [(64 * 1024, 401), (64 * 1024 + 1, 413)])
def test_reliability_h6_a_body_without_a_length_is_read_to_the_cap_only(rf, size, expected):
    body = BytesIO(b"x" * (size + 10) if expected == 413 else b"x" * size)
    request: Any = rf.generic("POST", PATH, headers={"Transfer-Encoding": "chunked"})
    request.META["wsgi.input"] = body

    assert webhook(request).status_code == expected
    assert body.tell() <= receiving.MAX_BYTES + 1


@pytest.mark.parametrize("length", ["-1", "1e3", "abc"])
def test_a_length_that_is_none_is_refused(rf, length):
    request = rf.generic("POST", PATH, b"x", CONTENT_LENGTH=length)

    assert webhook(request).status_code == 413


def test_reliability_h6_a_flood_of_forgeries_costs_no_rows_and_keeps_nothing_genuine_away(
    client, django_assert_num_queries
):
    listener = listen()
    answers = Counter(post(client, "forged") for _ in range(200))

    assert answers.keys() == {401, 429}
    assert SetAsideWebhook.objects.count() == answers[401] < 100
    with django_assert_num_queries(0):
        assert post(client, "forged") == 429
    assert post(client, body_of(division=DIVISION)) == 200
    assert heard() == {listener.pk}


def test_reliability_h7_exact_has_its_answer_within_a_tenth_of_a_second(client):
    listen()
    bodies = [body_of(division=DIVISION, action="Update") for _ in range(200)]
    durations, answers = [], set()
    for body in bodies:
        began = time.perf_counter()
        answers.add(post(client, body))
        durations.append(time.perf_counter() - began)

    assert answers == {200}
    assert sorted(durations)[190] < 0.1


def test_reliability_h7_a_broker_that_hangs_does_not_keep_exact_waiting(rf, monkeypatch, on):
    """The lane is woken when the answer is out: the server closes the response after its last byte."""
    listen()
    body = body_of(division=DIVISION)

    answer = webhook(rf.generic("POST", PATH, body, content_type="application/json"))

    assert (answer.status_code, on) == (200, [])
    answer.close()
    assert len(on) == 1

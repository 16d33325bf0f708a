"""What gets into the logs, and what can not: ids and sentences, no secret and nobody's data (RELIABILITY J21 and J22)."""

from __future__ import annotations

import io
import json
import logging
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.core import mail
from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.views.debug import ExceptionReporter
from hypothesis import given, strategies as st

from connector import log_context, log_redaction, urls
from connector.log_format import JsonFormatter
from connector.tenancy.models import User
from integrations.exact.errors import Unavailable
from tests import factories

CANARY = "Kanarie7Q"
EMAIL = "kanarie7q@example.com"
Log = Callable[[], list[dict[str, Any]]]


def fails(request: HttpRequest, secret: str) -> HttpResponse:
    """A view with everything in its hands that must not be logged."""
    logging.getLogger("connector.test").warning(
        "About to fail for %s", EMAIL, extra={"email": EMAIL, "client_name": CANARY, "row_id": 7}
    )
    raise ValueError(f"{secret} of {request.GET} {request.POST} {dict(request.headers)}")


urlpatterns = [path("fails/<str:secret>/", fails), *urls.urlpatterns]
handler500 = "django.views.defaults.server_error"


@pytest.fixture
def log() -> Iterator[Log]:
    """The lines as an installation writes them, down to the finest."""
    root, stream = logging.getLogger(), io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    loggers = [logging.getLogger(name) for name in ("django", "connector")]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)
    for one, before in zip(loggers, levels, strict=True):
        one.setLevel(before)


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__, ADMINS=[("Operator", "operator@example.com")])
def test_reliability_j21_a_failing_request_leaves_its_id_and_frames_and_nothing_that_was_sent(log):
    browser = Client(raise_request_exception=False)
    browser.cookies["sessionid"] = CANARY

    answer = browser.post(
        f"/fails/{CANARY}/?code={CANARY}&q={CANARY}",
        {"password": CANARY, "name": CANARY},
        headers={"Authorization": f"Bearer {CANARY}", "X-Request-Id": "from-the-proxy-1"},
    )

    lines = log()
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] == "from-the-proxy-1"
    assert CANARY not in answer.content.decode()
    assert CANARY.lower() not in json.dumps(lines).lower()
    assert mail.outbox == []
    assert {line["request_id"] for line in lines} == {"from-the-proxy-1"}
    (ours,) = [line for line in lines if line["logger"] == "connector.test"]
    assert (ours["message"], ours["row_id"]) == ("About to fail for [redacted]", 7)
    (failure,) = [line for line in lines if "traceback" in line]
    assert failure["traceback"].endswith("builtins.ValueError")
    assert "in fails" in failure["traceback"]
    access = lines[-1]
    assert (access["message"], access["method"], access["route"], access["status"]) == (
        "Request",
        "POST",
        "fails/<str:secret>/",
        500,
    )
    assert access["duration_ms"] >= 0


@pytest.mark.django_db
def test_each_request_has_a_line_with_who_asked_for_what_by_ids(client, log):
    organization = factories.make_organization(name=CANARY)
    user = factories.make_user(organization=organization, name=CANARY)
    invoice = factories.make_invoice(organization=organization)
    browser = factories.sign_in(user)

    answer = browser.get(f"/invoices/{invoice.pk}/?q={CANARY}", headers={"X-Request-Id": "a b\nc"})

    line = log()[-1]
    assert line["route"] == "invoices/<int:invoice_id>/"
    assert line["ids"] == {"invoice_id": invoice.pk}
    assert (line["organization_id"], line["user_id"]) == (organization.pk, user.pk)
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert len(line["request_id"]) == 32  # what was given is no id
    assert CANARY not in json.dumps(log())


@pytest.mark.django_db
def test_reliability_f6_a_request_keeps_its_line_and_id_while_the_database_is_away(log):
    """Who asked is not looked up for the line: that would fail once more, after seconds of waiting."""
    user = factories.make_user(organization=factories.make_organization())
    browser = factories.sign_in(user)
    browser.raise_request_exception = False
    asked: list[str] = []

    def away(execute: Any, sql: str, *arguments: Any) -> Any:
        asked.append(sql)
        raise OperationalError("the connection is lost")

    with connection.execute_wrapper(away):
        answer = browser.get("/invoices/", headers={"X-Request-Id": "from-the-proxy-2"})

    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] == "from-the-proxy-2"
    line = log()[-1]
    assert (line["message"], line["route"], line["status"]) == ("Request", "invoices/", 500)
    assert len(asked) == 1


@pytest.mark.django_db
def test_addresses_that_lead_nowhere_and_failed_sign_ins_are_logged_without_words(client, log):
    client.get(f"/nothing/{CANARY}/")
    client.post("/sign-in/", {"username": EMAIL, "password": CANARY})
    client.get(f"/password-reset/MQ/{CANARY}/")
    client.get("/health/live")

    lines = log()
    assert CANARY.lower() not in json.dumps(lines).lower()
    assert [line["route"] for line in lines if line["message"] == "Request"] == [
        "(none)",
        "sign-in/",
        "password-reset/<uidb64>/<token>/",
    ]


@pytest.mark.django_db
def test_reliability_j22_what_postgresql_quotes_of_a_row_is_left_out(log):
    User.objects.create_user(EMAIL)

    try:
        with transaction.atomic():
            User.objects.create_user(EMAIL)
    except IntegrityError:
        logging.getLogger("connector.test").exception("It was there already")

    (line,) = [line for line in log() if line["logger"] == "connector.test"]
    assert line["traceback"].endswith("django.db.utils.IntegrityError")
    assert EMAIL not in json.dumps(line)


def test_reliability_j22_what_celery_says_of_a_task_that_failed_has_not_the_words_of_its_error(log):
    """Celery puts the error into its sentence, where PostgreSQL's quoted row has lost its line break."""

    @current_app.task(name="connector.test.fails")
    def fails() -> None:
        raise IntegrityError(f"{CANARY} is there already.\nDETAIL:  Key (name)=({CANARY}) exists.")

    task_id = fails.apply().id

    (line,) = [line for line in log() if line["logger"] == "celery.app.trace"]
    assert line["message"] == f"Task connector.test.fails[{task_id}] raised unexpected"
    assert line["traceback"].endswith("django.db.utils.IntegrityError")
    assert CANARY not in json.dumps(line)


def test_the_words_of_our_own_errors_and_of_the_line_are_kept(log):
    try:
        try:
            raise ConnectionRefusedError(111, "Connection refused")
        except OSError as error:
            raise Unavailable("No whole answer", path="/api/v1/{division}/crm/Accounts") from error
    except Unavailable:
        logging.getLogger("connector.test").exception("Exact gave no usable answer")

    told = log()[0]["traceback"]
    assert "builtins.ConnectionRefusedError: [Errno 111] Connection refused\nwhich caused\n" in told
    assert told.endswith(
        "integrations.exact.errors.Unavailable: No whole answer at /api/v1/{division}/crm/Accounts"
    )


@pytest.mark.parametrize(
    ("name", "value", "logged"),
    [
        ("lane_id", 7, 7),
        ("status_code", 500, 500),
        ("access_token", "abc", "[redacted]"),
        ("clientEmail", "x", "x"),  # nobody's style here; its value is looked at all the same
        ("client_email", "x", "[redacted]"),
        ("Authorization", "x", "[redacted]"),
        ("reasons", ["row 3: ok", EMAIL], ["row 3: ok", "[redacted]"]),
        ("facts", {"code": "700", "count": 2}, {"code": "[redacted]", "count": 2}),
        ("event", "Bearer abc.def-ghi", "Bearer [redacted]"),
        ("event", "redis://:hunter2@valkey:6379/0", "redis://[redacted]@valkey:6379/0"),
        ("event", "?state=abc&code=def-1 after", "?state=[redacted]&code=[redacted] after"),
        ("event", "to NL91 ABNA 0417 1643 00 today", "to [redacted] today"),
        ("event", "key\nDETAIL: Key (name)=(Studio) exists.", "key\nDETAIL: [redacted]"),
        ("event", "celery@web.internal ready.", "celery@web.internal ready."),
    ],
)
def test_a_field_is_judged_by_its_name_and_by_what_it_looks_like(name, value, logged):
    assert log_redaction.clean_field(name, value) == logged


def test_reliability_j21_the_installations_own_secrets_are_known_by_heart():
    key = urlsafe_b64encode(settings.ENCRYPTION_KEYS[0]).decode()
    with override_settings(EXACT_WEBHOOK_SECRETS=["webhooks-27000027", "webhooks-27000028"]):
        log_redaction._known_secrets.cache_clear()
        for secret in (settings.SECRET_KEY, key, *settings.EXACT_WEBHOOK_SECRETS):
            assert log_redaction.clean(f"signed with {secret}.") == "signed with [redacted]."
    log_redaction._known_secrets.cache_clear()


@given(st.text())
def test_reliability_j16_any_text_stays_one_line_that_can_be_read_again(text):
    record = logging.makeLogRecord({"msg": text.replace("%", "%%"), "args": (), "found": text})

    line = JsonFormatter().format(record)

    assert "\n" not in line
    assert isinstance(json.loads(line)["message"], str)


def test_ids_are_bound_for_the_length_of_a_block(log):
    with log_context.bind(lane_id=3), log_context.bind(connection_id=4):
        logging.getLogger("connector.test").warning("Inside")
    logging.getLogger("connector.test").warning("Outside")

    inside, outside = log()
    assert (inside["lane_id"], inside["connection_id"]) == (3, 4)
    assert "lane_id" not in outside


def test_djangos_own_page_about_an_error_shows_neither_forms_nor_addresses_with_passwords(rf):
    request = rf.post("/", {"note": CANARY})
    page = ExceptionReporter(request, ValueError, ValueError("x"), None).get_traceback_html()

    assert CANARY not in page
    assert settings.CELERY_BROKER_URL not in page
    assert str(connection.settings_dict["PASSWORD"] or CANARY) not in page

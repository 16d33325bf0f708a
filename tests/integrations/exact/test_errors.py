"""What each answer means for a write, and which error a caller sees (RELIABILITY A9 to A13, B1, B12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector import http
from integrations.exact import endpoints, errors
from integrations.exact.errors import Outcome, classify, error_from
from tests.integrations.exact.support import answer, error_body

HTML = {"Content_Type": "text/html"}
GENERIC = error_body(
    "A problem has occurred. The cause of this issue will be investigated as soon as possible."
)
DUTCH = error_body("Verplicht: Betalingsconditie\r\nVerplicht: Dagboek")
CREATED = '{"d": {"EntryID": "x"}}'

LOST = http.AnswerLost("lost", reason="reset")
NOT_SENT = http.NotSent("not sent", reason="connect")

UNKNOWN = (Outcome.UNCERTAIN, errors.OutcomeUnknown)
THROTTLED = (Outcome.REFUSED_UNEXECUTED, errors.Throttled)

POSTED = [
    ("no connection", NOT_SENT, Outcome.NOT_SENT, errors.NotSent),
    ("lost answer", LOST, Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("created", answer(201, CREATED), Outcome.EXECUTED, None),
    ("created without body", answer(201), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("created with half a body", answer(201, '{"d": {'), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("created without envelope", answer(201, "{}"), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("maintenance page", answer(200, "<html>", **HTML), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    (
        "atom",
        answer(200, "<entry/>", Content_Type="application/atom+xml"),
        Outcome.UNCERTAIN,
        errors.OutcomeUnknown,
    ),
    ("300", answer(300, CREATED), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("199", answer(199, CREATED), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("299", answer(299, CREATED), Outcome.EXECUTED, None),
    ("a page that calls itself JSON", answer(400, " \n<!DocType html>" + "x" * 300), *UNKNOWN),
    ("another that does", answer(400, "<HTML>"), *UNKNOWN),
    ("a page of another type", answer(429, "\n<html>", Content_Type="text/plain"), *UNKNOWN),
    ("a limit with a page far below", answer(429, " " * 200 + "<html>"), *THROTTLED),
    ("a limit with a page just in sight", answer(429, " " * 195 + "<html>"), *UNKNOWN),
    ("a limit with a page just below", answer(429, " " * 196 + "<html>"), *THROTTLED),
    ("a limit in words", answer(429, error_body("Too many")), *THROTTLED),
    ("a page by its type only", answer(429, error_body("x"), Content_Type="text/html"), *UNKNOWN),
    (
        "created in the older type of JSON",
        answer(201, CREATED, Content_Type="text/json"),
        Outcome.EXECUTED,
        None,
    ),
    ("a list", answer(200, '{"d": []}'), Outcome.EXECUTED, None),
    ("created, and a text", answer(201, '{"d": "x"}'), *UNKNOWN),
    ("created, and an array", answer(201, "[]"), *UNKNOWN),
    ("only blanks", answer(201, " \r\n"), *UNKNOWN),
    (
        "a refusal nobody lists",
        answer(409, error_body("x")),
        Outcome.REFUSED,
        errors.ValidationRefused,
    ),
    ("the last refusal", answer(499, error_body("x")), Outcome.REFUSED, errors.ValidationRefused),
    ("501 with a text", answer(501, DUTCH), *UNKNOWN),
    ("399", answer(399, DUTCH), *UNKNOWN),
    ("redirect", answer(302, Location="https://x"), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("token", answer(401), Outcome.REFUSED_UNEXECUTED, errors.Unauthorized),
    ("limit", answer(429), Outcome.REFUSED_UNEXECUTED, errors.Throttled),
    ("limit of a proxy", answer(429, "<html>", **HTML), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    (
        "bad request",
        answer(400, error_body("Invalid: X")),
        Outcome.REFUSED,
        errors.ValidationRefused,
    ),
    (
        "bad request of a proxy",
        answer(400, "<html>", **HTML),
        Outcome.UNCERTAIN,
        errors.OutcomeUnknown,
    ),
    ("bad request, no text", answer(400), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("not allowed", answer(403), Outcome.REFUSED, errors.Forbidden),
    ("time-out there", answer(408, error_body("x")), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("validation as 500", answer(500, DUTCH), Outcome.PROBABLY_REFUSED, errors.ValidationRefused),
    ("generic 500", answer(500, GENERIC), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("empty 500", answer(500), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("500 page", answer(500, "<!DOCTYPE html>", **HTML), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("502", answer(502, "<html>", **HTML), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("503", answer(503), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("503 with a text", answer(503, DUTCH), Outcome.UNCERTAIN, errors.OutcomeUnknown),
    ("599", answer(599), Outcome.UNCERTAIN, errors.OutcomeUnknown),
]


@pytest.mark.parametrize(
    ("given", "outcome", "error"), [row[1:] for row in POSTED], ids=[row[0] for row in POSTED]
)
def test_a9_a10_a11_a13_what_an_answer_to_a_post_means(given, outcome, error):
    assert classify("POST", given) is outcome
    raised = error_from("POST", endpoints.SALES_ENTRIES, given)
    assert type(raised) is (error or type(None))
    if raised is not None:
        assert raised.outcome is outcome


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (LOST, errors.Unavailable),
        (NOT_SENT, errors.NotSent),
        (answer(200, "<html>", **HTML), errors.Unavailable),
        (answer(503), errors.Unavailable),
        (answer(500, GENERIC), errors.Unavailable),
        (answer(408), errors.Unavailable),
        (answer(200, "{"), errors.UnexpectedAnswer),
        (answer(302), errors.UnexpectedAnswer),
        (answer(400, error_body("Bad Request - Error in query syntax")), errors.ValidationRefused),
        (answer(429), errors.Throttled),
    ],
)
def test_b1_a_read_without_a_good_answer_never_counts_as_an_unknown_write(given, error):
    assert type(error_from("GET", endpoints.JOURNALS, given)) is error


SUMMARIES = [
    ("POST", NOT_SENT, errors.NotSent, "Not sent (connect)"),
    ("GET", LOST, errors.Unavailable, "No whole answer (reset)"),
    ("POST", LOST, errors.OutcomeUnknown, "No whole answer (reset)"),
    ("GET", answer(401), errors.Unauthorized, "The access token was not accepted (HTTP 401)"),
    ("GET", answer(429), errors.Throttled, "Too many calls (HTTP 429)"),
    ("GET", answer(503), errors.Unavailable, "Exact can not answer now (HTTP 503)"),
    ("GET", answer(302), errors.UnexpectedAnswer, "Exact's answer can not be read (HTTP 302)"),
    (
        "POST",
        answer(502),
        errors.OutcomeUnknown,
        "Exact's answer does not tell whether it was done (HTTP 502)",
    ),
    (
        "POST",
        answer(400, DUTCH),
        errors.ValidationRefused,
        "Exact does not accept the data (HTTP 400)",
    ),
    ("GET", answer(403, DUTCH), errors.Forbidden, "Not allowed (HTTP 403)"),
    ("GET", answer(404, DUTCH), errors.DivisionGone, "The division is not there (HTTP 404)"),
]


@pytest.mark.parametrize(("method", "given", "kind", "summary"), SUMMARIES)
def test_an_error_says_what_happened_and_where_but_names_no_record(method, given, kind, summary):
    raised = error_from(method, endpoints.JOURNALS, given)

    assert type(raised) is kind
    assert str(raised) == f"{summary} at {endpoints.JOURNALS}"
    assert raised.path == endpoints.JOURNALS
    if isinstance(given, http.Answer):
        assert raised.status == given.status
        assert raised.messages == errors.messages_of(given)
        assert raised.raw_text == given.body.decode()
        assert raised.reason_header == ""
        assert raised.outcome is classify(method, given)
    else:
        assert (raised.status, raised.messages, raised.raw_text) == (None, (), "")


def test_a_record_that_is_not_there_is_told_from_its_division():
    raised = error_from("GET", endpoints.ACCOUNTS + "({key})", answer(404, DUTCH, Reason="gone"))

    assert str(raised) == f"Not found (HTTP 404) at {endpoints.ACCOUNTS}({{key}})"
    assert raised.messages == errors.messages_of(answer(404, DUTCH))
    assert raised.reason_header == "gone"


def test_an_error_that_was_made_by_hand_says_only_what_it_was_given():
    bare = errors.ExactError("Something")

    assert str(bare) == "Something"
    assert (bare.path, bare.status, bare.messages) == ("", None, ())
    assert (bare.raw_text, bare.reason_header, bare.outcome) == ("", "", Outcome.UNCERTAIN)
    assert str(errors.ExactError("Something", status=0, path="x")) == "Something (HTTP 0) at x"


@pytest.mark.parametrize(
    ("method", "status"), [("get", 200), ("Get", 503), ("put", 204), ("delete", 204)]
)
def test_a_method_counts_however_it_is_written(method, status):
    raised = error_from(method, "x", answer(status))

    assert type(raised) is (
        type(None)
        if status == 204
        else errors.UnexpectedAnswer
        if status == 200
        else errors.Unavailable
    )


def test_d1_a_refused_call_says_which_limit_and_until_when():
    now = datetime(2026, 3, 4, 10, 20, 30, tzinfo=UTC)
    reset = datetime(2026, 3, 4, 10, 21, tzinfo=UTC)
    headers: dict[str, Any] = {
        "X_RateLimit_Minutely_Remaining": "0",
        "X_RateLimit_Minutely_Reset": str(int(reset.timestamp() * 1000)),
    }

    raised = error_from("POST", "x", answer(429, **headers), now=now)

    assert isinstance(raised, errors.Throttled)
    assert raised.limit == "minute"
    assert raised.reset_at == reset + timedelta(seconds=1)


def test_a_refused_call_waits_from_now_when_nobody_says_what_time_it_is():
    before = datetime.now(UTC)

    raised = error_from("GET", "x", answer(429))

    assert isinstance(raised, errors.Throttled)
    assert raised.limit == "unknown"
    assert before < raised.reset_at <= datetime.now(UTC) + timedelta(seconds=61)
    assert raised.reset_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_change_is_answered_with_nothing_and_that_is_good(method):
    assert error_from(method, "x", answer(204)) is None
    assert error_from(method, "x", answer(200, CREATED)) is None
    assert isinstance(error_from(method, "x", answer(200, "<html>", **HTML)), errors.OutcomeUnknown)


def test_b12_a_missing_collection_means_the_division_is_gone():
    gone = error_from("GET", endpoints.JOURNALS, answer(404))
    record = error_from("GET", endpoints.ACCOUNTS + "({key})", answer(404))
    nowhere = error_from("GET", endpoints.ME, answer(404))

    assert isinstance(gone, errors.DivisionGone)
    assert isinstance(record, errors.NotFound)
    assert isinstance(nowhere, errors.NotFound)


def test_c10_scope_and_rights_are_told_apart():
    text = (
        "Forbidden - Application Scope Violated. Cannot read 'organization.administration' scope."
    )
    scope = error_from("GET", endpoints.DELETED_SYNC, answer(403, error_body(text)))
    header = error_from(
        "GET", endpoints.DELETED_SYNC, answer(403, Reason="Application Scope Violated")
    )
    rights = error_from("GET", endpoints.DELETED_SYNC, answer(403, "Forbidden"))

    assert isinstance(scope, errors.Forbidden)
    assert isinstance(header, errors.Forbidden)
    assert isinstance(rights, errors.Forbidden)
    assert (scope.cause, header.cause, rights.cause) == ("scope", "scope", "rights")


def test_an_error_carries_what_exact_said():
    raised = error_from("POST", endpoints.SALES_ENTRIES, answer(500, DUTCH, Reason="Verplicht"))

    assert raised is not None
    assert raised.status == 500
    assert raised.path == endpoints.SALES_ENTRIES
    assert raised.messages == ("Verplicht: Betalingsconditie", "Verplicht: Dagboek")
    assert raised.reason_header == "Verplicht"
    assert "Betalingsconditie" in raised.raw_text
    assert "Betalingsconditie" not in str(raised)


def test_a_huge_error_text_is_capped():
    raised = error_from("POST", "x", answer(400, error_body("é" * 100_000)))

    assert raised is not None
    assert len(raised.raw_text) <= errors.MAX_RAW_CHARACTERS
    assert all(len(message) <= errors.MAX_RAW_CHARACTERS for message in raised.messages)


@pytest.mark.parametrize(
    "body",
    ['{"error": null}', "[]", '{"error": {"message": 5}}', '{"error": {"message": {}}}', "null"],
)
def test_an_error_body_of_another_form_says_nothing(body):
    assert errors.messages_of(answer(500, body)) == ()
    assert classify("POST", answer(500, body)) is Outcome.UNCERTAIN


def test_a_long_body_is_read_as_far_as_it_is_kept():
    raised = error_from("POST", "x", answer(500, "é" * 20_000, Reason="r" * 5000))

    assert raised is not None
    assert raised.raw_text == "é" * errors.MAX_RAW_CHARACTERS
    assert raised.reason_header == "r" * errors.MAX_RAW_CHARACTERS


@pytest.mark.parametrize(
    ("texts", "is_generic"),
    [
        (["A problem has occurred."], True),
        (["a PROBLEM has occurred", "The cause of this issue will be investigated."], True),
        (["A problem has occurred", "Verplicht: Dagboek"], False),
        (["Verplicht: Dagboek"], False),
        ([], True),
    ],
)
def test_a9_only_exacts_own_sentence_says_that_a_500_refuses(texts, is_generic):
    assert errors.is_generic(tuple(texts)) is is_generic
    body = error_body("\r\n".join(texts))
    outcome = Outcome.UNCERTAIN if is_generic else Outcome.PROBABLY_REFUSED
    assert classify("POST", answer(500, body)) is outcome


@pytest.mark.parametrize(
    ("content_type", "is_json"),
    [
        ("application/json; charset=utf-8", True),
        ("text/json", True),
        ("application/atom+xml", False),
        ("text/html", False),
        ("", False),
    ],
)
def test_b1_json_is_what_says_that_it_is(content_type, is_json):
    assert errors.is_json(answer(200, "{}", Content_Type=content_type)) is is_json


def test_sentences_are_told_apart_by_line_and_blank_ones_left_out():
    body = error_body("  one \r\n\r\n \n two")

    assert errors.messages_of(answer(400, body)) == ("one", "two")


def test_an_error_message_without_a_language_is_read_too():
    assert errors.messages_of(answer(400, '{"error": {"message": "Invalid: X"}}')) == (
        "Invalid: X",
    )


def test_what_exact_said_can_always_be_stored():
    raised = error_from(
        "POST", "x", answer(400, '{"error": {"message": "a\\u0000b\\ud800\\r\\nc"}}', Reason="x\0y")
    )

    assert raised is not None
    assert raised.messages == ("ab?", "c")
    assert raised.reason_header == "xy"
    binary = error_from("POST", "x", answer(500, b"\0\xff"))
    assert binary is not None
    assert binary.raw_text == "\ufffd"


def test_a_call_that_is_held_back_says_why_where_and_until_when():
    until = datetime(2026, 3, 4, 10, 21, tzinfo=UTC)

    held, anywhere = (
        errors.HeldBack("The day's calls are used up", until=until, **where)
        for where in ({"endpoint": endpoints.JOURNALS}, {})
    )

    assert str(held) == held.reason == "The day's calls are used up"
    assert (held.until, held.endpoint) == (until, endpoints.JOURNALS)
    assert anywhere.endpoint == ""

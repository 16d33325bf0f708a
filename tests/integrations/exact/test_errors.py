"""What each answer means for a write, and which error a caller sees (RELIABILITY A9 to A13, B1, B12)."""

from __future__ import annotations

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

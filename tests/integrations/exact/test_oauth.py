"""The consent address and the token calls with every answer Exact gives (RELIABILITY C3 to C9, C20)."""

from __future__ import annotations

import json
import socket
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from connector import http
from connector.secrets import Secret
from integrations.exact import oauth
from tests.integrations.exact.support import BASE

TOKEN = f"{BASE}/api/oauth2/token"
APP = oauth.App(
    "{12345678-aaaa}", Secret("client+secret"), "https://app.example/exact/callback/?a=1"
)
OLD = Secret("__1P!I+old/=")


@pytest.fixture
def exact():
    with responses.RequestsMock() as mocked:
        yield mocked


def refresh() -> oauth.TokenSet:
    with http.session() as transport:
        return oauth.refresh(transport, BASE, APP, OLD)


def test_the_user_is_sent_to_the_countrys_own_page():
    url = urlsplit(oauth.authorize_url(BASE, APP, state="s t&a"))

    assert (url.scheme, url.netloc, url.path) == (
        "https",
        "start.exactonline.nl",
        "/api/oauth2/auth",
    )
    assert parse_qs(url.query) == {
        "client_id": ["{12345678-aaaa}"],
        "redirect_uri": ["https://app.example/exact/callback/?a=1"],
        "response_type": ["code"],
        "state": ["s t&a"],
        "force_login": ["1"],
    }


def test_a_sandbox_over_plain_http_keeps_its_scheme():
    url = oauth.authorize_url("http://127.0.0.1:8100/", APP, state="s", force_login=False)

    assert url.startswith("http://127.0.0.1:8100/api/oauth2/auth?")
    assert "force_login=0" in url


def test_a_code_is_exchanged_without_an_authorization_header(exact):
    exact.post(
        TOKEN,
        json={
            "access_token": "AAEA",
            "token_type": "bearer",
            "expires_in": "600",
            "refresh_token": "r",
        },
    )

    with http.session() as transport:
        tokens = oauth.exchange_code(transport, BASE, APP, "co!de")

    assert tokens == oauth.TokenSet(Secret("AAEA"), Secret("r"), 600)
    request = exact.calls[0].request
    assert "Authorization" not in request.headers
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["authorization_code"],
        "code": ["co!de"],
        "redirect_uri": [APP.redirect_uri],
        "client_id": [APP.client_id],
        "client_secret": ["client+secret"],
    }


def test_a_refresh_sends_the_refresh_token_once(exact):
    exact.post(TOKEN, json={"access_token": "AAEA", "expires_in": 600, "refresh_token": "new"})

    assert refresh().refresh_token == Secret("new")
    assert len(exact.calls) == 1
    assert parse_qs(exact.calls[0].request.body.decode())["refresh_token"] == [OLD.reveal()]


LIFETIMES = [
    ("600", 600),
    (600, 600),
    ("300", 300),
    (None, 600),
    (0, 600),
    ("0", 600),
    ("soon", 600),
    (-5, 600),
    (10**9, 600),
]


@pytest.mark.parametrize(("given", "seconds"), LIFETIMES, ids=[repr(row[0]) for row in LIFETIMES])
def test_c20_the_lifetime_is_read_from_text_or_number(exact, given, seconds):
    exact.post(TOKEN, json={"access_token": "a", "refresh_token": "r", "expires_in": given})

    assert refresh().expires_in == seconds


def test_an_answer_without_a_new_refresh_token_keeps_the_old_one(exact):
    exact.post(TOKEN, json={"access_token": "a"})

    assert refresh().refresh_token is None


REFUSALS = [
    (
        400,
        {
            "error": "access_denied",
            "error_description": "Rate limit exceeded: access_token not expired",
        },
        oauth.TooEarly,
    ),
    (401, {"error": "x", "error_description": "Access Token not expired"}, oauth.TooEarly),
    (
        401,
        {"error": "unauthorized_client", "error_description": "Old refresh token used."},
        oauth.OldTokenUsed,
    ),
    (
        400,
        {
            "error": "invalid_request",
            "error_description": "The refresh token expired at 10/11/2022 9:18:20 PM and it is now 10/28/2022 4:15:50 PM.",
        },
        oauth.TokenExpired,
    ),
    (
        400,
        {
            "error": "invalid_grant",
            "error_description": "Token is not allowed, because of invalid or empty chainId",
        },
        oauth.ConsentBroken,
    ),
    (
        400,
        {"error": "invalid_request", "error_description": "Refresh token is invalid."},
        oauth.ConsentBroken,
    ),
    (401, {}, oauth.ConsentBroken),
    (400, {"error": "invalid_client"}, oauth.ClientRefused),
    (401, {"error": "invalid_client"}, oauth.ClientRefused),
    (429, {}, oauth.TokenThrottled),
    (500, {"error": "x"}, oauth.TokenOutcomeUnknown),
    (503, {}, oauth.TokenOutcomeUnknown),
    (302, {}, oauth.TokenOutcomeUnknown),
    (404, {}, oauth.TokenOutcomeUnknown),
    (200, {"no": "token"}, oauth.TokenOutcomeUnknown),
    (200, ["odd"], oauth.TokenOutcomeUnknown),
]


@pytest.mark.parametrize(("status", "body", "error"), REFUSALS)
def test_c3_to_c9_each_refusal_of_a_refresh_has_its_class(exact, status, body, error):
    exact.post(TOKEN, json=body, status=status)

    with pytest.raises(oauth.TokenError) as raised:
        refresh()

    assert type(raised.value) is error
    assert raised.value.status == status
    assert len(exact.calls) == 1


def test_c5_too_early_is_also_read_from_the_reason_header(exact):
    exact.post(TOKEN, status=400, json={}, headers={"Reason": "TooEarlyToRefreshTokens: wait"})
    with pytest.raises(oauth.TooEarly):
        refresh()


@pytest.mark.parametrize("status", [200, 400, 401])
def test_an_html_page_never_ends_a_consent(exact, status):
    exact.post(TOKEN, body="<html>down</html>", status=status, content_type="text/html")
    with pytest.raises(oauth.TokenOutcomeUnknown):
        refresh()


def test_a_used_code_is_refused_and_not_called_a_broken_consent(exact):
    exact.post(TOKEN, json={"error": "invalid_grant"}, status=400)
    with http.session() as transport, pytest.raises(oauth.CodeRefused):
        oauth.exchange_code(transport, BASE, APP, "used")


@pytest.mark.parametrize("given", [{}, {"refresh_token": ""}, {"refresh_token": None}])
def test_b9_a_log_in_that_brings_no_refresh_token_is_refused(exact, given):
    """There is no old one that could go on: it would end with its access token, ten minutes later."""
    exact.post(TOKEN, json={"access_token": "a"} | given)
    with http.session() as transport, pytest.raises(oauth.TokenOutcomeUnknown, match="refresh"):
        oauth.exchange_code(transport, BASE, APP, "co!de")


def test_c3_a_lost_answer_is_an_unknown_outcome():
    with socket.create_server(("127.0.0.1", 0)) as listener, http.session() as transport:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(oauth.TokenOutcomeUnknown):
            oauth.refresh(transport, url, APP, OLD, deadline=0.2)


def test_a_refresh_that_never_left_is_not_an_unknown_outcome(exact):
    exact.post(TOKEN, body=requests.ConnectionError("refused"))
    with pytest.raises(oauth.TokenNotSent):
        refresh()


def test_no_token_shows_in_an_error_or_a_token_set(exact):
    exact.post(
        TOKEN,
        status=400,
        body=json.dumps({"error": "x", "error_description": "y"}),
        content_type="application/json",
    )
    with pytest.raises(oauth.ConsentBroken) as raised:
        refresh()

    tokens = oauth.TokenSet(Secret("AAEA"), Secret("rrr"), 600)
    for shown in (str(raised.value), repr(raised.value), repr(tokens), repr(APP)):
        assert not any(secret in shown for secret in ("AAEA", "rrr", OLD.reveal(), "client+secret"))


SUMMARIES = [
    (429, {}, "Too many token calls"),
    (404, {"error": "x"}, "No usable answer"),
    (400, {"error": "invalid_client"}, "The app's id or secret is not accepted"),
    (401, {"error_description": "access_token not expired"}, "Refreshed too early"),
    (403, {"error_description": "Old refresh token used."}, "The refresh token was used before"),
    (400, {"error_description": "Refresh token expired"}, "The refresh token has expired"),
    (403, {"error": "access_denied"}, "Not accepted"),
]


@pytest.mark.parametrize(("status", "body", "summary"), SUMMARIES)
def test_an_error_says_what_happened_and_keeps_exacts_words(exact, status, body, summary):
    exact.post(TOKEN, json=body, status=status)

    with pytest.raises(oauth.TokenError) as raised:
        refresh()

    assert str(raised.value) == f"{summary} (HTTP {status})"
    assert raised.value.status == status
    assert raised.value.code == body.get("error", "")
    assert raised.value.description == body.get("error_description", "")


def test_only_the_beginning_of_exacts_words_is_kept(exact):
    exact.post(TOKEN, json={"error": "e" * 101, "error_description": "d" * 501}, status=400)

    with pytest.raises(oauth.ConsentBroken) as raised:
        refresh()

    assert (raised.value.code, raised.value.description) == ("e" * 100, "d" * 500)


def test_an_error_without_an_answer_has_no_words_of_exact():
    bare = oauth.TokenError("Something")

    assert str(bare) == "Something"
    assert (bare.status, bare.code, bare.description) == (None, "", "")


@pytest.mark.parametrize(
    ("lost", "kind", "summary"),
    [
        (http.NotSent("x", reason="connect"), oauth.TokenNotSent, "Not sent (connect)"),
        (
            http.AnswerLost("x", reason="read_timeout"),
            oauth.TokenOutcomeUnknown,
            "No whole answer (read_timeout)",
        ),
    ],
)
def test_c3_what_never_left_is_told_from_what_lost_its_answer(monkeypatch, lost, kind, summary):
    def send(*_, **__):
        raise lost

    monkeypatch.setattr(http, "send", send)

    with pytest.raises(kind) as raised:
        refresh()

    assert str(raised.value) == summary


@pytest.mark.parametrize(
    ("given", "deadline"), [({}, oauth.TOKEN_DEADLINE), ({"deadline": 7.0}, 7.0)]
)
def test_c2_a_token_call_is_given_its_time(monkeypatch, given, deadline):
    sent = []

    def send(transport, method, url, **named):
        sent.append((method, url, named))
        body = b'{"access_token": "a", "refresh_token": "r"}'
        return http.Answer(200, {"Content-Type": "application/json"}, body, url)

    monkeypatch.setattr(http, "send", send)
    with http.session() as transport:
        oauth.refresh(transport, BASE + "/", APP, OLD, **given)
        oauth.exchange_code(transport, BASE, APP, "code")

    assert [(method, url) for method, url, _ in sent] == [("POST", TOKEN), ("POST", TOKEN)]
    assert [named["deadline"] for *_, named in sent] == [deadline, 60.0]
    assert sent[0][2]["headers"] == {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
    }


def test_a_refresh_names_the_app_and_its_secret(exact):
    exact.post(TOKEN, json={"access_token": "AAEA"})

    refresh()

    assert parse_qs(exact.calls[0].request.body.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": [OLD.reveal()],
        "client_id": ["{12345678-aaaa}"],
        "client_secret": ["client+secret"],
    }


@pytest.mark.parametrize(("given", "seconds"), [("1", 1), ("86400", 86400), ("86401", 600)])
def test_c20_a_lifetime_of_more_than_a_day_is_nonsense(exact, given, seconds):
    exact.post(TOKEN, json={"access_token": "a", "expires_in": given})

    assert refresh().expires_in == seconds


@pytest.mark.parametrize("body", [{"access_token": ""}, {"access_token": 5}, {}])
def test_an_answer_without_an_access_token_leaves_everything_open(exact, body):
    exact.post(TOKEN, json=body | {"refresh_token": "new"})

    with pytest.raises(
        oauth.TokenOutcomeUnknown, match=r"^The answer holds no access token \(HTTP 200\)$"
    ) as raised:
        refresh()

    assert raised.value.status == 200


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
@pytest.mark.parametrize(
    "given",
    ["a\r\nX: y", "a b", "caf\xe9", "\ud800", "a\0", "a" * 20_000],
    # An id as long as the last one is no argument that a test can be chosen by (make mutation).
    ids=["two lines", "a blank", "an accent", "half a letter", "a zero", "very long"],
)
def test_b1_a_token_that_no_header_can_carry_is_none(exact, name, given):
    """RFC 6749, appendix A.12: visible ASCII. Anything else was damaged on its way, or is no token."""
    exact.post(TOKEN, json={"access_token": "a", "refresh_token": "b", name: given})

    with pytest.raises(
        oauth.TokenOutcomeUnknown,
        match=r"^The answer holds a token that can not be sent \(HTTP 200\)$",
    ) as raised:
        refresh()

    assert raised.value.status == 200


def test_b1_an_answer_in_which_a_token_comes_twice_is_none(exact):
    exact.post(TOKEN, body='{"access_token": "a", "refresh_token": "b", "refresh_token": "c"}')

    with pytest.raises(oauth.TokenOutcomeUnknown):
        refresh()


def test_b9_what_exact_says_of_a_refusal_can_be_stored(exact):
    body = {"error": "x\0\ud800", "error_description": ["Old\0", "\ud800"]}
    exact.post(TOKEN, status=400, json=body)

    with pytest.raises(oauth.ConsentBroken) as raised:
        refresh()

    said = f"{raised.value.code} {raised.value.description}"
    assert "\0" not in said
    said.encode()


@pytest.mark.parametrize("given", ["", 5, None])
def test_a_refresh_token_that_is_none_is_not_stored(exact, given):
    exact.post(TOKEN, json={"access_token": "a", "refresh_token": given})

    assert refresh().refresh_token is None


def test_a_consent_page_asks_to_log_in_only_when_told():
    asked = parse_qs(urlsplit(oauth.authorize_url(BASE, APP, state="s")).query)
    quiet = parse_qs(urlsplit(oauth.authorize_url(BASE, APP, state="s", force_login=False)).query)

    assert (asked["force_login"], quiet["force_login"]) == (["1"], ["0"])


def test_a_login_without_a_refresh_token_leaves_everything_open(exact):
    exact.post(TOKEN, json={"access_token": "a", "expires_in": 600})

    with (
        http.session() as transport,
        pytest.raises(
            oauth.TokenOutcomeUnknown, match=r"^The answer holds no refresh token \(HTTP 200\)$"
        ) as raised,
    ):
        oauth.exchange_code(transport, BASE, APP, "code")

    assert raised.value.status == 200

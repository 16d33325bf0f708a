"""Log-on, consent and tokens follow Exact's rules.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-oauth-eol-oauth-devstep3
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from exact_sandbox.oauth.tokens import american
from exact_sandbox.options import DEFAULT_CLIENT_ID
from exact_sandbox.server import running_sandbox
from tests.exact_sandbox.exact_client import ANNA, BRAM, REDIRECT_URI, ExactClient


def description(answer: requests.Response) -> object:
    return answer.json()["error_description"]


def statuses_of(count: int, call: Callable[[], requests.Response]) -> list[int]:
    """Return the statuses of so many calls made at the same time, lowest first."""
    ready = threading.Barrier(count)
    statuses: list[int] = []

    def run() -> None:
        ready.wait()
        statuses.append(call().status_code)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


def test_the_token_answer_has_exacts_shape(exact):
    assert exact.tokens["token_type"] == "bearer"
    assert exact.tokens["expires_in"] == "600"
    assert set(exact.tokens) == {"access_token", "token_type", "expires_in", "refresh_token"}


def test_token_answers_carry_no_limit_headers(exact):
    answer = exact.refresh(exact.tokens["refresh_token"])

    assert not [name for name in answer.headers if name.lower().startswith("x-ratelimit")]


def test_the_callback_carries_code_and_state(exact):
    callback = exact.log_on(ANNA)

    assert callback.startswith(REDIRECT_URI)
    assert parse_qs(urlsplit(callback).query)["state"] == ["the state"]


def test_refusing_sends_the_user_back_with_access_denied(exact):
    exact.control("POST", "/_sandbox/consent/revoke", {"username": ANNA})

    callback = exact.log_on(ANNA, decision="refuse")

    assert parse_qs(urlsplit(callback).query) == {
        "error": ["access_denied"],
        "state": ["the state"],
    }


def test_consent_is_asked_once_per_user(exact):
    assert exact.authorize().status_code == 302

    exact.control("POST", "/_sandbox/consent/revoke", {"username": ANNA})

    assert 'value="refuse"' in exact.authorize().text


@pytest.mark.parametrize(("mode", "asked"), [("always", True), ("never", False)])
def test_consent_is_asked_always_or_never_when_the_switch_says_so(exact, mode, asked):
    if mode == "never":
        exact.control("POST", "/_sandbox/consent/revoke", {"username": ANNA})
    exact.switch(consent=mode)

    assert ('value="allow"' in exact.authorize().text) is asked


def test_a_state_is_echoed_to_the_character(exact):
    state = "a b+c&d=é/%2F"

    callback = exact.log_on(ANNA, state=state)

    assert parse_qs(urlsplit(callback).query)["state"] == [state]


def test_an_address_with_other_letters_is_encoded(exact):
    callback = exact.log_on(ANNA, redirect_uri="https://psa.example/zurück?x=1")

    assert callback.startswith("https://psa.example/zur%C3%BCck?x=1&code=")


def test_force_login_shows_the_log_on_page_in_spite_of_a_session(exact):
    assert 'name="username"' in exact.authorize(force_login="1").text
    assert exact.log_on(BRAM, force_login="1").startswith(REDIRECT_URI)


def test_a_wrong_password_gives_a_sentence_and_keeps_the_name(exact):
    page = exact.browser.post(
        exact.authorize(force_login="1").url,
        data={"username": BRAM, "password": "wrong", "login": "1"},
    )

    assert "is not right" in page.text
    assert BRAM in page.text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"client_id": "0000"}, "client_id"),
        ({"response_type": "token"}, "response_type"),
        ({"redirect_uri": "http://elsewhere.example/callback"}, "redirect_uri"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
    ],
)
def test_a_bad_authorize_request_is_explained_and_not_redirected(exact, changed, sentence):
    page = exact.authorize(**changed)

    assert page.status_code == 400
    assert sentence in page.text


def test_a_client_id_in_braces_is_the_same_application(exact):
    callback = exact.log_on(ANNA, client_id="{" + DEFAULT_CLIENT_ID + "}")

    assert exact.exchange(callback, client_id="{" + DEFAULT_CLIENT_ID + "}").status_code == 200


def test_a_registered_redirect_uri_must_match_to_the_character():
    with running_sandbox(redirect_uris=("https://psa.example/callback/",)) as running:
        address = f"{running.base_url}/api/oauth2/auth"
        arguments = {"client_id": DEFAULT_CLIENT_ID, "response_type": "code"}

        def status(uri: str) -> int:
            parameters = {**arguments, "redirect_uri": uri}
            return requests.get(address, params=parameters, timeout=10).status_code

        assert status("https://psa.example/callback/") == 200
        assert status("https://psa.example/callback") == 400
        assert status("http://localhost/callback/") == 400


@pytest.mark.parametrize(
    "uri",
    [
        "https://psa.example/callback?tenant=1",
        "http://localhost:8080/callback",
        "http://127.0.0.1/",
        "http://[::1]:9/x",
    ],
)
def test_without_a_registered_redirect_uri_https_and_localhost_will_do(exact, uri):
    exact.log_on(ANNA)

    answer = exact.authorize(redirect_uri=uri)

    assert answer.headers["Location"].startswith(f"{uri}{'&' if '?' in uri else '?'}code=")


@pytest.mark.parametrize(
    "uri",
    [
        "https://",
        "http://[",
        "ftp://localhost/",
        "//psa.example/",
        "https://x/\r\nY: z",
        "https://x/#y",
        "",
    ],
)
def test_a_redirect_uri_must_be_an_address(exact, uri):
    assert exact.authorize(redirect_uri=uri).status_code == 400


def test_localhost_is_refused_when_the_switch_says_so(exact):
    exact.switch(localhost_redirect="refused")

    assert exact.authorize(redirect_uri="http://localhost:8080/").status_code == 400
    assert exact.authorize(redirect_uri="https://localhost:8080/").status_code == 400
    assert exact.authorize(redirect_uri="https://psa.example/").status_code == 302


def test_a_code_works_once(exact):
    callback = exact.log_on(ANNA)

    assert exact.exchange(callback).status_code == 200
    assert exact.exchange(callback).status_code == 400


def test_a_code_works_for_three_minutes(exact):
    callback = exact.log_on(ANNA)
    exact.advance(181)

    assert exact.exchange(callback).status_code == 400


def test_a_code_that_was_refused_for_its_redirect_uri_is_not_used_up(exact):
    callback = exact.log_on(ANNA)

    assert exact.exchange(callback, redirect_uri=f"{REDIRECT_URI}/").status_code == 400
    assert exact.exchange(callback).status_code == 200


def test_of_concurrent_exchanges_of_a_code_one_wins(exact):
    callback = exact.log_on(ANNA)

    assert statuses_of(8, lambda: exact.exchange(callback)) == [200] + [400] * 7


def test_a_code_of_one_application_is_nothing_to_another(exact):
    callback = exact.log_on(ANNA)
    other = exact.register(name="Other")

    answer = exact.exchange(
        callback, client_id=other["client_id"], client_secret=other["client_secret"]
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_codes_and_tokens_hold_characters_that_must_be_encoded(exact):
    assert "!" in parse_qs(urlsplit(exact.log_on(ANNA)).query)["code"][0]
    assert "!" in exact.tokens["refresh_token"]


def test_a_code_needs_its_redirect_uri(exact):
    code = parse_qs(urlsplit(exact.log_on(ANNA)).query)["code"][0]

    answer = exact.token(
        grant_type="authorization_code", code=code, redirect_uri="http://localhost/"
    )

    assert answer.status_code == 400


def test_a_refresh_gives_a_new_pair_and_retires_the_old_one(exact):
    exact.advance(575)
    answer = exact.refresh(exact.tokens["refresh_token"])
    assert answer.status_code == 200
    assert answer.json()["refresh_token"] != exact.tokens["refresh_token"]

    again = exact.refresh(exact.tokens["refresh_token"])

    assert again.status_code == 401
    assert again.json() == {
        "error": "unauthorized_client",
        "error_description": "Old refresh token used.",
    }


@pytest.mark.parametrize(("age", "status"), [(0, 400), (568, 400), (571, 200), (86_400, 200)])
def test_a_refresh_is_refused_before_570_seconds(exact, age, status):
    exact.advance(age)

    answer = exact.refresh(exact.tokens["refresh_token"])

    assert answer.status_code == status
    if status == 400:
        assert answer.json()["error"] == "access_denied"
        assert description(answer) == "Rate limit exceeded: access_token not expired"
        assert answer.headers["Reason"].startswith("TooEarlyToRefreshTokens")


def test_a_refresh_that_is_too_early_can_be_401(exact):
    exact.switch(too_early_status="401")

    answer = exact.refresh(exact.tokens["refresh_token"])

    assert (answer.status_code, answer.json()["error"]) == (401, "access_denied")


def test_a_refresh_token_lives_for_thirty_days(exact):
    exact.advance(30 * 86_400 - 60)

    assert exact.refresh(exact.tokens["refresh_token"]).status_code == 200


def test_a_refresh_token_dies_after_thirty_days(exact):
    exact.advance(31 * 86_400)

    answer = exact.refresh(exact.tokens["refresh_token"])

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    moment = r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d:\d\d [AP]M"
    assert re.fullmatch(
        f"The refresh token expired at {moment} and it is now {moment}\\.",
        str(description(answer)),
    )


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2022, 10, 11, 21, 18, 20, tzinfo=UTC), "10/11/2022 9:18:20 PM"),
        (datetime(2022, 1, 2, 0, 0, 5, tzinfo=UTC), "1/2/2022 12:00:05 AM"),
        (datetime(2022, 1, 2, 12, 30, 0, tzinfo=UTC), "1/2/2022 12:30:00 PM"),
    ],
)
def test_a_moment_is_written_as_americans_do(moment, text):
    assert american(moment.timestamp()) == text


def test_a_lost_token_answer_leaves_no_way_back(exact):
    exact.advance(575)
    exact.fault("token_reply_lost", path="/api/oauth2/token")
    with pytest.raises(requests.ConnectionError):
        exact.refresh(exact.tokens["refresh_token"])

    assert exact.refresh(exact.tokens["refresh_token"]).status_code == 401


def test_after_a_lost_answer_the_old_token_works_a_while_when_the_switch_says_so(exact):
    exact.switch(old_refresh_grace_seconds=30)
    exact.advance(575)
    exact.refresh(exact.tokens["refresh_token"])
    exact.advance(20)
    again = exact.refresh(exact.tokens["refresh_token"])

    exact.advance(11)

    assert again.status_code == 200
    assert exact.refresh(exact.tokens["refresh_token"]).status_code == 401


def test_a_second_log_on_breaks_the_first_chain(exact):
    exact.exchange(exact.log_on(ANNA))
    exact.advance(575)

    answer = exact.refresh(exact.tokens["refresh_token"])

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert "chainId" in str(description(answer))
    assert answer.headers["Reason"].startswith("Unknown: ")


def test_both_chains_live_when_the_switch_says_so(exact):
    exact.switch(new_consent_ends_tokens=False)
    exact.exchange(exact.log_on(ANNA))
    exact.advance(575)

    assert exact.refresh(exact.tokens["refresh_token"]).status_code == 200


def test_revoking_consent_kills_access_and_refresh_tokens(exact):
    exact.control("POST", "/_sandbox/consent/revoke", {"username": ANNA})
    exact.advance(575)

    assert exact.call("GET", "financial/Journals").status_code == 401
    assert exact.refresh(exact.tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_garbage_is_an_invalid_refresh_token(exact):
    answer = exact.refresh("garbage")

    assert (answer.status_code, description(answer)) == (400, "Refresh token is invalid.")


def test_an_access_token_of_a_broken_chain_works_until_it_expires(exact):
    exact.exchange(exact.log_on(ANNA))

    assert exact.call("GET", "financial/Journals").status_code == 200
    exact.advance(600)
    assert exact.call("GET", "financial/Journals").status_code == 401


@pytest.mark.parametrize("missing", ["grant_type", "refresh_token", "client_id", "client_secret"])
def test_a_missing_field_is_named(exact, missing):
    answer = exact.refresh(exact.tokens["refresh_token"], **{missing: ""})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert description(answer) == f"Missing required parameter: {missing}."


@pytest.mark.parametrize("missing", ["code", "redirect_uri"])
def test_a_field_missing_with_a_code_is_named(exact, missing):
    fields = {"code": "x", "redirect_uri": REDIRECT_URI, missing: ""}

    answer = exact.token(grant_type="authorization_code", **fields)

    assert description(answer) == f"Missing required parameter: {missing}."


@pytest.mark.parametrize("place", ["json", "params"])
def test_json_or_query_parameters_instead_of_a_form_are_refused(exact, place):
    form = {
        "grant_type": "refresh_token",
        "refresh_token": exact.tokens["refresh_token"],
        "client_id": DEFAULT_CLIENT_ID,
        "client_secret": "sandbox-secret",
    }

    url = f"{exact.base_url}/api/oauth2/token"
    sent: dict[str, Any] = {place: form}
    answer = requests.post(url, timeout=10, **sent)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "application/x-www-form-urlencoded" in str(description(answer))


def test_the_token_address_takes_only_post(exact):
    answer = exact.control("GET", "/api/oauth2/token")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_rest_call_without_a_token_is_401_and_empty(exact):
    exact.use("garbage")

    answer = exact.call("GET", "financial/Journals")

    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_wrong_credentials_are_refused(exact):
    assert exact.refresh("x", client_secret="wrong").json()["error"] == "invalid_client"
    assert exact.refresh("x", client_id="wrong").json()["error"] == "invalid_client"
    assert exact.token(grant_type="password").json()["error"] == "unsupported_grant_type"


def test_a_bearer_header_at_the_token_endpoint_is_refused_unless_switched_off(exact):
    exact.advance(575)
    form = {
        "grant_type": "refresh_token",
        "refresh_token": exact.tokens["refresh_token"],
        "client_id": DEFAULT_CLIENT_ID,
        "client_secret": "sandbox-secret",
    }
    url = f"{exact.base_url}/api/oauth2/token"
    headers = {"Authorization": f"Bearer {exact.tokens['access_token']}"}
    assert requests.post(url, data=form, headers=headers, timeout=10).status_code == 401

    exact.switch(strict_token_endpoint=False)

    assert requests.post(url, data=form, headers=headers, timeout=10).status_code == 200


def test_client_credentials_may_come_as_basic_authorization(exact):
    exact.advance(575)
    form = {"grant_type": "refresh_token", "refresh_token": exact.tokens["refresh_token"]}

    answer = requests.post(
        f"{exact.base_url}/api/oauth2/token",
        data=form,
        auth=(DEFAULT_CLIENT_ID, "sandbox-secret"),
        timeout=10,
    )

    assert answer.status_code == 200


def test_credentials_in_basic_authorization_must_be_right(exact):
    answer = requests.post(
        f"{exact.base_url}/api/oauth2/token",
        data={"grant_type": "refresh_token", "refresh_token": exact.tokens["refresh_token"]},
        auth=(DEFAULT_CLIENT_ID, "wrong"),
        timeout=10,
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_token_calls_are_counted_by_application(exact):
    exact.switch(token_day_limit=1)
    other = exact.register(name="Other")
    tokens = exact.control(
        "POST", "/_sandbox/tokens", {"username": ANNA, "client_id": other["client_id"]}
    ).json()
    credentials = {"client_id": other["client_id"], "client_secret": other["client_secret"]}

    assert exact.refresh(exact.tokens["refresh_token"]).status_code == 429
    assert exact.refresh(tokens["refresh_token"], **credentials).status_code == 400


def test_two_hundred_token_calls_a_day(exact):
    exact.switch(token_day_limit=3)
    exact.refresh(exact.tokens["refresh_token"])
    exact.refresh(exact.tokens["refresh_token"])

    assert exact.refresh(exact.tokens["refresh_token"]).status_code == 429
    exact.advance(86_400)
    assert exact.refresh(exact.tokens["refresh_token"]).status_code == 200


def test_of_concurrent_refreshes_one_wins(exact):
    exact.advance(575)

    answers = statuses_of(8, lambda: exact.refresh(exact.tokens["refresh_token"]))

    assert answers == [200] + [401] * 7


def test_the_winner_of_concurrent_refreshes_goes_on_working(exact):
    exact.advance(575)
    winners: list[str] = []

    def refresh() -> requests.Response:
        answer = exact.refresh(exact.tokens["refresh_token"])
        if answer.status_code == 200:
            winners.append(answer.json()["refresh_token"])
        return answer

    statuses_of(4, refresh)
    exact.advance(575)

    assert exact.refresh(winners[0]).status_code == 200


def test_an_access_token_lives_for_600_seconds(exact):
    assert exact.call("GET", "financial/Journals").status_code == 200

    exact.advance(600)

    answer = exact.call("GET", "financial/Journals")
    assert (answer.status_code, answer.content) == (401, b"")


def test_the_pages_hold_no_script_and_forbid_any(exact):
    for page in (exact.authorize(force_login="1"), exact.control("GET", "/")):
        assert "<script" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_each_user_sees_their_own_divisions(log_on):
    def codes(client: ExactClient) -> list[int]:
        return [row["Code"] for row in client.rows("system/Divisions", select="Code")]

    assert codes(log_on(BRAM)) == [1000001]
    assert codes(log_on(ANNA)) == [1000001, 1000002, 1000003, 1000009]

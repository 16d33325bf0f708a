"""With country hosts a host is an Exact Online of its own: nothing crosses over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from exact_sandbox.__main__ import read_options
from exact_sandbox.hosts import country_hosts
from exact_sandbox.options import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, from_environment
from exact_sandbox.server import RunningSandbox, running_sandbox
from tests.exact_sandbox.exact_client import ANNA, ARCHIVED, BE, BRAM, CLAIRE, NL, REDIRECT_URI

DUTCH, BELGIAN = "start.exactonline.nl", "start.exactonline.be"
CREDENTIALS = {"client_id": DEFAULT_CLIENT_ID, "client_secret": DEFAULT_CLIENT_SECRET}


class Visitor:
    """Someone who reaches the sandbox under the name of a country's host."""

    def __init__(self, running: RunningSandbox, host: str) -> None:
        self.running = running
        self.host = host
        self.token = ""

    def request(self, method: str, path: str, **more: Any) -> requests.Response:
        address = f"http://127.0.0.1:{self.running.port}{path}"
        headers = {"Host": self.host, "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return requests.request(
            method, address, headers=headers, timeout=10, allow_redirects=False, **more
        )

    def log_on(self, username: str) -> requests.Response:
        query = f"client_id={DEFAULT_CLIENT_ID}&redirect_uri={REDIRECT_URI}&response_type=code"
        path = f"/api/oauth2/auth?{query}"
        form = {"username": username, "password": "sandbox", "login": "1"}
        page = self.request("POST", path, data=form)
        if page.status_code != 303:
            return page
        cookies = page.cookies.get_dict()
        return self.request("POST", path, data={"decision": "allow"}, cookies=cookies)

    def exchange(self, code: str) -> requests.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        return self.request("POST", "/api/oauth2/token", data={**form, **CREDENTIALS})

    def connect(self, username: str) -> dict[str, str]:
        callback = self.log_on(username).headers["Location"]
        tokens: dict[str, str] = self.exchange(parse_qs(urlsplit(callback).query)["code"][0]).json()
        self.token = tokens["access_token"]
        return tokens


@pytest.fixture(scope="module")
def two_countries() -> Iterator[RunningSandbox]:
    with running_sandbox(country_hosts=("real",), minute_limit=10_000) as running:
        yield running


@pytest.fixture
def dutch(two_countries: RunningSandbox) -> Visitor:
    two_countries.sandbox.reset()
    return Visitor(two_countries, DUTCH)


@pytest.fixture
def belgian(dutch: Visitor) -> Visitor:
    return Visitor(dutch.running, BELGIAN)


def test_addresses_in_answers_are_on_the_host_that_was_asked(dutch):
    dutch.connect(ANNA)

    page = dutch.request("GET", f"/api/v1/{NL}/crm/Accounts?$select=ID").json()["d"]

    assert page["__next"].startswith(f"http://{DUTCH}/api/v1/{NL}/crm/Accounts?")
    uri = page["results"][0]["__metadata"]["uri"]
    assert uri.startswith(f"http://{DUTCH}/api/v1/{NL}/crm/Accounts(guid'")


def test_they_have_the_scheme_of_the_public_address():
    with running_sandbox(country_hosts=("real",), public_url="https://exact.example") as running:
        visitor = Visitor(running, DUTCH)
        visitor.connect(ANNA)

        record = visitor.request("GET", "/api/v1/current/Me").json()["d"]["results"][0]

        assert record["__metadata"]["uri"].startswith(f"https://{DUTCH}/api/v1/current/Me")


def test_a_user_logs_on_at_the_host_of_their_country_only(dutch, belgian):
    assert dutch.log_on(CLAIRE).status_code == 200
    assert "is not right" in dutch.log_on(CLAIRE).text
    assert belgian.log_on(CLAIRE).headers["Location"].startswith(REDIRECT_URI)


def test_an_access_token_is_nothing_to_another_host(dutch, belgian):
    dutch.connect(BRAM)
    belgian.token = dutch.token

    assert dutch.request("GET", "/api/v1/current/Me").status_code == 200
    assert belgian.request("GET", "/api/v1/current/Me").status_code == 401


def test_a_code_and_a_refresh_token_are_nothing_to_another_host(dutch, belgian):
    callback = dutch.log_on(BRAM).headers["Location"]
    code = parse_qs(urlsplit(callback).query)["code"][0]
    assert belgian.exchange(code).json()["error"] == "invalid_grant"
    tokens = dutch.exchange(code).json()
    dutch.running.sandbox.advance_clock(575)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **CREDENTIALS}

    refused = belgian.request("POST", "/api/oauth2/token", data=form)

    assert refused.status_code == 400
    assert refused.json()["error_description"] == "Refresh token is invalid."
    assert dutch.request("POST", "/api/oauth2/token", data=form).status_code == 200


def test_divisions_of_another_country_do_not_exist(dutch):
    dutch.connect(ANNA)

    rows = dutch.request("GET", f"/api/v1/{NL}/system/Divisions?$select=Code").json()["d"]

    assert [row["Code"] for row in rows["results"]] == [NL, ARCHIVED]
    assert dutch.request("GET", f"/api/v1/{BE}/crm/Accounts").status_code == 404


def test_users_of_another_country_are_not_listed(dutch):
    dutch.connect(ANNA)

    rows = dutch.request("GET", f"/api/v1/{NL}/users/Users?$select=UserName").json()["d"]

    assert CLAIRE not in [row["UserName"] for row in rows["results"]]
    assert ANNA in [row["UserName"] for row in rows["results"]]


def test_an_application_is_registered_in_one_country(dutch, belgian):
    change = {"country": "NL"}
    dutch.request("PATCH", "/_sandbox/applications", json=change)

    assert "client_id" in belgian.log_on(CLAIRE).text
    form = {"grant_type": "refresh_token", "refresh_token": "x", **CREDENTIALS}
    answer = belgian.request("POST", "/api/oauth2/token", data=form)
    assert answer.json()["error"] == "invalid_client"
    assert dutch.log_on(BRAM).status_code == 302


def test_a_host_of_no_country_is_404_but_the_sandboxs_own_pages_are_there(dutch):
    stranger = Visitor(dutch.running, "localhost")

    assert stranger.request("GET", "/api/oauth2/auth").status_code == 404
    assert stranger.request("GET", "/api/v1/current/Me").status_code == 404
    assert stranger.request("GET", "/_sandbox/clock").status_code == 200


def test_a_host_may_be_told_with_its_port():
    hosts = country_hosts(["nl=nl.localhost:8100", "BE=be.localhost"])

    assert hosts.country("nl.localhost:8100") == "NL"
    assert hosts.country("nl.localhost:8200") is None
    assert hosts.country("BE.localhost:8200") == "BE"


@pytest.mark.parametrize("text", ["nl.localhost", "NLD=nl.localhost", "NL=", "NL=a/b", "reel"])
def test_a_host_that_cannot_be_read_stops_the_start(text):
    with pytest.raises(ValueError, match=r"NL=nl\.localhost"):
        country_hosts([text])


def test_country_hosts_come_from_option_or_environment():
    assert read_options(["--country-host", "real"]).country_hosts == ("real",)
    environment = {"EXACT_SANDBOX_COUNTRY_HOSTS": "NL=nl.localhost BE=be.localhost"}
    assert from_environment(environment).country_hosts == ("NL=nl.localhost", "BE=be.localhost")

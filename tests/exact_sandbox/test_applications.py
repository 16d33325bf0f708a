"""Applications are registered in a table; the one of the options is there from the start."""

from __future__ import annotations

import pytest

from exact_sandbox.applications import find_application
from exact_sandbox.options import DEFAULT_CLIENT_ID
from exact_sandbox.server import running_sandbox
from tests.exact_sandbox.exact_client import ANNA, BRAM, REDIRECT_URI


def test_the_application_of_the_options_is_registered(running):
    application = find_application(running.sandbox.database, "{" + DEFAULT_CLIENT_ID.upper() + "}")

    assert application is not None
    assert (application.client_id, application.name) == (DEFAULT_CLIENT_ID, "Sandbox application")


def test_it_follows_the_options_of_the_next_start(tmp_path):
    file = tmp_path / "books.sqlite3"
    with running_sandbox(data=file, client_secret="one", webhook_secret="first"):
        pass

    with running_sandbox(data=file, client_secret="two", webhook_secret="second") as running:
        application = find_application(running.sandbox.database, DEFAULT_CLIENT_ID)

        assert application is not None
        assert (application.client_secret, application.webhook_secret) == ("two", "second")


def test_an_application_can_be_registered_changed_and_removed(exact):
    made = exact.register(name="Reader", redirect_uris=["https://reader.example/"])
    path = "/_sandbox/applications"
    changed = exact.control(
        "PATCH", path, {"client_id": made["client_id"], "name": "Writer", "country": "NL"}
    ).json()

    listed = exact.control("GET", path).json()["applications"]

    assert listed[1] == changed == {**made, "name": "Writer", "country": "NL"}
    assert exact.control("DELETE", f"{path}/{made['client_id']}").status_code == 204
    assert exact.control("DELETE", f"{path}/{made['client_id']}").status_code == 404


@pytest.mark.parametrize(
    ("method", "body", "words"),
    [
        ("POST", {"name": "Twice", "client_id": "{" + DEFAULT_CLIENT_ID + "}"}, "already"),
        ("POST", {}, "name is missing"),
        ("PATCH", {"client_id": "unknown"}, "no application unknown"),
        ("PATCH", {"scopes": {"Financial astrology": "read"}}, "no scope"),
        ("PATCH", {"scopes": {"Crm accounts": "own"}}, "one of: none, read, manage"),
        ("PATCH", {"country": "Nederland"}, "country does not fit"),
        ("PATCH", {"name": "half \ud83d"}, "half of a character"),
    ],
)
def test_a_registration_that_makes_no_sense_is_explained(exact, method, body, words):
    answer = exact.control(method, "/_sandbox/applications", body)

    assert answer.status_code == 422
    assert words in answer.json()["error"]


def test_two_applications_of_one_user_live_side_by_side(exact):
    other = exact.register(name="Other", redirect_uris=["https://other.example/back"])
    credentials = {"client_id": other["client_id"], "client_secret": other["client_secret"]}
    address = {"client_id": other["client_id"], "redirect_uri": "https://other.example/back"}

    page = exact.authorize(**address)
    assert "Other" in page.text
    callback = exact.log_on(ANNA, **address)
    answer = exact.exchange(callback, **{**credentials, **address})
    assert answer.status_code == 200

    exact.advance(575)
    assert exact.refresh(exact.tokens["refresh_token"]).status_code == 200
    assert exact.refresh(answer.json()["refresh_token"]).json()["error"] == "invalid_grant"
    assert exact.refresh(answer.json()["refresh_token"], **credentials).status_code == 200


def test_the_tokens_of_a_removed_application_die(exact):
    other = exact.register(name="Other")
    body = {"username": ANNA, "client_id": other["client_id"]}
    exact.use(exact.control("POST", "/_sandbox/tokens", body).json()["access_token"])
    assert exact.call("GET", "financial/Journals").status_code == 200

    exact.control("DELETE", f"/_sandbox/applications/{other['client_id']}")

    assert exact.call("GET", "financial/Journals").status_code == 401


def test_a_token_pair_and_a_code_can_be_had_without_the_pages(exact):
    tokens = exact.control("POST", "/_sandbox/tokens", {"username": BRAM}).json()
    exact.use(tokens["access_token"])
    assert exact.get("current/Me")["results"][0]["Email"] == BRAM

    body = {"username": BRAM, "redirect_uri": REDIRECT_URI}
    answer = exact.control("POST", "/_sandbox/codes", body).json()

    assert exact.exchange(answer["callback"]).status_code == 200


def test_a_code_without_the_pages_keeps_to_the_registered_redirect_uri(exact):
    body = {"username": BRAM, "redirect_uri": "http://elsewhere.example/"}

    assert exact.control("POST", "/_sandbox/codes", body).status_code == 422
    body = {"username": "nobody@studio-noord.example"}
    assert exact.control("POST", "/_sandbox/tokens", body).status_code == 422


def test_a_scope_for_reading_lets_nothing_be_changed(exact):
    exact.scopes(**{"Crm accounts": "read"})

    assert exact.call("GET", "crm/Accounts").status_code == 200
    assert exact.error("POST", "crm/Accounts", {"Name": "x"}) == (
        403,
        "Forbidden - Application Scope Violated. Cannot manage 'crm.accounts' scope.",
    )


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("Financial accounting", "salesentry/SalesEntries"),
        ("Financial generalledgers", "financial/GLAccounts"),
        ("Financial receivables", "cashflow/Receivables"),
        ("Financial cashflow", "cashflow/PaymentConditions"),
        ("Financial costcenters", "hrm/Costcenters"),
        ("Crm accounts", "crm/Contacts"),
        ("Organization documents", "documents/Documents"),
        ("Sales invoices", "salesinvoice/SalesInvoices"),
        ("Logistics items", "logistics/Items"),
        ("Organization administration", "system/Divisions"),
    ],
)
def test_each_endpoint_has_its_scope(exact, scope, path):
    exact.scopes(**{scope: "none"})

    spelled = scope.lower().replace(" ", ".")
    assert exact.error("GET", path) == (
        403,
        f"Forbidden - Application Scope Violated. Cannot read '{spelled}' scope.",
    )
    assert exact.call("GET", "hrm/Divisions").status_code == 200


def test_an_added_scope_needs_a_new_consent(exact):
    other = exact.register(name="Reader", scopes={"Crm accounts": "read"})
    credentials = {"client_id": other["client_id"], "client_secret": other["client_secret"]}
    page = exact.authorize(client_id=other["client_id"])
    assert "only read: Crm accounts" in page.text
    callback = exact.log_on(ANNA, client_id=other["client_id"])
    exact.use(exact.exchange(callback, **credentials).json()["access_token"])

    more = {"client_id": other["client_id"], "scopes": {"Financial generalledgers": "read"}}
    exact.control("PATCH", "/_sandbox/applications", more)

    assert exact.call("GET", "financial/Journals").status_code == 403
    assert 'value="allow"' in exact.authorize(client_id=other["client_id"]).text
    callback = exact.log_on(ANNA, client_id=other["client_id"])
    exact.use(exact.exchange(callback, **credentials).json()["access_token"])
    assert exact.call("GET", "financial/Journals").status_code == 200


def test_a_scope_that_is_taken_away_and_given_back_needs_none(exact):
    exact.scopes(**{"Crm accounts": "none"})
    assert exact.call("GET", "crm/Accounts").status_code == 403
    assert exact.authorize().status_code == 302

    exact.scopes(**{"Crm accounts": "manage"})

    assert exact.call("GET", "crm/Accounts").status_code == 200
    assert exact.authorize().status_code == 302

"""Users differ in divisions, rights and language, and Exact's own record of them is the truth."""

from __future__ import annotations

import pytest

from tests.exact_sandbox.exact_client import ANNA, BE, BRAM, DIETER, NL, VIEWER, ExactClient

NO_SUCH_DATA = (
    "The data you want to retrieve cannot be found or you do not have rights to perform this action"
)


def patch(exact: ExactClient, username: str = ANNA, **changes: object) -> None:
    answer = exact.control("PATCH", "/_sandbox/users", {"username": username, **changes})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("area", "path", "open_path"),
    [
        ("sales", "salesentry/SalesEntries", "financial/Journals"),
        ("finance", "financial/GLAccounts", "salesentry/SalesEntries"),
        ("finance", "vat/VATCodes", "crm/Accounts"),
        ("finance", "hrm/Costcenters", "crm/Accounts"),
        ("crm", "crm/Accounts", "salesentry/SalesEntries"),
        ("logistics", "logistics/Items", "crm/Accounts"),
        ("system", "users/Users", "system/Divisions"),
    ],
)
def test_an_area_without_rights_is_403(exact, area, path, open_path):
    patch(exact, rights={area: "none"})

    assert exact.error("GET", path) == (403, "Forbidden")
    assert exact.call("GET", open_path).status_code == 200


def test_a_twin_endpoint_needs_the_same_right(exact):
    patch(exact, rights={"finance": "none"})

    stamp = {"filter": "Timestamp gt 1L", "select": "ID"}
    assert exact.error("GET", "sync/Cashflow/PaymentTerms", **stamp)[0] == 403
    assert exact.error("GET", "bulk/Cashflow/Receivables", select="ID")[0] == 403
    assert exact.error("GET", "read/financial/ReceivablesList")[0] == 403


def test_the_right_to_read_is_not_the_right_to_write(exact):
    patch(exact, rights={"crm": "read"})

    assert exact.call("GET", "crm/Accounts").status_code == 200
    assert exact.error("POST", "crm/Accounts", {"Name": "x"}) == (403, "Forbidden")
    assert exact.book()["EntryNumber"]


def test_documents_without_rights_have_a_text_of_their_own(exact):
    patch(exact, rights={"documents": "none"})

    assert exact.error("GET", "documents/Documents") == (403, NO_SUCH_DATA)


def test_may_write_sets_every_area(exact):
    patch(exact, VIEWER, may_write=True)
    patch(exact, VIEWER, rights={"crm": "read"})

    users = exact.control("GET", "/_sandbox/users").json()["users"]
    viewer = next(user for user in users if user["username"] == VIEWER)

    assert viewer["may_write"]
    assert viewer["rights"]["crm"] == "read"
    assert {level for area, level in viewer["rights"].items() if area != "crm"} == {"write"}


@pytest.mark.parametrize(
    "changes",
    [
        {"divisions": [NL, 7]},
        {"divisions": [10**30]},
        {"rights": {"gardening": "read"}},
        {"rights": {"crm": "own"}},
        {"language": "XX"},
        {"country": "nl"},
    ],
)
def test_a_change_of_a_user_that_makes_no_sense_is_refused(exact, changes):
    body = {"username": ANNA, **changes}

    assert exact.control("PATCH", "/_sandbox/users", body).status_code == 422
    assert exact.call("GET", "financial/Journals").status_code == 200


def test_a_blocked_user_is_403_and_cannot_log_on(exact):
    patch(exact, blocked=True)

    answer = exact.call("GET", "current/Me")
    assert answer.status_code == 403
    assert answer.headers["Reason"].startswith("BlockedUser")
    assert 'name="login"' in exact.authorize().text
    page = exact.browser.post(
        exact.authorize().url, data={"username": ANNA, "password": "sandbox", "login": "1"}
    )
    assert "is not right" in page.text


def test_users_are_listed_with_what_is_true_of_them(exact):
    users = {row["UserName"]: row for row in exact.rows("system/Users")}

    assert set(users) == {ANNA, BRAM, VIEWER, "claire@studio-zuid.example", DIETER}
    assert users[BRAM]["Language"] == "nl-NL"
    assert users[BRAM]["UserDivisionList"] == str(NL)
    assert (users[ANNA]["MiddleName"], users[ANNA]["FullName"]) == ("de", "Anna de Vries")
    assert {row["UserID"] for row in exact.rows("users/Users")} == {
        row["UserID"] for row in users.values()
    }
    me = exact.get("current/Me")["results"][0]
    assert me["UserID"] == users[ANNA]["UserID"]
    assert exact.get(f"system/Users(guid'{me['UserID']}')")["Email"] == ANNA


def test_the_last_log_on_is_remembered(exact):
    users = {row["UserName"]: row for row in exact.rows("system/Users")}

    assert users[ANNA]["LastLogin"].startswith("/Date(")
    assert users[BRAM]["LastLogin"] is None


def test_an_accountant_is_not_among_the_users_of_a_client(log_on):
    eva = log_on("eva@cijferkantoor.example", 1000011)

    assert [row["UserName"] for row in eva.rows("users/Users")] == ["eva@cijferkantoor.example"]


def test_a_changed_language_is_that_of_the_next_refusal(exact):
    me = exact.get("current/Me")["results"][0]["UserID"]

    answer = exact.call("PUT", f"system/Users(guid'{me}')", {"Language": "nl-NL"})

    assert answer.status_code == 204
    assert exact.error("POST", "crm/Accounts", {}) == (500, "Verplicht: Naam")
    assert exact.get("current/Me")["results"][0]["LanguageCode"] == "nl-NL"


def test_a_new_user_can_log_on_and_sees_the_listed_divisions(exact, log_on):
    body = {
        "Email": "fleur@studio-noord.example",
        "FirstName": "Fleur",
        "LastName": "Bos",
        "Language": "nl-NL",
        "UserDivisionList": str(NL),
    }
    made = exact.call("POST", "system/Users", body)
    assert made.status_code == 201, made.text
    assert made.json()["d"]["FullName"] == "Fleur Bos"

    fleur = log_on("fleur@studio-noord.example")

    assert [row["Code"] for row in fleur.rows("system/Divisions")] == [NL]
    assert fleur.error("POST", "crm/Accounts", {}) == (500, "Verplicht: Naam")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "Mandatory: User name\r\nMandatory: Full name"),
        ({"Email": ANNA, "FullName": "Anna"}, "Data already exists."),
        (
            {"UserName": "x", "FullName": "X", "UserDivisionList": "7"},
            "Invalid reference: Division",
        ),
        (
            {"UserName": "x", "FullName": "X", "UserDivisionList": "a"},
            "Invalid reference: Division",
        ),
        ({"UserName": "x", "FullName": "X", "Language": "??"}, "Invalid reference: Language"),
        ({"UserName": "x", "FullName": "X", "Gender": "Q"}, "Invalid: Gender"),
    ],
)
def test_a_user_that_makes_no_sense_is_refused(exact, body, text):
    assert exact.error("POST", "system/Users", body) == (500, text)


def test_changing_a_user_moves_their_divisions_and_name(exact, log_on):
    bram = log_on(BRAM)
    user_id = bram.get("current/Me")["results"][0]["UserID"]

    changes = {"FirstName": "Abraham", "UserDivisionList": "1000002"}
    assert exact.call("PUT", f"system/Users(guid'{user_id}')", changes).status_code == 204

    assert bram.get("current/Me")["results"][0]["FullName"] == "Abraham Jansen"
    assert bram.call("GET", "financial/Journals").status_code == 403
    bram.division = BE
    assert [row["Code"] for row in bram.rows("system/Divisions")] == [BE]


def test_a_user_past_their_last_day_is_inactive(exact, log_on):
    bram = log_on(BRAM)
    user_id = bram.get("current/Me")["results"][0]["UserID"]

    exact.call("PUT", f"system/Users(guid'{user_id}')", {"EndDate": "2020-01-01T00:00:00"})

    answer = bram.call("GET", "financial/Journals")
    assert answer.status_code == 403
    assert answer.headers["Reason"].startswith("InactiveUser")


def test_only_who_may_write_there_makes_users(log_on):
    viewer = log_on(VIEWER)

    assert viewer.error("POST", "system/Users", {"UserName": "x", "FullName": "X"})[0] == 403


def test_the_address_that_me_gives_itself_is_read(exact):
    me = exact.get("current/Me", select="UserName")["results"][0]
    own = me["__metadata"]["uri"].partition("/api/v1/")[2]

    assert exact.get(own, select="UserName") == me
    stranger = exact.call("GET", "current/Me(guid'11111111-1111-1111-1111-111111111111')")
    assert stranger.status_code == 404
    assert stranger.json()["error"]["message"]["value"] == "Resource not found."

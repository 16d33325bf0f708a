"""Divisions are made, archived, blocked, moved and shared through the control API."""

from __future__ import annotations

import pytest

from tests.exact_sandbox.exact_client import ANNA, ARCHIVED, BE, BRAM, CLAIRE, NL, ExactClient

EVA = "eva@cijferkantoor.example"
PRACTICE = 1000011
CURSOR = {"select": "ID,Timestamp"}


def make(exact: ExactClient, **more: object) -> int:
    body = {"country": "BE", "name": "Studio Haven BV", **more}
    answer = exact.control("POST", "/_sandbox/divisions", body)
    assert answer.status_code == 201, answer.text
    code = answer.json()["code"]
    assert isinstance(code, int)
    return code


def patch(exact: ExactClient, division: int = NL, **changes: object) -> None:
    answer = exact.control("PATCH", f"/_sandbox/divisions/{division}", changes)
    assert answer.status_code == 200, answer.text


def reason(exact: ExactClient, path: str = "financial/Journals") -> tuple[int, str]:
    answer = exact.call("GET", path)
    return answer.status_code, answer.headers.get("Reason", "").partition(":")[0]


def test_a_new_division_can_be_booked_in_at_once(exact):
    exact.division = make(exact, country="NL")

    assert exact.book(YourRef="H-1")["YourRef"] == "H-1"
    assert exact.books_are_good()
    listed = exact.row("system/Divisions", f"Code eq {exact.division}")
    assert (listed["Description"], listed["Country"]) == ("Studio Haven BV", "NL")
    assert listed["Status"] == 1
    assert listed["IsMainDivision"] is False


def test_the_first_division_of_a_customer_is_its_main_one(exact):
    code = make(exact, customer="Haven Holding", users=[ANNA, BRAM])

    told = exact.control("GET", f"/_sandbox/divisions/{code}").json()

    assert (told["main"], told["customer"]) == (True, "Haven Holding")
    assert told["users"] == [ANNA, BRAM]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "No country"},
        {"country": "XX", "name": "Nowhere"},
        {"country": "NL", "name": "x", "users": ["nobody@studio-noord.example"]},
    ],
)
def test_a_division_that_cannot_be_made_is_refused(exact, body):
    assert exact.control("POST", "/_sandbox/divisions", body).status_code == 422


@pytest.mark.parametrize("blocking", [1, 2, 3, 4, 5, 6])
def test_a_blocked_division_is_403_with_its_reason(exact, blocking):
    patch(exact, blocking_status=blocking)
    assert reason(exact) == (403, "DivisionBlocked")

    exact.division = BE
    assert exact.row("system/Divisions", f"Code eq {NL}")["BlockingStatus"] == blocking

    exact.division = NL
    patch(exact, blocking_status=0)
    assert reason(exact) == (200, "")


def test_archiving_sets_status_and_date_and_can_be_undone(exact):
    patch(exact, BE, status="archived")
    row = exact.row("system/Divisions", f"Code eq {BE}")
    assert row["Status"] == 2
    assert row["ArchiveDate"].startswith("/Date(")
    assert exact.row("hrm/Divisions", f"Code eq {BE}")["Status"] == 1

    patch(exact, BE, status="active")

    row = exact.row("system/Divisions", f"Code eq {BE}")
    assert (row["Status"], row["ArchiveDate"]) == (1, None)


@pytest.mark.parametrize(
    ("order", "dated"),
    [("move", "DivisionMoveDate"), ("hr", "DivisionHRLinkUnlinkDate")],
)
def test_a_moved_division_begins_its_timestamps_anew(exact, order, dated):
    exact.book(YourRef="before")
    before = exact.terms()
    cursor = before[-1]["Timestamp"]
    assert exact.row("system/Divisions", f"Code eq {NL}")[dated] is None

    if order == "move":
        exact.control("POST", f"/_sandbox/divisions/{NL}/move")
    else:
        patch(exact, hr_linked=True)
    exact.book(YourRef="after")

    path = "sync/Cashflow/PaymentTerms"
    assert exact.rows(path, filter=f"Timestamp gt {cursor}L", **CURSOR) == []
    after = exact.terms()
    assert [row["ID"] for row in after[:-1]] == [row["ID"] for row in before]
    stamps = [int(row["Timestamp"]) for row in after]
    assert stamps == sorted(set(stamps))
    assert exact.row("system/Divisions", f"Code eq {NL}")[dated].startswith("/Date(")
    one = exact.rows(path, filter=f"Timestamp gt {stamps[-2]}L", **CURSOR)
    assert [row["ID"] for row in one] == [after[-1]["ID"]]


def test_a_move_leaves_other_divisions_alone(exact):
    exact.division = BE
    cursor = exact.rows("sync/CRM/Accounts", filter="Timestamp gt 0L", **CURSOR)[-1]["Timestamp"]

    exact.control("POST", f"/_sandbox/divisions/{NL}/move")

    rows = exact.rows("sync/CRM/Accounts", filter="Timestamp gt 0L", **CURSOR)
    assert rows[-1]["Timestamp"] == cursor


def test_access_is_given_and_taken(log_on):
    bram = log_on(BRAM, BE)
    assert reason(bram) == (403, "NoDivisionAccess")

    bram.control("POST", f"/_sandbox/divisions/{BE}/users", {"username": BRAM})
    assert reason(bram) == (200, "")

    path = f"/_sandbox/divisions/{BE}/users"
    assert bram.control("DELETE", f"{path}/{BRAM}").status_code == 204
    assert reason(bram) == (403, "NoDivisionAccess")
    assert bram.control("DELETE", f"{path}/nobody@x.example").status_code == 404


def test_hrm_divisions_are_those_of_one_customer_and_system_divisions_all_of_them(log_on):
    def codes(client: ExactClient, path: str) -> list[int]:
        return [row["Code"] for row in client.rows(path, select="Code")]

    eva = log_on(EVA, PRACTICE)
    assert codes(eva, "system/Divisions") == [NL, ARCHIVED, PRACTICE]
    assert codes(eva, "hrm/Divisions") == [PRACTICE]

    eva.division = NL
    assert codes(eva, "hrm/Divisions") == [NL, ARCHIVED]


def test_current_is_the_division_used_last(exact):
    exact.division = BE
    assert exact.row("system/Divisions", "Current eq true", select="Code")["Code"] == BE
    assert exact.get("current/Me")["results"][0]["CurrentDivision"] == BE

    exact.division = NL

    assert exact.row("system/Divisions", "Current eq true", select="Code")["Code"] == NL


def test_me_tells_the_owner_of_the_current_division(log_on):
    eva = log_on(EVA, PRACTICE)
    me = eva.get("current/Me")["results"][0]
    assert (me["DivisionCustomerName"], me["LanguageCode"]) == ("Cijferkantoor", "nl-NL")
    assert len(me["DivisionCustomerCode"]) == 18
    assert me["FirstName"] == "Eva"

    eva.division = NL
    eva.get("financial/Journals")

    me_at_client = eva.get("current/Me")["results"][0]
    assert me_at_client["DivisionCustomerName"] == "Studio Noord Groep"
    assert me_at_client["CustomerCode"] == me["CustomerCode"]


def test_a_division_can_be_deleted_but_not_the_main_or_the_current_one(exact):
    code = make(exact)
    listed = len(exact.rows("system/Divisions"))

    assert exact.error("DELETE", f"system/Divisions({NL})")[0] == 500
    exact.division = code
    assert exact.error("DELETE", f"system/Divisions({code})")[0] == 500
    exact.division = NL
    assert exact.call("DELETE", f"system/Divisions({code})").status_code == 204

    assert len(exact.rows("system/Divisions")) == listed - 1
    exact.division = code
    assert exact.call("GET", "financial/Journals").status_code == 404
    exact.division = NL
    assert make(exact) > code


def test_descriptions_come_in_the_language_of_the_user_or_of_the_header(log_on):
    claire = log_on(CLAIRE, BE)
    shown = {"select": "Code,CountryDescription"}
    assert claire.row("hrm/Divisions", f"Code eq {BE}", **shown)["CountryDescription"] == "Belgique"

    claire.http.headers["CustomDescriptionLanguage"] = "NL-BE"

    assert claire.row("hrm/Divisions", f"Code eq {BE}", **shown)["CountryDescription"] == "België"

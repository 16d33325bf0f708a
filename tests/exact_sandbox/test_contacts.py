"""Contacts are written by Exact's rules.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CRMContacts
"""

from __future__ import annotations

import pytest

from tests.exact_sandbox.exact_client import DE

CONTACTS = "crm/Contacts"
WITHOUT = 40  # a seeded customer without a contact


def create(exact, account=None, **values):
    body = {
        "Account": account or exact.customer(WITHOUT),
        "FirstName": "Ada",
        "LastName": "King",
        **values,
    }
    answer = exact.call("POST", CONTACTS, body)
    assert answer.status_code == 201, answer.text
    return answer.json()["d"]


def uri(contact):
    return f"{CONTACTS}(guid'{contact['ID']}')"


def account_of(exact, contact):
    return exact.get(f"crm/Accounts(guid'{contact['Account']}')")


def test_a_contact_shows_its_full_name_and_its_account(exact):
    contact = create(exact, MiddleName="van", Email="ada@king.example")

    assert contact["FullName"] == "Ada van King"
    assert contact["Code"] == str(WITHOUT).rjust(18)
    assert contact["AccountName"] == account_of(exact, contact)["Name"]
    assert contact["Email"] == "ada@king.example"
    assert contact["HID"] == 13
    assert contact["AccountIsCustomer"] is True


def test_the_first_contact_becomes_the_main_one(exact):
    first = create(exact)
    second = create(exact, FirstName="Bob")

    assert (first["IsMainContact"], second["IsMainContact"]) == (True, False)
    assert account_of(exact, first)["MainContact"] == first["ID"]
    assert second["AccountMainContact"] == first["ID"]


def test_the_account_chooses_its_main_contact(exact):
    create(exact)
    second = create(exact, FirstName="Bob")

    account = f"crm/Accounts(guid'{second['Account']}')"
    assert exact.call("PUT", account, {"MainContact": second["ID"]}).status_code == 204

    assert exact.get(uri(second))["IsMainContact"] is True


def test_a_new_name_changes_the_full_name(exact):
    contact = create(exact)

    assert exact.call("PUT", uri(contact), {"LastName": "Lovelace"}).status_code == 204

    assert exact.get(uri(contact))["FullName"] == "Ada Lovelace"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"Account": None}, "Mandatory: Account"),
        ({"FirstName": ""}, "Mandatory: First name"),
        ({"LastName": None}, "Mandatory: Last name"),
        ({"Account": "11111111-1111-1111-1111-111111111111"}, "Invalid reference: Account"),
        ({"HID": 0}, "Invalid: HID"),
        ({"HID": 1}, "Data already exists."),
        ({"Language": "QQ"}, "Invalid reference: Language"),
        ({"StartDate": "2026-02-01", "EndDate": "2026-01-01"}, "Invalid: End date"),
    ],
)
def test_what_exact_refuses(exact, values, text):
    body = {"Account": exact.customer(), "FirstName": "Ada", "LastName": "King", **values}

    assert exact.error("POST", CONTACTS, body) == (500, text)


def test_an_account_of_another_division_has_no_contacts_here(exact, log_on):
    foreign = log_on(division=DE).customer()

    body = {"Account": foreign, "FirstName": "Ada", "LastName": "King"}
    assert exact.error("POST", CONTACTS, body) == (500, "Invalid reference: Account")


def test_one_name_is_enough_where_the_switch_says_so(exact):
    exact.switch(contact_names="either")

    contact = create(exact, FirstName=None)

    assert contact["FullName"] == "King"
    body = {"Account": contact["Account"]}
    assert exact.error("POST", CONTACTS, body)[1] == "Mandatory: First name\r\nMandatory: Last name"
    assert exact.error("PUT", uri(contact), {"LastName": ""}) == (500, "Mandatory: Last name")


def test_a_name_cannot_be_taken_away(exact):
    contact = create(exact)

    assert exact.error("PUT", uri(contact), {"FirstName": None}) == (500, "Mandatory: First name")


def test_a_deleted_main_contact_is_followed_by_the_next(exact):
    first = create(exact)
    second = create(exact, FirstName="Bob")

    assert exact.call("DELETE", uri(first)).status_code == 204
    assert account_of(exact, second)["MainContact"] == second["ID"]
    assert exact.call("DELETE", uri(second)).status_code == 204
    assert account_of(exact, second)["MainContact"] is None

    deleted = exact.rows("sync/Deleted", filter="Timestamp gt 1L")
    assert [(row["EntityType"], row["EntityKey"]) for row in deleted] == [
        (5, first["ID"]),
        (5, second["ID"]),
    ]


def test_a_contact_stays_with_its_account(exact):
    contact = create(exact)

    assert exact.call("PUT", uri(contact), {"Account": exact.customer(2)}).status_code == 204

    assert exact.get(uri(contact))["Account"] == contact["Account"]

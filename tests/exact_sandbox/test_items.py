"""Items and units are kept as invoice lines need them.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=LogisticsItems
"""

from __future__ import annotations

import pytest

from tests.exact_sandbox.exact_client import BE, BRAM, DE, NL

ITEMS = "logistics/Items"


def new_item(exact, **more):
    answer = exact.call("POST", ITEMS, {"Code": "AUDIT", "Description": "Audit", **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["d"]


@pytest.mark.parametrize(
    ("division", "hours", "revenue"),
    [(NL, "Uur", "8010"), (BE, "Uur", "700100"), (DE, "Stunde", "4010")],
)
def test_every_division_sells_hours_of_development(log_on, division, hours, revenue):
    item = log_on(division=division).row(ITEMS, "Code eq 'DEV'")

    assert (item["Unit"], item["UnitDescription"], item["UnitType"]) == ("hour", hours, "T")
    assert (item["GLRevenueCode"], item["StandardSalesPrice"]) == (revenue, 110)
    assert item["IsSalesItem"] is True


def test_units_name_their_time_frame_and_which_one_is_main(exact):
    units = {unit["Code"]: unit for unit in exact.rows("logistics/Units")}

    assert (units["hour"]["Type"], units["hour"]["TimeUnit"]) == ("T", "hh")
    assert [code for code, unit in units.items() if unit["Main"]] == ["pc"]


def test_a_new_item_takes_the_main_unit_and_can_be_sold(exact):
    item = new_item(exact, SalesVatCode=" 2 ", GLRevenue=exact.gl_account("8020"), Class_01="X")

    assert (item["Unit"], item["UnitDescription"], item["IsSalesItem"]) == ("pc", "Stuk", True)
    assert (item["SalesVatCode"], item["GLRevenueCode"]) == ("2  ", "8020")
    assert (item["Class_01"], item["EndDate"]) == ("X", None)
    invoice = exact.invoice({"Item": item["ID"], "NetPrice": 10})
    assert invoice["AmountFC"] == 12.1


def test_whether_a_new_item_can_be_sold_is_a_switch(exact):
    exact.switch(new_item_is_sales_item=False)

    assert new_item(exact)["IsSalesItem"] is False


def test_the_standard_price_is_read_only(exact):
    assert new_item(exact, StandardSalesPrice=80)["StandardSalesPrice"] == 0


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "Mandatory: Code\r\nMandatory: Description"),
        ({"Code": "  ", "Description": "x"}, "Mandatory: Code"),
        ({"Code": "DESIGN", "Description": "x"}, "Data already exists."),
        ({"Code": " design", "Description": "x"}, "Data already exists."),
        ({"Code": "N", "Description": "x", "Unit": "mile"}, "Invalid reference: Unit"),
        ({"Code": "N", "Description": "x", "SalesVatCode": "77"}, "Invalid reference: VAT code"),
        (
            {"Code": "N", "Description": "x", "StartDate": "2026-02-01", "EndDate": "2026-01-01"},
            "Invalid: EndDate",
        ),
    ],
)
def test_an_item_that_does_not_fit_is_refused(exact, body, text):
    assert exact.error("POST", ITEMS, body) == (500, text)


def test_the_revenue_account_must_be_one(exact):
    body = {"Code": "N", "Description": "x", "GLRevenue": exact.gl_account("1300")}

    assert exact.error("POST", ITEMS, body) == (500, "Invalid: G/L account type")


def test_refusals_are_in_the_users_language(log_on):
    bram = log_on(BRAM)

    assert bram.error("POST", ITEMS, {"Code": "DEV", "Description": "x"}) == (
        500,
        "Gegeven bestaat reeds.",
    )
    assert bram.error("POST", ITEMS, {"Description": "x"}) == (500, "Verplicht: Code")


def test_an_item_can_be_changed_and_deleted_until_it_is_sold(exact):
    item = new_item(exact)["ID"]
    address = f"{ITEMS}(guid'{item}')"

    assert exact.call("PUT", address, {"Description": "Audit 2026"}).status_code == 204
    assert exact.get(address)["Description"] == "Audit 2026"
    assert exact.error("PUT", address, {"Code": "DEV"}) == (500, "Data already exists.")
    assert exact.error("PUT", address, {"Description": ""}) == (500, "Mandatory: Description")
    exact.invoice({"Item": item, "NetPrice": 1})
    assert exact.error("DELETE", address) == (500, "In use: Item")


def test_a_deleted_item_is_told_to_readers_of_deletions(exact):
    item = new_item(exact)["ID"]

    assert exact.call("DELETE", f"{ITEMS}(guid'{item}')").status_code == 204

    (deletion,) = exact.rows(
        "sync/Deleted", filter="Timestamp gt 1L", select="EntityKey,EntityType"
    )
    assert (deletion["EntityKey"], deletion["EntityType"]) == (item, 9)

"""The simple lists keep unique codes, known references and what is in use.

https://start.exactonline.nl/docs/HlpRestAPIResources.aspx
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from exact_sandbox.books.rates import rate_on
from tests.exact_sandbox.exact_client import BRAM, DE

COST_CENTERS, COST_UNITS = "hrm/Costcenters", "hrm/Costunits"
GL, JOURNALS, VAT = "financial/GLAccounts", "financial/Journals", "vat/VATCodes"
RATES = "financial/ExchangeRates"
UNKNOWN = "11111111-1111-1111-1111-111111111111"


def create(exact, path, **values):
    answer = exact.call("POST", path, values)
    assert answer.status_code == 201, answer.text
    return answer.json()["d"]


def uri(path, row):
    return f"{path}(guid'{row['ID']}')"


@pytest.mark.parametrize("path", [COST_CENTERS, COST_UNITS])
def test_cost_centers_and_units_live_from_post_to_delete(exact, path):
    row = create(exact, path, Code="NEW", Description="New")
    assert exact.call("PUT", uri(path, row), {"Description": "Newer"}).status_code == 204
    assert exact.get(uri(path, row))["Description"] == "Newer"
    assert exact.error("POST", path, {"Code": "new", "Description": "x"}) == (
        500,
        "Data already exists.",
    )

    assert exact.call("DELETE", uri(path, row)).status_code == 204
    assert exact.call("GET", uri(path, row)).status_code == 404


@pytest.mark.parametrize("path", [COST_CENTERS, COST_UNITS])
def test_cost_centers_and_units_name_what_is_missing(exact, path):
    assert exact.error("POST", path, {})[1] == "Mandatory: Code\r\nMandatory: Description"
    row = create(exact, path, Code="NEW", Description="New")
    assert exact.error("PUT", uri(path, row), {"Description": " "}) == (
        500,
        "Mandatory: Description",
    )


def test_the_code_of_a_cost_center_cannot_be_changed(exact):
    row = create(exact, COST_CENTERS, Code="NEW", Description="New")

    assert exact.call("PUT", uri(COST_CENTERS, row), {"Code": "OTHER"}).status_code == 204

    assert exact.get(uri(COST_CENTERS, row))["Code"] == "NEW"


@pytest.mark.parametrize(
    ("path", "name", "word"),
    [(COST_CENTERS, "CostCenter", "Cost center"), (COST_UNITS, "CostUnit", "Cost unit")],
)
def test_a_cost_center_or_unit_in_use_stays(exact, path, name, word):
    row = create(exact, path, Code="BUSY", Description="Busy")
    exact.book({"AmountFC": 100, name: "BUSY"})

    assert exact.error("DELETE", uri(path, row)) == (500, f"In use: {word}")


def test_a_code_is_unique_in_its_own_division_only(exact, log_on):
    create(exact, COST_CENTERS, Code="NEW", Description="New")

    create(log_on(division=DE), COST_CENTERS, Code="NEW", Description="New")


# Ledger accounts, journals, VAT codes, payment conditions.


def test_a_ledger_account_takes_its_balance_type_after_its_type(exact):
    revenue = create(exact, GL, Code="8801", Description="Revenue", Type=110)
    bank = create(exact, GL, Code="1801", Description="Bank", Type=12)

    assert (revenue["BalanceType"], revenue["BalanceSide"]) == ("W", "C")
    assert (bank["BalanceType"], bank["TypeDescription"]) == ("B", "Bank")

    exact.call("PUT", uri(GL, bank), {"Type": 121})
    assert exact.get(uri(GL, bank))["BalanceType"] == "W"


def test_a_ledger_account_shows_the_names_of_its_defaults(exact):
    account = create(
        exact,
        GL,
        Code="8802",
        Description="x",
        VATCode="4",
        Costcenter="dev",
        Costunit="PROJECT",
    )

    assert (account["Costcenter"], account["CostcenterDescription"]) == ("DEV", "Ontwikkeling")
    assert account["CostunitDescription"] == "Projecten"


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        (GL, {"Type": 7}, "Invalid: Type"),
        (GL, {"BalanceType": "X"}, "Invalid: BalanceType"),
        (GL, {"UseCostcenter": 3}, "Invalid: UseCostcenter"),
        (GL, {"VATCode": "77"}, "Invalid reference: VAT code"),
        (GL, {"Costcenter": "77"}, "Invalid reference: Cost center"),
        (GL, {"Costunit": "77"}, "Invalid reference: Cost unit"),
        (GL, {"PrivateGLAccount": UNKNOWN}, "Invalid reference: G/L Account"),
        (JOURNALS, {"Type": 11}, "Invalid: Type"),
        (JOURNALS, {"Type": 12}, "Mandatory: Bank account"),
        (JOURNALS, {"Type": 16}, "Mandatory: Payment service provider"),
        (JOURNALS, {"Currency": "XXX"}, "Invalid reference: Currency"),
        (JOURNALS, {"GLAccount": UNKNOWN}, "Invalid reference: G/L Account"),
        (VAT, {"Type": "X"}, "Invalid: Type"),
        (VAT, {"VATTransactionType": "X"}, "Invalid: VATTransactionType"),
        (VAT, {"GLToPay": UNKNOWN}, "Invalid reference: G/L Account"),
        ("cashflow/PaymentConditions", {"PaymentMethod": "X"}, "Invalid: PaymentMethod"),
        ("cashflow/PaymentConditions", {"PaymentDays": -1}, "Invalid: PaymentDays"),
        ("cashflow/PaymentConditions", {"DiscountPercentage": 2}, "Invalid: DiscountPercentage"),
    ],
)
def test_values_and_references_are_checked(exact, path, body, text):
    assert exact.error("POST", path, {"Code": "XY", "Description": "New", **body}) == (500, text)


def test_vat_goes_to_accounts_of_type_vat_only(exact):
    revenue = exact.gl_account("8000")

    assert exact.error("POST", VAT, {"Code": "XY", "Description": "x", "GLToPay": revenue}) == (
        500,
        "Invalid reference: G/L Account",
    )


def test_an_account_of_another_division_is_no_reference(exact, log_on):
    foreign = log_on(division=DE).gl_account("4000")

    assert exact.error(
        "POST", JOURNALS, {"Code": "XY", "Description": "x", "GLAccount": foreign}
    ) == (
        500,
        "Invalid reference: G/L Account",
    )


def test_refusals_speak_the_users_language(log_on):
    bram = log_on(BRAM)

    assert bram.error("POST", GL, {"Code": "1", "Description": "x", "Costcenter": "77"}) == (
        500,
        "Ongeldige referentie: Kostenplaats",
    )


def test_a_deleted_ledger_account_is_told_to_sync_readers(exact):
    account = create(exact, GL, Code="8803", Description="x")

    assert exact.call("DELETE", uri(GL, account)).status_code == 204

    deleted = exact.rows("sync/Deleted", filter="Timestamp gt 1L")
    assert [(row["EntityType"], row["EntityKey"]) for row in deleted] == [(7, account["ID"])]


def test_a_null_puts_a_value_back_to_its_default(exact):
    account = create(exact, GL, Code="8804", Description="x", IsBlocked=True)

    assert exact.call("PUT", uri(GL, account), {"IsBlocked": None}).status_code == 204

    assert exact.get(uri(GL, account))["IsBlocked"] is False


# Exchange rates.


def test_a_rate_is_to_the_currency_of_the_division(exact):
    rate = create(exact, RATES, SourceCurrency="usd", Rate="0.95", StartDate="2026-06-01T13:00:00")

    assert (rate["SourceCurrency"], rate["TargetCurrency"]) == ("USD", "EUR")
    assert rate["SourceCurrencyDescription"] == "US dollar"
    assert rate["StartDate"] == "/Date(1780272000000)/"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "Mandatory: Currency"),
        ({"SourceCurrency": "XXX", "Rate": 1}, "Invalid reference: Currency"),
        ({"SourceCurrency": "EUR", "Rate": 1}, "Invalid: Currency"),
        ({"SourceCurrency": "USD", "Rate": 0}, "Invalid: Exchange rate"),
        ({"SourceCurrency": "USD", "Rate": "0.0000001"}, "Invalid: Exchange rate"),
        ({"SourceCurrency": "USD"}, "Invalid: Exchange rate"),
    ],
)
def test_rates_that_are_refused(exact, body, text):
    assert exact.error("POST", RATES, body) == (500, text)


def test_a_currency_has_one_rate_a_day(exact):
    body = {"SourceCurrency": "USD", "Rate": 1, "StartDate": "2026-06-01"}
    create(exact, RATES, **body)

    assert exact.error("POST", RATES, body) == (500, "Data already exists.")


def test_a_rate_holds_until_the_next_one(exact, running):
    for start, rate in (("2026-06-01", "0.95"), ("2026-07-01", "0.97")):
        create(exact, RATES, SourceCurrency="USD", Rate=rate, StartDate=start)

    def usd(*date):
        return rate_on(running.sandbox.database, exact.division, "USD", datetime(*date))  # noqa: DTZ001

    assert usd(2026, 5, 31) == Decimal("0.92")
    assert usd(2026, 6, 1) == Decimal("0.95")
    assert usd(2026, 6, 30) == Decimal("0.95")
    assert usd(2027, 1, 1) == Decimal("0.97")
    assert rate_on(running.sandbox.database, exact.division, "EUR", datetime(2026, 6, 1)) == 1  # noqa: DTZ001


def test_the_types_of_documents_say_what_can_be_created(exact):
    types = {row["ID"]: row for row in exact.rows("documents/DocumentTypes")}

    assert types[10]["Description"] == "Sales invoice"
    assert types[55]["DocumentIsCreatable"] is True
    assert any(not row["DocumentIsCreatable"] for row in types.values())

"""Accounts and reference lists are written by Exact's rules.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CRMAccounts
"""

from __future__ import annotations

import pytest

from exact_sandbox.countries import COUNTRIES, vat_number_is_valid

ACCOUNTS = "crm/Accounts"
UNKNOWN = "11111111-1111-1111-1111-111111111111"


def create(exact, **values):
    answer = exact.call("POST", ACCOUNTS, {"Name": "New customer", **values})
    assert answer.status_code == 201, answer.text
    return answer.json()["d"]


def test_a_new_account_gets_the_next_code_eighteen_wide(exact):
    assert create(exact)["Code"] == "79".rjust(18)
    assert create(exact, Code="500")["Code"] == "500".rjust(18)
    assert create(exact)["Code"] == "501".rjust(18)


def test_after_the_highest_code_the_first_free_one_is_given(exact):
    create(exact, Code="9" * 18)

    assert create(exact)["Code"] == "79".rjust(18)
    assert create(exact)["Code"] == "80".rjust(18)


def test_everything_known_is_kept(exact):
    values = {
        "Status": "C",
        "VATNumber": "NL123456789B01",
        "ChamberOfCommerce": "12345678",
        "Email": "a@b.example",
        "AddressLine1": "Street 1",
        "Postcode": "1000 AA",
        "City": "Amsterdam",
        "Country": "NL",
        "Phone": "+31 20 5550000",
        "Website": "https://b.example",
        "PaymentConditionSales": "14",
        "SalesCurrency": "EUR",
    }

    account = create(exact, **values)

    assert {name: account[name] for name in values} == values
    assert account["IsSales"] is True
    assert account["PaymentConditionSalesDescription"] == "14 dagen"


def test_without_a_status_an_account_is_no_customer(exact):
    account = create(exact)

    assert (account["Status"], account["IsSales"]) == ("A", False)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"Name": ""}, "Mandatory: Name"),
        ({"Name": None}, "Mandatory: Name"),
        ({"Code": "1"}, "Data already exists."),
        ({"Code": "AB"}, "Invalid: Code"),
        ({"Status": "X"}, "Invalid: Status"),
        ({"VATNumber": "NL12"}, "Invalid: VAT number"),
        ({"VATNumber": "12", "Country": "BE"}, "Invalid: VAT number"),
        ({"Country": "Holland"}, "Invalid reference: Country"),
        ({"PaymentConditionSales": "x"}, "Invalid reference: Payment condition"),
        ({"SalesVATCode": "77"}, "Invalid reference: VAT code"),
        ({"Country": "XX"}, "Invalid reference: Country"),
        ({"Language": "QQ"}, "Invalid reference: Language"),
        ({"GLAccountSales": UNKNOWN}, "Invalid reference: G/L Account"),
        ({"InvoiceAccount": UNKNOWN}, "Invalid reference: Account"),
        ({"Parent": UNKNOWN}, "Invalid reference: Account"),
        ({"Reseller": UNKNOWN}, "Invalid reference: Reseller"),
        ({"Accountant": UNKNOWN}, "Invalid reference: Accountant"),
        ({"AccountManager": UNKNOWN}, "Invalid reference: Account manager"),
        ({"MainContact": UNKNOWN}, "Invalid reference: Contact"),
        ({"InvoicingMethod": 3}, "Invalid: InvoicingMethod"),
        ({"SecurityLevel": 101}, "Invalid: SecurityLevel"),
        ({"IncotermVersionSales": 2015}, "Invalid: IncotermVersionSales"),
        ({"StartDate": "2026-02-01", "EndDate": "2026-01-01"}, "Invalid: End date"),
    ],
)
def test_what_exact_refuses(exact, values, text):
    assert exact.error("POST", ACCOUNTS, {"Name": "New", **values}) == (500, text)
    assert exact.call("GET", f"{ACCOUNTS}/$count").text == "78"


@pytest.mark.parametrize(
    ("number", "country", "valid"),
    [
        ("NL854321987B01", None, True),
        ("nl8543.21.987.b01", None, True),
        ("854321987B01", "NL", True),
        ("BE0712345694", "BE", True),
        ("BE712345694", "BE", False),
        ("DE123456789", "DE", True),
        ("DE12345678", "DE", False),
        ("FRXX123456789", "FR", True),
        ("US-12-3456789", "US", True),
        ("anything", "ZZ", True),
        ("123456789", "GR", True),
        ("EL12345678", "GR", False),
        ("CHE-123.456.789 MWST", "CH", True),
    ],
)
def test_vat_numbers_have_the_form_of_their_country(number, country, valid):
    assert vat_number_is_valid(number, country) is valid


def test_the_table_of_countries_is_whole():
    assert len(COUNTRIES) == 250
    assert all(len(code) == 2 and name == name.strip() for code, name in COUNTRIES.items())


def test_a_new_account_shows_what_follows_from_it(exact):
    other = create(exact, IsReseller=True)
    user = exact.get("system/Users", select="UserID,FullName")["results"][0]

    account = create(
        exact,
        Country="be",
        Language="fr-be",
        SalesCurrency="usd",
        Reseller=other["ID"],
        InvoiceAccount=other["ID"],
        AccountManager=user["UserID"],
        Classification1=UNKNOWN,
        IsSupplier=True,
    )

    assert (account["Country"], account["CountryName"]) == ("BE", "Belgium")
    assert account["LanguageDescription"] == "French (Belgium)"
    assert account["SalesCurrencyDescription"] == "US dollar"
    assert account["ResellerCode"] == account["InvoiceAccountCode"] == other["Code"]
    assert account["AccountManagerFullName"] == user["FullName"]
    assert account["Classification1"] == UNKNOWN
    assert (account["IsPurchase"], account["IsSales"]) == (True, False)
    assert (account["CanDropShip"], account["IsCompetitor"]) == (False, 0)
    assert account["SearchCode"] == "NEW CUSTOMER"


def test_a_currency_that_is_not_active_is_left_empty(exact):
    assert create(exact, SalesCurrency="XXX")["SalesCurrency"] is None


def test_receivables_and_payables_go_to_accounts_of_their_type(exact):
    receivable = exact.row("financial/GLAccounts", "Type eq 20", select="ID")["ID"]

    assert create(exact, GLAR=receivable)["GLAR"] == receivable
    assert exact.error("POST", ACCOUNTS, {"Name": "New", "GLAP": receivable})[1] == (
        "Invalid reference: G/L Account"
    )


def test_only_the_sent_is_checked_again(exact):
    """A reference that was blocked or deleted meanwhile does not stop another change."""
    exact.call("POST", "cashflow/PaymentConditions", {"Code": "77", "Description": "x"})
    account = create(exact, PaymentConditionSales="77", VATNumber="NL123456789B01")
    exact.running.sandbox.database.delete("paymentconditions", Code="77")

    address = f"{ACCOUNTS}(guid'{account['ID']}')"
    assert exact.call("PUT", address, {"City": "Utrecht"}).status_code == 204
    assert exact.get(address)["VATNumber"] == "NL123456789B01"


def test_a_new_country_needs_its_own_state(exact):
    account = create(exact, Country="NL", State="NH")
    address = f"{ACCOUNTS}(guid'{account['ID']}')"

    assert exact.error("PUT", address, {"Country": "BE"}) == (500, "Invalid: State")
    assert exact.call("PUT", address, {"Country": "BE", "State": None}).status_code == 204


def test_a_code_cannot_be_taken_away_or_doubled(exact):
    address = f"{ACCOUNTS}(guid'{create(exact)['ID']}')"

    assert exact.error("PUT", address, {"Code": None}) == (500, "Mandatory: Code")
    assert exact.error("PUT", address, {"Code": "1"}) == (500, "Data already exists.")
    assert exact.call("PUT", address, {"Code": "900"}).status_code == 204
    assert exact.get(address)["Code"] == "900".rjust(18)


def test_a_null_puts_a_flag_off_and_a_number_back(exact):
    account = create(exact, IsMailing=1, Blocked=True, SecurityLevel=50, City="Utrecht")
    address = f"{ACCOUNTS}(guid'{account['ID']}')"

    nulls = dict.fromkeys(["IsMailing", "Blocked", "SecurityLevel", "City", "Status"])
    assert exact.call("PUT", address, nulls).status_code == 204

    changed = exact.get(address)
    assert [changed[name] for name in nulls] == [0, False, 10, None, "A"]


def test_a_contact_of_another_account_is_not_the_main_one(exact):
    first = exact.get(f"{ACCOUNTS}(guid'{exact.customer(1)}')")
    second = f"{ACCOUNTS}(guid'{exact.customer(2)}')"

    assert exact.error("PUT", second, {"MainContact": first["MainContact"]}) == (
        500,
        "Invalid reference: Contact",
    )


def test_an_account_that_others_name_stays(exact):
    account = create(exact)
    create(exact, InvoiceAccount=account["ID"])

    assert exact.error("DELETE", f"{ACCOUNTS}(guid'{account['ID']}')")[1] == "In use: Account"


def test_a_deleted_account_takes_its_contacts_along(exact):
    account = create(exact)
    person = {"Account": account["ID"], "FirstName": "A", "LastName": "B"}
    contact = exact.call("POST", "crm/Contacts", person).json()["d"]

    assert exact.call("DELETE", f"{ACCOUNTS}(guid'{account['ID']}')").status_code == 204

    deleted = exact.rows("sync/Deleted", filter="Timestamp gt 1L")
    assert [(row["EntityType"], row["EntityKey"]) for row in deleted] == [
        (5, contact["ID"]),
        (2, account["ID"]),
    ]


def test_the_bank_accounts_of_an_account_are_an_empty_list(exact):
    address = f"{ACCOUNTS}(guid'{exact.customer()}')"

    assert exact.get(address)["BankAccounts"]["__deferred"]["uri"].endswith("/BankAccounts")
    assert exact.get(address, expand="BankAccounts")["BankAccounts"] == {"results": []}


def test_sync_shows_a_changed_account_once_at_its_newest_timestamp(exact):
    account = create(exact)
    names = "ID,Name,Code,Timestamp"
    before = exact.rows("sync/CRM/Accounts", filter="Timestamp gt 1L", select=names)
    newest = max(int(row["Timestamp"]) for row in before)

    exact.call("PUT", f"{ACCOUNTS}(guid'{account['ID']}')", {"Name": "Other"})

    after = exact.rows("sync/CRM/Accounts", filter=f"Timestamp gt {newest}L", select=names)
    assert [(row["ID"], row["Name"]) for row in after] == [(account["ID"], "Other")]


def test_a_prospect_becomes_a_customer(exact):
    prospect = f"{ACCOUNTS}(guid'{exact.customer(77)}')"

    assert exact.call("PUT", prospect, {"Status": "C"}).status_code == 204

    account = exact.get(prospect)
    assert (account["Status"], account["IsSales"]) == ("C", True)


def test_an_account_in_use_stays(exact):
    entry = exact.book()

    assert exact.error("DELETE", f"{ACCOUNTS}(guid'{entry['Customer']}')") == (
        500,
        "In use: Account",
    )


def test_a_deleted_account_is_told_to_sync_readers(exact):
    account = create(exact)

    assert exact.call("DELETE", f"{ACCOUNTS}(guid'{account['ID']}')").status_code == 204

    deleted = exact.rows("sync/Deleted", filter="Timestamp gt 1L")
    assert [(row["EntityType"], row["EntityKey"]) for row in deleted] == [(2, account["ID"])]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("financial/Journals", {"Code": "75", "Description": "Sales"}),
        ("financial/GLAccounts", {"Code": "8123", "Description": "More revenue"}),
        (
            "vat/VATCodes",
            {"Code": "12", "Description": "New", "VATPercentages": [{"Percentage": 0.12}]},
        ),
        ("cashflow/PaymentConditions", {"Code": "45", "Description": "45 days", "PaymentDays": 45}),
    ],
)
def test_reference_lists_take_new_rows_by_unique_code(exact, path, body):
    answer = exact.call("POST", path, body)

    assert answer.status_code == 201, answer.text
    assert answer.json()["d"]["Code"].strip() == body["Code"]
    assert exact.error("POST", path, body) == (500, "Data already exists.")
    assert exact.error("POST", path, {"Description": "x"})[1] == "Mandatory: Code"


def test_a_new_vat_code_is_used_on_its_dates(exact):
    percentages = [
        {"Percentage": "0.10", "StartDate": "2020-01-01", "EndDate": "2026-06-30"},
        {"Percentage": "0.12", "StartDate": "2026-07-01"},
    ]
    exact.call(
        "POST", "vat/VATCodes", {"Code": "12", "Description": "x", "VATPercentages": percentages}
    )
    line = {"AmountFC": 100, "VATCode": "12"}

    assert exact.book(line, EntryDate="2026-06-30")["VATAmountFC"] == 10
    assert exact.book(line, EntryDate="2026-07-01")["VATAmountFC"] == 12


def test_a_journal_in_use_stays_but_can_be_renamed(exact):
    exact.book()
    journal = exact.row("financial/Journals", "Code eq '70'", select="ID")["ID"]
    uri = f"financial/Journals(guid'{journal}')"

    assert exact.error("DELETE", uri)[0] == 500
    assert exact.call("PUT", uri, {"Description": "Renamed"}).status_code == 204
    assert exact.get(uri)["Description"] == "Renamed"


def test_what_nobody_said_of_an_account_reads_as_exact_shows_it(exact):
    """Flags are off and amounts 0, never null: typed clients would stumble over null."""
    account = exact.get(f"crm/Accounts(guid'{exact.customer()}')")

    assert (account["IsBank"], account["CanDropShip"], account["IsPilot"]) == (False, False, False)
    assert (account["IsMailing"], account["CreditLineSales"], account["DiscountSales"]) == (0, 0, 0)
    assert (account["ConsolidationScenario"], account["SecurityLevel"]) == (2, 10)
    assert (
        "IsReseller"
        in exact.get("crm/Accounts", filter="IsReseller eq false", select="IsReseller", top="1")[0]
    )

"""Sales entries are booked by Exact's rules.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntries
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.exact_sandbox.exact_client import BE, BRAM, CLAIRE, DE, DIETER, ExactClient

ENTRIES, LINES = "salesentry/SalesEntries", "salesentry/SalesEntryLines"
NOBODY = "00000000-0000-0000-0000-000000000001"


def refused(exact: ExactClient, *lines, **header) -> str:
    """Post an entry that must be refused by the books; return Exact's text."""
    status, text = exact.error("POST", ENTRIES, exact.entry(*lines, **header))
    assert status == 500
    assert exact.truth() == []
    return text


def lines_of(exact: ExactClient, entry_id: str) -> Any:
    return exact.get(ENTRIES + f"(guid'{entry_id}')", expand="SalesEntryLines")["SalesEntryLines"][
        "results"
    ]


def test_a_posted_entry_is_booked_with_totals_vat_and_due_date(exact):
    entry = exact.book(
        {"AmountFC": 100}, {"AmountFC": "50.05", "VATCode": "1"}, EntryDate="2026-03-10T00:00:00"
    )

    assert (entry["AmountFC"], entry["VATAmountFC"]) == (175.55, 25.5)
    assert (entry["Status"], entry["Type"]) == (20, 20)
    assert entry["DueDate"] == "/Date(1775692800000)/"  # 9 April 2026, 30 days later
    assert (entry["ReportingYear"], entry["ReportingPeriod"]) == (2026, 3)
    assert (entry["Currency"], entry["PaymentCondition"]) == ("EUR", "30")
    assert exact.books_are_good()


def test_the_entry_makes_one_open_term(exact):
    entry = exact.book(YourRef="INV-77")

    (term,) = exact.terms_of(entry["EntryID"])

    assert (term["AmountFC"], term["Status"], term["YourRef"]) == (-121, 20, "INV-77")


@pytest.mark.parametrize(
    ("code", "net", "vat"),
    [
        ("2", 100, 21),  # excluding
        ("1", 100, 9),
        ("4", 82.64, 17.36),  # including
        ("5", 100, 0),  # base only
        ("0", 100, 0),  # no VAT
        ("8", 100, 0),  # excluding, 0 %
        ("  2", 100, 21),  # padding is no part of the code
    ],
)
def test_vat_follows_the_type_of_the_code(exact, code, net, vat):
    entry = exact.book({"AmountFC": 100, "VATCode": code})

    (line,) = lines_of(exact, entry["EntryID"])

    assert (line["AmountFC"], line["VATAmountFC"]) == (net, vat)
    assert entry["AmountFC"] == pytest.approx(net + vat)


def test_without_a_vat_code_the_ledger_accounts_own_applies(exact):
    entry = exact.book({"AmountFC": 100, "GLAccount": exact.gl_account("8050")})

    assert entry["VATAmountFC"] == 9
    assert lines_of(exact, entry["EntryID"])[0]["VATCode"] == "1  "


def test_a_vat_amount_sent_replaces_the_computed_one(exact):
    assert exact.book({"AmountFC": 100, "VATAmountFC": "21.01"})["AmountFC"] == 121.01


def test_a_vat_total_in_the_header_goes_to_the_largest_line(exact):
    entry = exact.book({"AmountFC": 10}, {"AmountFC": 100}, VATAmountFC=23.12)

    assert (entry["VATAmountFC"], entry["AmountFC"]) == (23.12, 133.12)
    assert [line["VATAmountFC"] for line in lines_of(exact, entry["EntryID"])] == [2.1, 21.02]


def test_a_vat_amount_that_cannot_belong_to_the_code_is_refused(exact):
    text = refused(exact, {"AmountFC": 100, "VATCode": "4", "VATAmountFC": 21})

    assert text.startswith("The amount of the VAT line with VAT code 4 does not match")


def test_negative_lines_make_a_credit_note(exact):
    entry = exact.book({"AmountFC": -100})

    assert (entry["AmountFC"], entry["Type"], entry["TypeDescription"]) == (
        -121,
        21,
        "Sales credit note",
    )
    assert exact.terms_of(entry["EntryID"])[0]["AmountFC"] == 121


def test_a_zero_entry_has_nothing_left_to_collect(exact):
    entry = exact.book({"AmountFC": 100}, {"AmountFC": -100})

    assert [term["Status"] for term in exact.terms_of(entry["EntryID"])] == [50]
    assert exact.books_are_good()


def test_foreign_currency_is_kept_beside_the_divisions_own(exact):
    entry = exact.book({"AmountFC": 100}, Journal="71", Currency="USD", Rate="0.9")

    assert (entry["AmountFC"], entry["AmountDC"], entry["Rate"]) == (121, 108.9, 0.9)
    yen = exact.book({"AmountFC": 1005}, Journal="71", Currency="JPY")
    assert (yen["AmountFC"], yen["VATAmountFC"]) == (1216, 211)  # 211.05 has no decimals in yen
    assert exact.books_are_good()


def test_numbers_count_up_per_journal_and_year(exact):
    numbers = [
        exact.book(**header)["EntryNumber"]
        for header in (
            {"EntryDate": "2026-01-05"},
            {"EntryDate": "2026-12-31"},
            {"EntryDate": "2025-06-01"},
            {"Journal": "71"},
        )
    ]

    assert numbers == [26700001, 26700002, 25700001, 26710001]


def test_the_callers_number_is_kept_and_its_duplicate_refused(exact):
    entry = exact.book(EntryNumber=20260017)
    assert (entry["EntryNumber"], entry["InvoiceNumber"]) == (20260017, 20260017)

    assert exact.error("POST", ENTRIES, exact.entry(EntryNumber=20260017)) == (
        500,
        "Data already exists.",
    )
    assert exact.error("POST", ENTRIES, exact.entry(InvoiceNumber=20260017))[0] == 500
    assert exact.book(EntryNumber=20260017, Journal="71")["EntryNumber"] == 20260017
    assert exact.book(EntryNumber=20260017, EntryDate="2025-01-01")["EntryNumber"] == 20260017


def test_number_switches(exact):
    exact.switch(entry_number="ignored")
    assert exact.book(EntryNumber=5)["EntryNumber"] == 26700001
    exact.switch(entry_number="refused")
    assert exact.error("POST", ENTRIES, exact.entry(EntryNumber=5))[1] == "Invalid: Entry number"
    exact.switch(entry_number="honored", invoice_number="hint")
    assert exact.book(InvoiceNumber=26700001)["InvoiceNumber"] == 26700002
    assert exact.book(InvoiceNumber=26700009)["InvoiceNumber"] == 26700009
    exact.switch(entry_number_unique=False)
    assert exact.book(EntryNumber=26700009)["EntryNumber"] == 26700009


def test_the_callers_id_counts_only_when_switched_on(exact):
    own = "6f3d2c8e-6f0a-4b52-9d0c-2b1f0a7f5e11"
    assert exact.book(EntryID=own)["EntryID"] != own
    exact.switch(entry_id_honored=True)

    assert exact.book(EntryID=own)["EntryID"] == own
    assert exact.error("POST", ENTRIES, exact.entry(EntryID=own))[1] == "Data already exists."


def test_your_ref_is_cut_at_thirty_characters(exact):
    assert exact.book(YourRef="x" * 40)["YourRef"] == "x" * 30
    exact.switch(your_ref_length=0)
    assert exact.book(YourRef="x" * 40)["YourRef"] == "x" * 40


def test_all_missing_fields_are_named_at_once(exact):
    assert exact.error("POST", ENTRIES, {}) == (
        500,
        "Mandatory: Relationship\r\nMandatory: Diary\r\nMandatory: Lines",
    )
    assert exact.error("POST", ENTRIES, exact.entry({"AmountFC": None, "GLAccount": None})) == (
        500,
        "Mandatory: Amount\r\nMandatory: G/L Account",
    )


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ({"Customer": NOBODY}, "Invalid reference: Customer"),
        ({"Journal": "nope"}, "Invalid reference: Journals"),
        ({"Journal": "20"}, "Invalid journal. The journal must be a sales journal."),
        ({"Journal": "79"}, "Blocked: Journal"),
        ({"Currency": "USD"}, "Invalid: Currency"),
        ({"Currency": "XXX", "Journal": "71"}, "Invalid reference: Currency"),
        ({"PaymentCondition": "99"}, "Invalid reference: Payment condition"),
        ({"EntryDate": "1999-01-01"}, "Invalid reference: Period"),
    ],
)
def test_bad_references_in_the_header_are_refused(exact, header, text):
    assert refused(exact, **header) == text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ({"GLAccount": NOBODY}, "Not found: G/L Account"),
        ({"VATCode": "77"}, "Not found: VAT code"),
        ({"VATCode": "19"}, "Blocked: VAT code"),
        ({"VATCode": "9"}, "Invalid: VAT code"),
    ],
)
def test_bad_references_in_a_line_are_refused(exact, line, text):
    assert refused(exact, {"AmountFC": 1, **line}) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("1300", "Invalid: G/L account type"),
        ("1500", "Invalid: G/L account type"),
        ("8999", "Blocked: G/L Account"),
        ("8070", "Mandatory: Cost center"),
    ],
)
def test_ledger_accounts_must_be_revenue_and_usable(exact, code, text):
    assert refused(exact, {"AmountFC": 1, "GLAccount": exact.gl_account(code)}) == text


def test_customers_must_be_customers(exact):
    supplier, prospect, blocked = exact.customer(71), exact.customer(77), exact.customer(70)

    assert refused(exact, Customer=supplier) == "Invalid: Customer (Type)"
    assert refused(exact, Customer=prospect) == "Invalid: Customer (Type)"
    assert refused(exact, Customer=blocked) == "Blocked: Customer"


def test_a_payment_condition_is_needed_somewhere(exact):
    exact.admin(default_payment_condition=None)

    assert refused(exact) == "Mandatory: Payment condition"
    assert exact.book(Customer=exact.customer(5))["PaymentCondition"] == "14"


@pytest.mark.parametrize(
    ("username", "division", "journal", "text"),
    [
        (BRAM, None, "nope", "Ongeldige referentie: Journals"),
        (BRAM, None, "", "Verplicht: Dagboek"),
        (DIETER, DE, "", "Pflichtfeld: Journal"),
        (CLAIRE, BE, "", "Obligatoire : Journal"),
    ],
)
def test_refusals_are_in_the_users_language(log_on, username, division, journal, text):
    exact = log_on(username, division) if division else log_on(username)
    customer = exact.get("crm/Accounts", filter="Status eq 'C'", top="1", select="ID")[0]["ID"]
    revenue = exact.get("financial/GLAccounts", filter="Type eq 110", top="1", select="ID")[0]["ID"]
    lines = [{"AmountFC": 1, "GLAccount": revenue}]
    body = {"Customer": customer, "Journal": journal, "SalesEntryLines": lines}

    assert exact.error("POST", ENTRIES, body) == (500, text)


def test_closed_periods_are_refused_for_new_and_old_entries(exact):
    entry = exact.book(EntryDate="2026-10-05")
    exact.admin(close_period=[2026, 10])
    uri = f"{ENTRIES}(guid'{entry['EntryID']}')"

    assert exact.error("POST", ENTRIES, exact.entry(EntryDate="2026-10-06")) == (
        500,
        "Closed: Period 2026 / 10",
    )
    assert exact.error("PUT", uri, {"YourRef": "x"})[0] == 500
    assert exact.error("DELETE", uri)[0] == 500
    exact.admin(open_period=[2026, 10])
    assert exact.call("DELETE", uri).status_code == 204


def test_a_code_may_be_sent_as_a_number(exact):
    entry = exact.book({"AmountFC": 100, "VATCode": 2}, Journal=70, PaymentCondition=30)

    assert (entry["Journal"], entry["PaymentCondition"]) == ("70", "30")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"Foo": 1}, "The property name 'Foo' specified for type"),
        ({"SalesEntryLines": [{"Foo": 1}]}, "The property name 'Foo' specified for type"),
        ({"Customer": ""}, "for property 'Customer' to type 'Guid'"),
        ({"EntryNumber": "x"}, "for property 'EntryNumber' to type 'Int32'"),
        ({"EntryNumber": 2**31}, "to type 'Int32'"),
        ({"YourRef": True}, "to type 'String'"),
        ({"EntryDate": "soon"}, "to type 'DateTime'"),
        ({"Rate": "x"}, "to type 'Double'"),
        ({"Rate": "NaN"}, "to type 'Double'"),
        ({"Reversal": "yes"}, "to type 'Boolean'"),
        ([], "should be a valid top-level resource object"),
        ({"SalesEntryLines": 5}, "should be a valid top-level resource object"),
    ],
)
def test_malformed_bodies_are_400_with_wcf_texts(exact, body, text):
    status, said = exact.error("POST", ENTRIES, body)

    assert status == 400
    assert text in said


def test_a_body_that_is_not_json_is_400(exact):
    answer = exact.http.post(exact.url(ENTRIES), data=b"{", timeout=10)

    assert answer.status_code == 400


def test_read_only_values_are_ignored(exact):
    entry = exact.book(AmountFC=999, Type=21, Status=50)

    assert (entry["AmountFC"], entry["Type"], entry["Status"]) == (121, 20, 20)


def test_dates_are_kept_as_days(exact):
    for sent in (
        "2026-05-06",
        "2026-05-06T00:00:00",
        "2026-05-06T00:00:00Z",
        "/Date(1778025600000)/",
    ):
        assert exact.book(EntryDate=sent)["EntryDate"] == "/Date(1778025600000)/"


def test_put_changes_only_what_is_sent_and_answers_204(exact):
    entry = exact.book(YourRef="old", Description="kept")
    uri = f"{ENTRIES}(guid'{entry['EntryID']}')"

    answer = exact.call("PUT", uri, {"YourRef": "new", "EntryDate": "2026-02-01"})

    assert (answer.status_code, answer.content) == (204, b"")
    row = exact.get(uri)
    assert (row["YourRef"], row["Description"]) == ("new", "kept")
    assert (row["ReportingPeriod"], row["DueDate"]) == (2, "/Date(1772496000000)/")  # 3 March
    assert exact.terms_of(entry["EntryID"])[0]["YourRef"] == "new"
    assert exact.books_are_good()


def test_put_with_lines_is_400(exact):
    entry = exact.book()

    status, text = exact.error(
        "PUT", f"{ENTRIES}(guid'{entry['EntryID']}')", {"SalesEntryLines": [{"AmountFC": 1}]}
    )

    assert status == 400
    assert "Binding to new entities" in text


def test_put_with_the_number_it_has_is_refused(exact):
    entry = exact.book()
    uri = f"{ENTRIES}(guid'{entry['EntryID']}')"

    assert (
        exact.error("PUT", uri, {"EntryNumber": entry["EntryNumber"]})[1] == "Data already exists."
    )
    assert exact.call("PUT", uri, {"EntryNumber": 4711}).status_code == 204


def test_delete_takes_entry_lines_and_term_away_and_says_so(exact):
    entry = exact.book()
    (term,) = exact.terms_of(entry["EntryID"])

    assert exact.call("DELETE", f"{ENTRIES}(guid'{entry['EntryID']}')").status_code == 204

    assert exact.truth() == []
    assert exact.terms_of(entry["EntryID"]) == []
    deleted = exact.rows("sync/Deleted", filter="Timestamp gt 1L")
    assert [row["EntityKey"] for row in deleted if row["EntityType"] == 10] == [term["ID"]]
    assert len([row for row in deleted if row["EntityType"] == 1]) == 3


def test_deletions_are_kept_for_two_months(exact):
    entry = exact.book()
    exact.call("DELETE", f"{ENTRIES}(guid'{entry['EntryID']}')")
    exact.advance(62 * 86_400)
    exact.use(exact.exchange(exact.log_on("anna@studio-noord.example")).json()["access_token"])

    assert exact.rows("sync/Deleted", filter="Timestamp gt 1L") == []


@pytest.mark.parametrize("how", ["processed", "paid"])
def test_processed_and_paid_entries_do_not_change(exact, how):
    entry = exact.book()
    entry_id = entry["EntryID"]
    (line,) = lines_of(exact, entry_id)
    if how == "processed":
        exact.admin(mark_processed=entry_id)
    else:
        exact.pay((entry_id, 50))

    for method, path, body in (
        ("PUT", f"{ENTRIES}(guid'{entry_id}')", {"YourRef": "x"}),
        ("DELETE", f"{ENTRIES}(guid'{entry_id}')", None),
        ("PUT", f"{LINES}(guid'{line['ID']}')", {"AmountFC": 1}),
        ("DELETE", f"{LINES}(guid'{line['ID']}')", None),
        ("POST", LINES, {"EntryID": entry_id, "AmountFC": 1, "GLAccount": line["GLAccount"]}),
    ):
        assert exact.error(method, path, body) == (500, "Already processed")


def test_lines_are_added_changed_and_deleted_at_their_own_endpoint(exact):
    entry = exact.book({"AmountFC": 100}, {"AmountFC": 10})
    entry_id, uri = entry["EntryID"], f"{ENTRIES}(guid'{entry['EntryID']}')"
    first, second = lines_of(exact, entry_id)

    added = exact.call(
        "POST", LINES, {"EntryID": entry_id, "AmountFC": 5, "GLAccount": first["GLAccount"]}
    )
    assert (added.status_code, added.json()["d"]["LineNumber"]) == (201, 3)
    assert exact.get(uri)["AmountFC"] == 139.15

    assert exact.call("PUT", f"{LINES}(guid'{first['ID']}')", {"AmountFC": 200}).status_code == 204
    assert exact.get(uri)["AmountFC"] == 260.15

    assert exact.call("DELETE", f"{LINES}(guid'{second['ID']}')").status_code == 204
    assert [line["AmountFC"] for line in lines_of(exact, entry_id)] == [200, 5]
    assert exact.terms_of(entry_id)[0]["AmountFC"] == -248.05
    assert exact.books_are_good()


def test_changing_the_vat_code_of_a_line_computes_its_vat_anew(exact):
    entry = exact.book({"AmountFC": 100})
    (line,) = lines_of(exact, entry["EntryID"])
    uri = f"{LINES}(guid'{line['ID']}')"

    exact.call("PUT", uri, {"VATCode": "1"})
    assert exact.get(uri)["VATAmountFC"] == 9
    exact.call("PUT", uri, {"Description": "only words"})
    assert exact.get(uri)["VATAmountFC"] == 9
    exact.call("PUT", uri, {"VATAmountFC": 9.01})
    assert exact.get(uri)["VATAmountFC"] == 9.01


def test_a_line_alone_needs_its_entry(exact):
    body = {"AmountFC": 1, "GLAccount": exact.gl_account("8000")}

    assert exact.error("POST", LINES, body) == (500, "Mandatory: Entry")
    assert exact.error("POST", LINES, {**body, "EntryID": NOBODY}) == (
        500,
        "Invalid reference: Entry",
    )


def test_deleting_the_last_line_deletes_the_entry(exact):
    entry = exact.book()
    (line,) = lines_of(exact, entry["EntryID"])

    exact.call("DELETE", f"{LINES}(guid'{line['ID']}')")

    assert exact.truth() == []
    assert exact.books_are_good()


def test_entries_of_another_division_are_not_found(exact):
    entry = exact.book()
    exact.division = BE

    assert exact.error("GET", f"{ENTRIES}(guid'{entry['EntryID']}')")[0] == 404
    assert exact.error("DELETE", f"{ENTRIES}(guid'{entry['EntryID']}')")[0] == 404


def test_an_entry_that_was_worth_nothing_is_open_once_it_is_worth_something(exact):
    entry = exact.book({"AmountFC": 0})
    line = exact.row("salesentry/SalesEntryLines", f"EntryID eq guid'{entry['EntryID']}'")
    assert exact.terms_of(entry["EntryID"])[0]["Status"] == 50

    uri = f"salesentry/SalesEntryLines(guid'{line['ID']}')"
    assert exact.call("PUT", uri, {"AmountFC": 100}).status_code == 204

    (term,) = exact.terms_of(entry["EntryID"])
    assert (term["Status"], term["EndDate"]) == (20, None)
    assert exact.books_are_good()


def foreign(exact: ExactClient, path: str, condition: str) -> str:
    """Return the GUID of a record of the Belgian division."""
    other = exact.http.get(
        f"{exact.base_url}/api/v1/{BE}/{path}",
        params={"$filter": condition, "$select": "ID"},
        timeout=10,
    )
    return str(other.json()["d"]["results"][0]["ID"])


def test_guids_of_another_division_are_refused_by_default(exact):
    revenue = foreign(exact, "financial/GLAccounts", "Code eq '700000'")
    customer = foreign(exact, "crm/Accounts", "trim(Code) eq '1'")

    assert refused(exact, {"AmountFC": 1, "GLAccount": revenue}) == "Not found: G/L Account"
    assert refused(exact, Customer=customer) == "Invalid reference: Customer"


def test_guids_of_another_division_may_be_dropped_without_a_word(exact):
    exact.switch(foreign_guid="dropped")
    revenue = foreign(exact, "financial/GLAccounts", "Code eq '700000'")

    half = exact.book({"AmountFC": 100}, {"AmountFC": 7, "GLAccount": revenue})
    none = exact.book({"AmountFC": 7, "GLAccount": revenue})

    assert (half["AmountFC"], len(lines_of(exact, half["EntryID"]))) == (121, 1)
    assert (none["AmountFC"], lines_of(exact, none["EntryID"])) == (0, [])
    assert refused_customer(exact) == "Invalid reference: Customer"
    assert exact.books_are_good()


def refused_customer(exact: ExactClient) -> str:
    customer = foreign(exact, "crm/Accounts", "trim(Code) eq '1'")
    return exact.error("POST", ENTRIES, exact.entry(Customer=customer))[1]


@pytest.mark.parametrize("position", [False, True])
def test_a_vat_percentage_of_zero_may_be_refused(exact, position):
    exact.switch(vat_percentage_zero_refused=position)
    body = exact.entry({"AmountFC": 100, "VATPercentage": 0})

    answer = exact.call("POST", ENTRIES, body)

    if position:
        assert answer.json()["error"]["message"]["value"] == "Invalid: VAT percentage"
    else:
        assert answer.json()["d"]["VATAmountFC"] == 0


@pytest.mark.parametrize("position", ["refused", "ignored"])
def test_a_cost_center_that_the_account_does_not_use(exact, position):
    exact.switch(unused_cost_center=position)
    account = exact.gl_account("8000")
    exact.call("PUT", f"financial/GLAccounts(guid'{account}')", {"UseCostcenter": 2})

    answer = exact.call("POST", ENTRIES, exact.entry({"AmountFC": 1, "CostCenter": "001CC"}))

    if position == "refused":
        assert answer.json()["error"]["message"]["value"] == "Invalid: Cost center"
    else:
        assert lines_of(exact, answer.json()["d"]["EntryID"])[0]["CostCenter"] is None


def test_cost_centers_and_units_show_on_lines_and_ledger(exact):
    line = {"AmountFC": 1, "CostCenter": "001cc", "CostUnit": "PROJECT"}
    entry = exact.book({**line, "From": "2026-01-01", "To": "2026-12-31", "Project": NOBODY})

    (row,) = lines_of(exact, entry["EntryID"])
    (booked,) = exact.rows(
        "financialtransaction/TransactionLines", filter=f"ID eq guid'{row['ID']}'"
    )

    for shown in (row, booked):
        assert (shown["CostCenter"], shown["CostCenterDescription"]) == ("001CC", "Kantoor")
        assert (shown["CostUnit"], shown["CostUnitDescription"]) == ("PROJECT", "Projecten")
        assert shown["Project"] == NOBODY
    assert (row["From"], row["To"]) == ("/Date(1767225600000)/", "/Date(1798675200000)/")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ({"CostCenter": "nope"}, "Invalid reference: Cost center"),
        ({"CostUnit": "nope"}, "Invalid reference: Cost unit"),
        ({"From": "2026-02-01", "To": "2026-01-01"}, "Invalid: To"),
    ],
)
def test_lines_name_what_exists(exact, line, text):
    assert refused(exact, {"AmountFC": 1, **line}) == text


def test_every_ledger_line_of_an_entry_tells_what_it_is(exact):
    entry = exact.book({"AmountFC": 100}, {"AmountFC": 10, "VATCode": "1"}, YourRef="INV-3")

    rows = exact.rows(
        "financialtransaction/TransactionLines", filter=f"EntryID eq guid'{entry['EntryID']}'"
    )
    rows.sort(key=lambda row: row["LineNumber"])

    assert [(row["GLAccountCode"], row["AmountDC"], row["AmountVATFC"]) for row in rows] == [
        ("1300", 131.9, None),
        ("8000", -100, -21),
        ("1500", -21, None),
        ("8000", -10, -0.9),
        ("1500", -0.9, None),
    ]
    assert {(row["Type"], row["YourRef"], row["InvoiceNumber"]) for row in rows} == {
        (20, "INV-3", entry["InvoiceNumber"])
    }


def test_a_used_up_range_of_numbers_goes_on(exact):
    last = exact.book(EntryNumber=26709999)["EntryNumber"]

    assert [exact.book()["EntryNumber"] for _ in range(2)] == [last + 1, last + 2]


def test_the_type_of_a_ledger_account_that_is_booked_on_stays(exact):
    account = exact.gl_account("8000")
    uri = f"financial/GLAccounts(guid'{account}')"
    assert exact.call("PUT", uri, {"Type": 110, "Description": "as before"}).status_code == 204
    exact.book()

    assert exact.error("PUT", uri, {"Type": 20}) == (500, "In use: G/L Account")


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"Journal": "71", "Currency": "USD", "Rate": "999999999999"}, {"AmountFC": "999999999"}),
        ({"VATAmountFC": "999999999999"}, {"AmountFC": "999999999999"}),
    ],
)
def test_an_entry_that_comes_to_too_much_is_refused(exact, values, line):
    body = exact.entry(**values)
    body["SalesEntryLines"][0] |= line

    assert exact.error("POST", ENTRIES, body) == (500, "Invalid: Amount")
    assert exact.truth() == []


def test_many_lines_that_come_to_too_much_are_refused(exact):
    body = exact.entry()
    body["SalesEntryLines"] = [{**body["SalesEntryLines"][0], "AmountFC": "900000000000"}] * 20

    assert exact.error("POST", ENTRIES, body) == (500, "Invalid: Amount")


def test_the_vat_total_of_a_header_is_rounded_to_the_currency(exact):
    body = exact.entry(VATAmountFC="20.994999999999999999999999")

    assert exact.call("POST", ENTRIES, body).status_code == 201

    (entry,) = exact.truth()
    assert (entry["vat_amount"], entry["amount"]) == ("20.99", "120.99")
    assert exact.books_are_good()

"""Bank and cash entries: what a client books, what it pays, and what is refused.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialTransactionBankEntries
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.exact_sandbox.exact_client import BRAM, ExactClient

BANK, BANK_LINES = "financialtransaction/BankEntries", "financialtransaction/BankEntryLines"
CASH, CASH_LINES = "financialtransaction/CashEntries", "financialtransaction/CashEntryLines"
LEDGER = "financialtransaction/TransactionLines"
NOBODY = "00000000-0000-0000-0000-000000000001"


def entry(exact: ExactClient, *lines: dict[str, Any], kind: str = "Bank", **header: Any) -> Any:
    """Return the body of an entry; without more its line is on the customer's account."""
    own = {"Account": exact.customer(), "GLAccount": exact.gl_account("1300"), "AmountFC": 121}
    journal = {"Bank": "20", "Cash": "10"}[kind]
    nested = f"{kind}EntryLines"
    return {"JournalCode": journal, nested: [{**own, **line} for line in lines or ({},)], **header}


def book(exact: ExactClient, *lines: dict[str, Any], kind: str = "Bank", **header: Any) -> Any:
    path = f"financialtransaction/{kind}Entries"
    answer = exact.call("POST", path, entry(exact, *lines, kind=kind, **header))
    assert answer.status_code == 201, answer.text
    return answer.json()["d"]


def state(exact: ExactClient, entry_id: str) -> list[tuple[float, int]]:
    return sorted((-term["AmountFC"], term["Status"]) for term in exact.terms_of(entry_id))


def ledger(exact: ExactClient, entry_id: str) -> list[dict[str, Any]]:
    rows = exact.rows(LEDGER, filter=f"EntryID eq guid'{entry_id}'")
    return sorted(rows, key=lambda row: row["LineNumber"])


def test_a_bank_line_with_the_invoices_number_pays_it(exact):
    invoice = exact.book(YourRef="INV-9")

    receipt = book(
        exact, {"OurRef": invoice["InvoiceNumber"], "Date": "2026-11-20", "Description": "thanks"}
    )

    assert state(exact, invoice["EntryID"]) == [(121, 50)]
    (own,) = exact.terms_of(receipt["EntryID"])
    assert (own["Status"], own["YourRef"]) == (50, "INV-9")
    row = exact.row("cashflow/Receivables", f"TransactionEntryID eq guid'{invoice['EntryID']}'")
    assert (row["IsFullyPaid"], row["LastPaymentDate"]) == (True, "/Date(1795132800000)/")
    assert exact.books_are_good()


def test_an_entry_reads_back_with_its_lines_balances_and_ledger(exact):
    receipt = book(
        exact, {"AmountFC": "100.10"}, {"AmountFC": "-0.10"}, OpeningBalanceFC=50, EntryNumber=7
    )

    assert (receipt["EntryNumber"], receipt["Status"], receipt["Currency"]) == (7, 20, "EUR")
    assert (receipt["OpeningBalanceFC"], receipt["ClosingBalanceFC"]) == (50, 150)
    assert receipt["JournalDescription"] == "Rabobank"
    rows = exact.rows(BANK_LINES, filter=f"EntryID eq guid'{receipt['EntryID']}'")
    assert sorted(row["AmountFC"] for row in rows) == [-0.1, 100.1]
    assert {(row["EntryNumber"], row["GLAccountCode"]) for row in rows} == {(7, "1300")}
    bank, *others = ledger(exact, receipt["EntryID"])
    assert (bank["GLAccountCode"], bank["AmountDC"], bank["Type"]) == ("1100", 100, 40)
    assert [line["AmountDC"] for line in others] == [-100.1, 0.1]
    assert {line["ID"] for line in others} == {row["ID"] for row in rows}
    assert exact.books_are_good()


def test_numbers_and_opening_balances_go_on_per_journal(exact):
    first, second = book(exact), book(exact)
    cash = book(exact, kind="Cash")

    assert (first["EntryNumber"], second["EntryNumber"]) == (26200001, 26200002)
    assert (second["OpeningBalanceFC"], second["ClosingBalanceFC"]) == (121, 242)
    assert (cash["EntryNumber"], cash["OpeningBalanceFC"]) == (26100001, 0)


@pytest.mark.parametrize(
    ("amount", "invoice", "receipt"),
    [
        (50, [(50, 50), (71, 20)], [(-50, 50)]),
        (150, [(121, 50)], [(-121, 50), (-29, 20)]),
        (-20, [(121, 20)], [(20, 20)]),  # a refund has the wrong sign to pay an invoice
    ],
)
def test_less_more_or_other_money_than_the_invoice(exact, amount, invoice, receipt):
    booked = exact.book()

    paid = book(exact, {"OurRef": booked["InvoiceNumber"], "AmountFC": amount})

    assert state(exact, booked["EntryID"]) == invoice
    assert state(exact, paid["EntryID"]) == receipt
    assert exact.books_are_good()


def test_money_for_another_customer_or_an_unknown_number_stays_on_the_account(exact):
    booked = exact.book()
    number = booked["InvoiceNumber"]

    stranger = book(exact, {"OurRef": number, "Account": exact.customer(2)})
    unknown = book(exact, {"OurRef": number + 1})

    assert state(exact, booked["EntryID"]) == [(121, 20)]
    assert state(exact, stranger["EntryID"]) == [(-121, 20)]
    assert state(exact, unknown["EntryID"]) == [(-121, 20)]
    shown = exact.get("read/financial/ReceivablesList")["results"]
    assert sorted((row["Amount"], row["YourRef"]) for row in shown) == [
        (-121, None),
        (-121, None),
        (121, "INV-1"),
    ]


def test_bank_costs_are_booked_directly_with_the_vat_in_them(exact):
    costs = book(
        exact,
        {
            "Account": None,
            "GLAccount": exact.gl_account("4400"),
            "AmountFC": "-12.10",
            "VATCode": "2",
        },
    )

    lines = ledger(exact, costs["EntryID"])
    assert [(row["GLAccountCode"], row["AmountDC"]) for row in lines] == [
        ("1100", -12.1),
        ("4400", 10),
        ("1520", 2.1),
    ]
    assert exact.terms_of(costs["EntryID"]) == []
    assert exact.books_are_good()


def test_a_foreign_line_books_the_exchange_difference(exact):
    booked = exact.book({"AmountFC": 100}, Journal="71", Currency="USD", Rate="0.9")

    book(
        exact,
        {"OurRef": booked["InvoiceNumber"], "ExchangeRate": "0.95"},
        Currency="USD",
    )

    assert state(exact, booked["EntryID"]) == [(121, 50)]
    difference = exact.rows(LEDGER, filter="Type eq 82")
    assert sorted(
        (row["GLAccountCode"], row["AmountFC"], row["AmountDC"]) for row in difference
    ) == [
        ("1300", 0, 6.05),
        ("9500", 0, -6.05),
    ]
    assert exact.books_are_good()


def test_deleting_an_entry_opens_what_it_paid_and_says_so(exact):
    booked = exact.book()
    receipt = book(exact, {"OurRef": booked["InvoiceNumber"], "AmountFC": 21})
    rest = next(term for term in exact.terms_of(booked["EntryID"]) if term["Status"] == 20)
    (own,) = exact.terms_of(receipt["EntryID"])
    lines = [row["ID"] for row in ledger(exact, receipt["EntryID"])]

    assert exact.call("DELETE", f"{BANK}(guid'{receipt['EntryID']}')").status_code == 204

    assert state(exact, booked["EntryID"]) == [(121, 20)]
    deleted = exact.rows("sync/Deleted", filter="Timestamp gt 1L")
    gone = {
        kind: {row["EntityKey"] for row in deleted if row["EntityType"] == kind} for kind in (1, 10)
    }
    assert gone == {1: set(lines), 10: {rest["ID"], own["ID"]}}
    assert exact.rows(BANK_LINES) == []
    assert exact.books_are_good()


def test_a_line_can_be_added_to_an_open_entry(exact):
    booked = exact.book()
    paid = exact.book()
    receipt = book(exact, {"OurRef": paid["InvoiceNumber"]})
    before = ledger(exact, receipt["EntryID"])[1]
    (line,) = entry(exact, {"OurRef": booked["InvoiceNumber"]})["BankEntryLines"]

    answer = exact.call("POST", BANK_LINES, {**line, "EntryID": receipt["EntryID"]})

    assert answer.status_code == 201
    added = answer.json()["d"]
    assert (added["LineNumber"], added["AmountFC"]) == (2, 121)
    assert state(exact, booked["EntryID"]) == [(121, 50)]
    uri = f"{BANK}(guid'{receipt['EntryID']}')"
    assert exact.get(uri)["ClosingBalanceFC"] == 242
    assert ledger(exact, receipt["EntryID"])[1]["OffsetID"] == before["OffsetID"] is not None
    assert exact.books_are_good()


def test_matched_lines_name_each_other(exact):
    booked = exact.book()
    receipt = book(exact, {"OurRef": booked["InvoiceNumber"]})

    invoice_line = ledger(exact, booked["EntryID"])[0]
    _, receipt_line = ledger(exact, receipt["EntryID"])
    (shown,) = exact.rows(BANK_LINES)

    assert invoice_line["OffsetID"] == receipt_line["ID"] == shown["ID"]
    assert receipt_line["OffsetID"] == invoice_line["ID"] == shown["OffsetID"]
    assert (receipt_line["YourRef"], receipt_line["InvoiceNumber"]) == (
        "INV-1",
        booked["InvoiceNumber"],
    )


@pytest.mark.parametrize(
    ("kind", "header", "text"),
    [
        ("Cash", {"JournalCode": "20"}, "Invalid journal. The journal must be a cash journal."),
        ("Bank", {"JournalCode": "10"}, "Invalid journal. The journal must be a bank journal."),
        ("Bank", {"JournalCode": "nope"}, "Invalid reference: Journals"),
        ("Bank", {"JournalCode": ""}, "Mandatory: Diary"),
        ("Bank", {"BankEntryLines": []}, "Mandatory: Lines"),
        ("Cash", {"Currency": "USD"}, "Invalid: Currency"),
        ("Bank", {"Currency": "XXX"}, "Invalid reference: Currency"),
        ("Bank", {"FinancialYear": 1999}, "Invalid reference: Period"),
        ("Bank", {"BankStatementDocument": NOBODY}, "Invalid reference: Document"),
        (
            "Bank",
            {"OpeningBalanceFC": 10, "ClosingBalanceFC": 130},
            "Opening balance plus all bank entry lines should result in the closing balance",
        ),
    ],
)
def test_headers_that_are_refused(exact, kind, header, text):
    body = entry(exact, kind=kind) | header

    assert exact.error("POST", f"financialtransaction/{kind}Entries", body) == (500, text)
    assert exact.rows(BANK) == exact.rows(CASH) == []


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ({"AmountFC": 0}, "Mandatory: Amount"),
        ({"GLAccount": None}, "Mandatory: G/L Account"),
        ({"GLAccount": NOBODY}, "Not found: G/L Account"),
        ({"Account": NOBODY}, "Invalid reference: Account"),
        ({"Account": None}, "Mandatory: Account"),
        ({"ExchangeRate": 2}, "Invalid: Exchange rate"),
        ({"Document": NOBODY}, "Invalid reference: Document"),
        ({"CostCenter": "nope"}, "Invalid reference: Cost center"),
    ],
)
def test_lines_that_are_refused(exact, line, text):
    assert exact.error("POST", BANK, entry(exact, line)) == (500, text)
    assert exact.rows(BANK) == []


def test_all_that_is_wrong_with_the_lines_is_said_at_once(exact):
    body = entry(exact, {"AmountFC": 0}, {"GLAccount": NOBODY}, {"AmountFC": 0})

    assert exact.error("POST", BANK, body) == (500, "Mandatory: Amount\r\nNot found: G/L Account")


def test_refusals_are_in_the_users_language(log_on):
    bram = log_on(BRAM)

    status, text = bram.error("POST", CASH, entry(bram, kind="Cash", JournalCode="20"))

    assert (status, text) == (500, "Ongeldig dagboek. Het dagboek moet een kasboek zijn.")


def test_vat_that_cannot_be_in_the_amount_is_refused(exact):
    costs = {"GLAccount": exact.gl_account("4400"), "AmountFC": -10, "VATCode": "2"}

    for vat in (-11, 1):
        status, text = exact.error("POST", BANK, entry(exact, {**costs, "AmountVATFC": vat}))
        assert status == 500
        assert text.startswith("The amount of the VAT line with VAT code 2")


def test_processed_entries_and_closed_periods_do_not_change(exact):
    receipt = book(exact)
    uri = f"{BANK}(guid'{receipt['EntryID']}')"
    line = {**entry(exact)["BankEntryLines"][0], "EntryID": receipt["EntryID"]}

    exact.admin(mark_processed=receipt["EntryID"])
    assert exact.error("DELETE", uri) == exact.error("POST", BANK_LINES, line)
    assert exact.error("DELETE", uri) == (500, "Already processed")
    assert exact.books_are_good()

    exact.admin(mark_open=receipt["EntryID"], close_period=[2026, 11])
    assert exact.error("DELETE", uri) == (500, "Closed: Period 2026 / 11")
    assert exact.error("POST", BANK, entry(exact)) == (500, "Closed: Period 2026 / 11")


def test_a_number_that_exists_is_refused(exact):
    book(exact, EntryNumber=5)

    assert exact.error("POST", BANK, entry(exact, EntryNumber=5)) == (500, "Data already exists.")
    assert book(exact, EntryNumber=5, kind="Cash")["EntryNumber"] == 5


def test_a_bank_entry_is_a_payment_at_the_desk(exact):
    booked = exact.book()
    receipt = book(exact, {"OurRef": booked["InvoiceNumber"], "Description": "by API"})

    (listed,) = exact.control("GET", f"/_sandbox/bank/payments?division={exact.division}").json()[
        "payments"
    ]
    assert (listed["id"], listed["reference"], listed["matched"]) == (
        receipt["EntryID"],
        "by API",
        True,
    )
    answer = exact.control(
        "PATCH", f"/_sandbox/bank/payments/{receipt['EntryID']}", {"reference": "x"}
    )
    assert answer.status_code == 200
    assert exact.rows(BANK_LINES)[0]["Description"] == "x"
    assert state(exact, booked["EntryID"]) == [(121, 50)]


def test_the_desks_payment_reads_back_as_a_bank_entry(exact):
    first, second = exact.book(), exact.book()
    payment = exact.pay((first["EntryID"], 121), (second["EntryID"], 21), reference="statement 7")

    (row,) = exact.get(f"{BANK}(guid'{payment}')", expand="BankEntryLines")["BankEntryLines"][
        "results"
    ]

    assert (row["AmountFC"], row["Description"], row["OurRef"]) == (142, "statement 7", None)
    assert row["Date"] == "/Date(1795132800000)/"
    exact.control("DELETE", f"/_sandbox/bank/payments/{payment}")
    assert exact.call("GET", f"{BANK}(guid'{payment}')").status_code == 404
    assert exact.books_are_good()


def test_money_to_a_supplier_is_a_payable_term(exact):
    supplier = exact.customer(71)

    paid = book(
        exact, {"Account": supplier, "GLAccount": exact.gl_account("1600"), "AmountFC": -50}
    )

    names = "LineType,AmountFC,TransactionEntryID"
    rows = exact.rows("sync/Cashflow/PaymentTerms", filter="Timestamp gt 1L", select=names)
    mine = [row for row in rows if row["TransactionEntryID"] == paid["EntryID"]]
    assert [(row["LineType"], row["AmountFC"]) for row in mine] == [(22, 50)]
    assert exact.terms_of(paid["EntryID"]) == []
    assert exact.books_are_good()


@pytest.mark.parametrize("header", [{}, {"OpeningBalanceFC": "-900000000000"}])
def test_an_entry_that_comes_to_too_much_is_refused(exact, header):
    body = entry(exact, *[{"AmountFC": "900000000000"}] * (1 if header else 20), **header)

    assert exact.error("POST", BANK, body) == (500, "Invalid: Amount")
    assert exact.rows(BANK) == []

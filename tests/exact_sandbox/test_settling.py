"""How documents are settled: discounts, write-offs, credit notes, other rates, collection.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowReceivables
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.exact_sandbox.exact_client import NL, ExactClient

LEDGER = "financialtransaction/TransactionLines"
RECEIVABLES = "cashflow/Receivables"


def desk(exact: ExactClient, path: str, *, expect: int = 201, **body: Any) -> Any:
    answer = exact.control("POST", f"/_sandbox/bank/{path}", {"division": NL, **body})
    assert answer.status_code == expect, answer.text
    return answer.json()


def state(exact: ExactClient, entry_id: str) -> list[tuple[float, int]]:
    """Return amount and status of an entry's terms, in natural sign, smallest first."""
    return sorted((-term["AmountFC"], term["Status"]) for term in exact.terms_of(entry_id))


def receivable(exact: ExactClient, entry_id: str) -> Any:
    return exact.row(RECEIVABLES, f"TransactionEntryID eq guid'{entry_id}'")


def booked_as(exact: ExactClient, kind: int) -> list[tuple[str, float, float]]:
    """Return ledger account and amounts of the lines of a transaction type."""
    rows = exact.rows(LEDGER, filter=f"Type eq {kind}")
    return sorted((row["GLAccountCode"], row["AmountFC"], row["AmountDC"]) for row in rows)


def with_discount(exact: ExactClient, **more: Any) -> Any:
    """Book 121.00 with 2 % discount when paid within 8 days of 10 November 2026."""
    return exact.book(PaymentCondition="KB", EntryDate="2026-11-10", **more)


def test_the_term_tells_its_discount_and_until_when(exact):
    row = receivable(exact, with_discount(exact)["EntryID"])

    assert (row["AmountDiscountFC"], row["AmountDiscountDC"]) == (2.42, 2.42)
    assert (row["PaymentDiscountPercentage"], row["PaymentDaysDiscount"]) == (0.02, 8)
    assert row["DiscountDueDate"] == "/Date(1794960000000)/"  # 18 November
    assert (row["PaymentDays"], row["PaymentMethod"]) == (30, "B")


@pytest.mark.parametrize(
    ("amount", "date", "expected"),
    [
        ("118.58", "2026-11-18", [(121, 50)]),  # on the last day
        ("119", "2026-11-12", [(121, 50)]),  # less was taken than might be
        ("118.58", "2026-11-19", [(2.42, 20), (118.58, 50)]),  # too late
        ("118.57", "2026-11-12", [(2.43, 20), (118.57, 50)]),  # too little
    ],
)
def test_a_discount_is_for_who_pays_in_time(exact, amount, date, expected):
    entry = with_discount(exact)

    exact.pay((entry["EntryID"], amount), date=date)

    assert state(exact, entry["EntryID"]) == expected
    taken = round(121 - float(amount), 2)
    wanted = [("1300", -taken, -taken), ("8900", taken, taken)] if len(expected) == 1 else []
    assert booked_as(exact, 83) == wanted
    assert exact.books_are_good()


def test_the_discount_goes_with_the_payment_that_took_it(exact):
    entry = with_discount(exact)
    payment = exact.pay((entry["EntryID"], "118.58"), date="2026-11-12")

    exact.control("POST", f"/_sandbox/bank/payments/{payment}/unmatch")

    assert state(exact, entry["EntryID"]) == [(121, 20)]
    assert state(exact, payment) == [(-118.58, 20)]
    assert booked_as(exact, 83) == []
    assert exact.books_are_good()


def test_a_split_term_splits_its_discount(exact):
    entry = with_discount(exact)

    exact.pay((entry["EntryID"], "60.50"), date="2026-11-12")

    rows = exact.rows(RECEIVABLES, filter=f"TransactionEntryID eq guid'{entry['EntryID']}'")
    assert [row["AmountDiscountFC"] for row in rows] == [1.21, 1.21]
    exact.pay((entry["EntryID"], "59.29"), date="2026-11-12")
    assert state(exact, entry["EntryID"]) == [(60.5, 50), (60.5, 50)]
    assert exact.books_are_good()


@pytest.mark.parametrize("order", [1, -1])
def test_a_payment_at_another_rate_books_the_difference(exact, order):
    entry = exact.book({"AmountFC": 100 * order}, Journal="71", Currency="USD", Rate="0.9")

    exact.pay((entry["EntryID"], 121 * order), rate="0.95")

    assert state(exact, entry["EntryID"]) == [(121 * order, 50)]
    assert booked_as(exact, 82) == sorted([("1300", 0, 6.05 * order), ("9500", 0, -6.05 * order)])
    row = receivable(exact, entry["EntryID"])
    assert (abs(row["AmountFC"]), abs(row["AmountDC"]), row["RateFC"]) == (121, 108.9, 0.9)
    assert exact.books_are_good()


def test_without_a_rate_a_payment_takes_that_of_the_day(exact):
    entry = exact.book({"AmountFC": 100}, Journal="71", Currency="USD", Rate="0.92")

    payment = exact.pay((entry["EntryID"], 121))

    assert booked_as(exact, 82) == []
    (line,) = exact.rows(
        "financialtransaction/BankEntryLines", filter=f"EntryID eq guid'{payment}'"
    )
    assert (line["ExchangeRate"], line["AmountDC"]) == (0.92, 111.32)


def test_the_rate_of_an_entry_is_that_of_its_date(exact):
    exact.call(
        "POST",
        "financial/ExchangeRates",
        {"SourceCurrency": "USD", "Rate": "0.8", "StartDate": "2026-11-01"},
    )

    old = exact.book(Journal="71", Currency="USD", EntryDate="2026-10-31")
    new = exact.book(Journal="71", Currency="USD", EntryDate="2026-11-01")

    assert (old["Rate"], new["Rate"]) == (0.92, 0.8)


def test_a_payment_before_the_invoice_date_ends_on_the_invoice_date(exact):
    entry = exact.book(EntryDate="2026-11-15")

    exact.pay((entry["EntryID"], 121), date="2026-10-20")

    row = receivable(exact, entry["EntryID"])
    assert row["LastPaymentDate"] == "/Date(1792454400000)/"  # 20 October
    assert row["EndDate"] == "/Date(1794700800000)/"  # 15 November
    assert (row["EndYear"], row["EndPeriod"]) == (2026, 11)


def test_a_part_can_be_written_off_and_the_write_off_undone(exact):
    entry_id = exact.book()["EntryID"]
    exact.pay((entry_id, 100))

    small = desk(exact, "write-offs", entry_id=entry_id, amount="1")["id"]
    assert state(exact, entry_id) == [(1, 50), (20, 20), (100, 50)]
    desk(exact, "write-offs", entry_id=entry_id)
    assert state(exact, entry_id) == [(1, 50), (20, 50), (100, 50)]
    assert booked_as(exact, 83)[2:] == [("4690", 1, 1), ("4690", 20, 20)]

    assert exact.control("DELETE", f"/_sandbox/bank/payments/{small}").status_code == 204
    assert state(exact, entry_id) == [(1, 20), (20, 50), (100, 50)]
    assert exact.books_are_good()


def test_more_than_is_open_cannot_be_written_off(exact):
    body = {"division": NL, "entry_id": exact.book()["EntryID"], "amount": 122}

    answer = exact.control("POST", "/_sandbox/bank/write-offs", body)

    assert (answer.status_code, answer.json()["error"]) == (422, "That is more than is open.")


def test_a_smaller_credit_note_leaves_a_rest_only_when_asked(exact):
    invoice, credit = exact.book()["EntryID"], exact.book({"AmountFC": -50})["EntryID"]

    refusal = desk(exact, "matches", entry_ids=[invoice, credit], expect=422)
    assert refusal["error"] == "The open amounts do not add up to zero."
    match = desk(exact, "matches", entry_ids=[invoice, credit], partial=True)["id"]

    assert state(exact, invoice) == [(60.5, 20), (60.5, 50)]
    assert state(exact, credit) == [(-60.5, 50)]
    exact.control("DELETE", f"/_sandbox/bank/payments/{match}")
    assert state(exact, invoice) == [(121, 20)]
    assert exact.books_are_good()


def test_an_unmatched_receipt_can_be_matched_with_another_invoice(exact):
    wrong, right = exact.book(YourRef="WRONG")["EntryID"], exact.book(YourRef="RIGHT")["EntryID"]
    payment = exact.pay((wrong, 121))
    exact.control("POST", f"/_sandbox/bank/payments/{payment}/unmatch")

    desk(exact, "matches", entry_ids=[right, payment])

    assert state(exact, wrong) == [(121, 20)]
    assert state(exact, right) == [(121, 50)]
    (own,) = exact.terms_of(payment)
    assert own["YourRef"] == "RIGHT"
    assert receivable(exact, right)["LastPaymentDate"] is not None
    assert exact.books_are_good()


def test_money_on_account_pays_a_later_invoice_in_part(exact):
    first = exact.book()["EntryID"]
    payment = exact.pay((first, 150))
    second = exact.book()["EntryID"]

    desk(exact, "matches", entry_ids=[second, payment], partial=True)

    assert state(exact, second) == [(29, 50), (92, 20)]
    assert state(exact, payment) == [(-121, 50), (-29, 50)]
    assert exact.books_are_good()


def test_an_equal_memorial_entry_settles_the_invoice_without_money(exact):
    entry_id = exact.book()["EntryID"]

    memo = desk(exact, "memorials", entry_id=entry_id, amount=121, gl_account="4900")

    assert (memo["kind"], memo["matched"]) == ("memorial", True)
    row = receivable(exact, entry_id)
    assert (row["Status"], row["LastPaymentDate"], row["IsFullyPaid"]) == (50, None, False)
    assert booked_as(exact, 90) == [("1300", -121, -121), ("4900", 121, 121)]
    exact.control("DELETE", f"/_sandbox/bank/payments/{memo['id']}")
    assert state(exact, entry_id) == [(121, 20)]
    assert booked_as(exact, 90) == []
    assert exact.books_are_good()


def test_a_memorial_entry_of_another_amount_or_two_equal_invoices_stays_open(exact):
    first, _ = exact.book()["EntryID"], exact.book()

    for amount in (121, 50):
        memo = desk(exact, "memorials", entry_id=first, amount=amount)
        assert memo["matched"] is False
    assert state(exact, first) == [(121, 20)]
    assert exact.books_are_good()


@pytest.mark.parametrize("status", [30, 40])
def test_a_collection_is_paid_or_bounces(exact, status):
    paid, bounced = exact.book()["EntryID"], exact.book()["EntryID"]
    for entry_id in (paid, bounced):
        desk(exact, "collections", entry_id=entry_id, status=status, expect=200)
    row = receivable(exact, paid)
    assert row["ReceivableSelected"] is not None
    assert (row["EndToEndID"] is not None) == (status == 40)

    exact.pay((paid, 121))
    desk(exact, "collections", entry_id=bounced, status=20, expect=200)

    assert state(exact, paid) == [(121, 50)]
    assert state(exact, bounced) == [(121, 20)]
    assert receivable(exact, bounced)["ReceivableSelected"] is None
    assert exact.books_are_good()


def test_what_is_in_transit_shows_in_the_list(exact):
    entry_id = exact.book()["EntryID"]
    desk(exact, "collections", entry_id=entry_id, status=40, expect=200)

    (row,) = exact.get("read/financial/ReceivablesList")["results"]

    assert (row["Amount"], row["AmountInTransit"]) == (121, 121)


def test_a_cash_payment_goes_through_the_cash_journal(exact):
    entry_id = exact.book()["EntryID"]

    exact.pay((entry_id, 121), journal="10")

    (row,) = exact.rows("financialtransaction/CashEntryLines")
    assert row["AmountFC"] == 121
    assert state(exact, entry_id) == [(121, 50)]
    assert exact.books_are_good()


def test_one_payment_of_two_customers_is_two_lines(exact):
    first, second = exact.book()["EntryID"], exact.book(Customer=exact.customer(2))["EntryID"]

    payment = exact.pay((first, 121), (second, 121))

    rows = exact.rows("financialtransaction/BankEntryLines")
    assert {row["Account"] for row in rows} == {exact.customer(1), exact.customer(2)}
    assert state(exact, payment) == [(-121, 50), (-121, 50)]
    assert exact.books_are_good()


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"journal": "70"}, "no bank or cash journal"),
        ({"rate": "2"}, "not a rate of EUR"),
        ({"date": "1999-01-01"}, "Invalid reference: Period"),
        ({"date": "2026-10-01"}, "Closed: Period 2026 / 10"),
    ],
)
def test_payments_the_books_refuse(exact, order, sentence):
    entry_id = exact.book()["EntryID"]
    exact.admin(close_period=[2026, 10])
    lines = [{"entry_id": entry_id, "amount": 121}]

    said = desk(exact, "payments", lines=lines, expect=422, **order)

    assert sentence in said["error"]
    assert state(exact, entry_id) == [(121, 20)]


def test_the_term_names_the_own_bank_account(exact):
    row = receivable(exact, exact.book()["EntryID"])

    assert row["BankAccountNumber"] == "NL44RABO0123456789"
    assert row["BankAccountID"] is not None


@pytest.mark.parametrize(("sign", "factor"), [("positive", 1), ("negative", -1)])
def test_the_sign_of_the_list_is_a_switch(exact, sign, factor):
    exact.switch(receivables_list_sign=sign)
    entry_id = exact.book()["EntryID"]
    desk(exact, "collections", entry_id=entry_id, status=40, expect=200)

    rows = exact.get("read/financial/ReceivablesList", filter=f"Amount eq {121 * factor}")

    assert [row["AmountInTransit"] for row in rows["results"]] == [121 * factor]


@pytest.mark.parametrize(("currency", "amount"), [("invoice", 121), ("division", 108.9)])
def test_the_currency_of_the_list_is_a_switch(exact, currency, amount):
    exact.switch(receivables_list_currency=currency)
    exact.book({"AmountFC": 100}, Journal="71", Currency="USD", Rate="0.9")

    (row,) = exact.get("read/financial/ReceivablesList", filter=f"Amount eq {amount}")["results"]

    assert (row["CurrencyCode"], row["Amount"]) == ("USD", amount)


@pytest.mark.parametrize("hidden", [False, True])
def test_bank_receipts_may_be_missing_from_receivables(exact, hidden):
    exact.switch(receivables_hide_bank_receipts=hidden)
    payment = exact.pay((exact.book()["EntryID"], 150))

    assert len(exact.terms_of(payment)) == (0 if hidden else 2)
    for path in (RECEIVABLES, "bulk/Cashflow/Receivables"):
        rows = exact.rows(path, select="TransactionEntryID")
        assert (payment in {row["TransactionEntryID"] for row in rows}) is not hidden
    shown = exact.get("read/financial/ReceivablesList")["results"]
    assert [row["Amount"] for row in shown] == [-29]


def test_a_receivables_method_of_payment_is_one_of_four(exact):
    row = receivable(exact, exact.book()["EntryID"])
    uri = f"{RECEIVABLES}(guid'{row['ID']}')"

    assert exact.error("PUT", uri, {"PaymentMethod": "X"}) == (500, "Invalid: PaymentMethod")
    assert exact.call("PUT", uri, {"PaymentMethod": "I"}).status_code == 204
    assert exact.get(uri)["PaymentMethod"] == "I"


def test_a_year_is_closed_and_opened_again_and_all_comes_by_once_more(exact):
    entry_id = exact.book()["EntryID"]
    payment = exact.pay((entry_id, 50))
    [before] = [row["Timestamp"] for row in exact.terms_of(payment)]
    states = state(exact, entry_id)

    exact.admin(close_year=2026)

    refused = exact.control("DELETE", f"/_sandbox/bank/payments/{payment}")
    assert (refused.status_code, "Already processed" in refused.text) == (422, True)
    [closed] = exact.terms_of(payment)
    assert closed["Timestamp"] > before
    exact.admin(reopen_year=2026)
    [opened] = exact.terms_of(payment)
    assert opened["Timestamp"] > closed["Timestamp"]
    assert state(exact, entry_id) == states
    assert exact.control("DELETE", f"/_sandbox/bank/payments/{payment}").status_code == 204
    assert exact.books_are_good()


def test_lines_matched_with_one_another_are_found_with_one_question(exact):
    first, second = exact.book(), exact.book()
    payment = exact.pay((first["EntryID"], 121), (second["EntryID"], 121))
    lines = {row["ID"] for row in exact.rows(LEDGER) if row["OffsetID"]}

    asked = " or ".join(f"ID eq guid'{line}'" for line in sorted(lines))
    rows = exact.rows(LEDGER, filter=f"({asked})", select="ID,OffsetID,EntryID")

    [receipt] = [row for row in rows if row["EntryID"] == payment]
    others = [row["OffsetID"] for row in rows if row is not receipt]
    assert others == [receipt["ID"], receipt["ID"]]

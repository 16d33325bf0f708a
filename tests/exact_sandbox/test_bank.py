"""The bank: payments split, close and reopen payment terms, and the books always add up.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowReceivables
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.exact_sandbox.exact_client import DE, NL, ExactClient

PAYMENTS = "/_sandbox/bank/payments"


def state(exact: ExactClient, entry_id: str) -> list[tuple[float, int]]:
    """Return amount and status of an entry's terms, in natural sign, smallest first."""
    return sorted((-term["AmountFC"], term["Status"]) for term in exact.terms_of(entry_id))


def test_a_full_payment_closes_the_term(exact):
    entry = exact.book()

    exact.pay((entry["EntryID"], 121))

    (term,) = exact.terms_of(entry["EntryID"])
    assert (term["Status"], term["AmountFC"]) == (50, -121)
    row = exact.row("cashflow/Receivables", f"ID eq guid'{term['ID']}'")
    assert row["IsFullyPaid"] is True
    assert row["LastPaymentDate"] == "/Date(1795132800000)/"  # 20 November 2026
    assert row["EndDate"] is not None
    assert exact.books_are_good()


def test_a_partial_payment_splits_the_term(exact):
    entry = exact.book()

    exact.pay((entry["EntryID"], "50.50"))

    assert state(exact, entry["EntryID"]) == [(50.5, 50), (70.5, 20)]
    rows = exact.rows(
        "cashflow/Receivables", filter=f"TransactionEntryID eq guid'{entry['EntryID']}'"
    )
    assert len({row["EntryID"] for row in rows}) == 2
    assert exact.books_are_good()


def test_three_tranches_leave_three_paid_terms(exact):
    entry_id = exact.book()["EntryID"]

    for amount in ("36.30", "36.30", "48.40"):
        exact.pay((entry_id, amount))

    assert state(exact, entry_id) == [(36.3, 50), (36.3, 50), (48.4, 50)]


def test_one_bank_line_pays_several_invoices(exact):
    first, second = exact.book(YourRef="A"), exact.book(YourRef="B")

    payment = exact.pay((first["EntryID"], 121), (second["EntryID"], 21))

    assert state(exact, first["EntryID"]) == [(121, 50)]
    assert state(exact, second["EntryID"]) == [(21, 50), (100, 20)]
    own = exact.terms_of(payment)
    assert {(term["Status"], term["YourRef"]) for term in own} == {(50, None)}
    offsets = {
        exact.row(
            "financialtransaction/TransactionLines",
            f"EntryID eq guid'{entry['EntryID']}' and LineNumber eq 0",
        )["OffsetID"]
        for entry in (first, second)
    }
    assert len(offsets) == 1
    assert offsets != {None}


def test_the_banks_own_term_bears_your_ref_when_it_pays_one_invoice(exact):
    payment = exact.pay((exact.book(YourRef="INV-5")["EntryID"], 121))

    (own,) = exact.terms_of(payment)

    assert (own["AmountFC"], own["Status"], own["YourRef"]) == (121, 50, "INV-5")


def test_too_much_money_stays_on_the_account(exact):
    entry = exact.book()

    payment = exact.pay((entry["EntryID"], 150))

    assert state(exact, entry["EntryID"]) == [(121, 50)]
    assert state(exact, payment) == [(-121, 50), (-29, 20)]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("first_said", "second_said", "second", "own"),
    [
        (121, -242, [(-171, 50), (-71, 20)], [(121, 50)]),  # all that the line has, and no more
        (121, -151, [(-80, 50), (-162, 20)], [(30, 50)]),
        (121, -100, [(-50, 50), (-192, 20)], [(-21, 20)]),  # the documents settle each other alone
    ],
)
def test_a_line_of_both_signs_settles_no_more_than_it_has(
    exact, first_said, second_said, second, own, sign
):
    entries = [exact.book({"AmountFC": net * sign})["EntryID"] for net in (100, -200)]
    exact.pay((entries[0], 71 * sign))  # leaves 50 of what is then said to be paid

    payment = exact.pay((entries[0], first_said * sign), (entries[1], second_said * sign))

    assert state(exact, entries[0]) == sorted([(71 * sign, 50), (50 * sign, 50)])
    assert state(exact, entries[1]) == sorted((amount * sign, status) for amount, status in second)
    assert state(exact, payment) == sorted((amount * sign, status) for amount, status in own)
    assert exact.books_are_good()


def test_an_edited_payment_changes_amount_and_date_under_the_same_id(exact):
    entry_id = exact.book()["EntryID"]
    payment = exact.pay((entry_id, 121))

    answer = exact.control(
        "PATCH",
        f"{PAYMENTS}/{payment}",
        {"date": "2026-11-10", "lines": [{"entry_id": entry_id, "amount": "100"}]},
    )

    assert answer.json()["id"] == payment
    assert answer.json()["date"] == "2026-11-10"
    assert state(exact, entry_id) == [(21, 20), (100, 50)]
    assert exact.books_are_good()


def test_a_deleted_payment_reopens_the_invoice_and_the_rest_vanishes(exact):
    entry_id = exact.book()["EntryID"]
    payment = exact.pay((entry_id, 50))
    rest = next(term for term in exact.terms_of(entry_id) if term["Status"] == 20)
    newest = exact.terms()[-1]["Timestamp"]

    assert exact.control("DELETE", f"{PAYMENTS}/{payment}").status_code == 204

    (term,) = exact.terms_of(entry_id)
    assert (term["AmountFC"], term["Status"], term["EndDate"]) == (-121, 20, None)
    assert int(term["Timestamp"]) > int(newest)
    deleted = exact.rows("sync/Deleted", filter="Timestamp gt 1L and EntityType eq 10")
    assert rest["ID"] in {row["EntityKey"] for row in deleted}
    assert exact.books_are_good()


def test_an_unmatched_payment_leaves_invoice_and_money_open(exact):
    entry_id = exact.book()["EntryID"]
    payment = exact.pay((entry_id, 121))

    exact.control("POST", f"{PAYMENTS}/{payment}/unmatch")

    assert state(exact, entry_id) == [(121, 20)]
    assert state(exact, payment) == [(-121, 20)]
    (listed,) = exact.control("GET", f"{PAYMENTS}?division={NL}").json()["payments"]
    assert (listed["matched"], listed["lines"][0]["matched_amount"]) == (False, "0.00")
    assert exact.books_are_good()


def test_a_write_off_closes_without_money(exact):
    entry_id = exact.book()["EntryID"]

    exact.control("POST", "/_sandbox/bank/write-offs", {"division": NL, "entry_id": entry_id})

    row = exact.row("cashflow/Receivables", f"TransactionEntryID eq guid'{entry_id}'")
    assert (row["Status"], row["LastPaymentDate"], row["IsFullyPaid"]) == (50, None, False)
    assert exact.books_are_good()


def test_a_credit_note_closes_its_invoice_without_money(exact):
    invoice, credit = exact.book()["EntryID"], exact.book({"AmountFC": -100})["EntryID"]

    exact.control(
        "POST", "/_sandbox/bank/matches", {"division": NL, "entry_ids": [invoice, credit]}
    )

    assert state(exact, invoice) == [(121, 50)]
    assert state(exact, credit) == [(-121, 50)]
    assert exact.books_are_good()


def test_a_refund_pays_a_credit_note(exact):
    credit = exact.book({"AmountFC": -100})["EntryID"]

    exact.pay((credit, -21))

    assert state(exact, credit) == [(-100, 20), (-21, 50)]
    assert exact.books_are_good()


@pytest.mark.parametrize("status", [30, 40])
def test_direct_debit_shows_as_in_collection(exact, status):
    entry_id = exact.book()["EntryID"]

    exact.control(
        "POST",
        "/_sandbox/bank/collections",
        {"division": NL, "entry_id": entry_id, "status": status},
    )

    assert state(exact, entry_id) == [(121, status)]


def test_foreign_money_pays_in_the_invoices_currency(exact):
    entry = exact.book({"AmountFC": 100}, Journal="71", Currency="USD", Rate="0.9")

    exact.pay((entry["EntryID"], "40.01"))
    exact.pay((entry["EntryID"], "80.99"))

    assert state(exact, entry["EntryID"]) == [(40.01, 50), (80.99, 50)]
    assert exact.books_are_good()


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "at least one line"),
        ([("ENTRY", 0)], "zero"),
        ([("ENTRY", -5)], "sign"),
        ([("ENTRY", "x")], "not an amount"),
        ([("ENTRY", "1.005")], "not an amount"),
        ([("ENTRY", 1), ("ENTRY", 2)], "only once"),
        ([("00000000-0000-0000-0000-000000000000", 1)], "Nothing is open"),
    ],
)
def test_what_the_desk_refuses_changes_nothing(exact, lines, sentence):
    entry_id = exact.book()["EntryID"]
    body = {
        "division": NL,
        "lines": [
            {"entry_id": entry_id if name == "ENTRY" else name, "amount": amount}
            for name, amount in lines
        ],
    }

    answer = exact.control("POST", PAYMENTS, body)

    assert answer.status_code == 422
    assert sentence in answer.json()["error"]
    assert state(exact, entry_id) == [(121, 20)]


def test_a_failed_edit_leaves_the_payment_as_it_was(exact):
    entry_id = exact.book()["EntryID"]
    payment = exact.pay((entry_id, 121))

    answer = exact.control("PATCH", f"{PAYMENTS}/{payment}", {"lines": []})

    assert answer.status_code == 422
    assert state(exact, entry_id) == [(121, 50)]


@pytest.mark.parametrize(
    ("sign", "zero", "open_amount", "paid_amount"),
    [
        ("negative", False, -71, -50),
        ("positive", False, 71, 50),
        ("negative", True, -71, 0),
        ("positive", True, 71, 0),
    ],
)
def test_sign_and_zeroing_are_switches(exact, sign, zero, open_amount, paid_amount):
    entry_id = exact.book()["EntryID"]
    exact.pay((entry_id, 50))

    exact.switch(receivable_sign=sign, zero_when_matched=zero)

    shown = {term["Status"]: term["AmountDC"] for term in exact.terms_of(entry_id)}
    assert shown == {20: open_amount, 50: paid_amount}
    condition = f"TransactionEntryID eq guid'{entry_id}' and AmountDC eq {open_amount}"
    assert len(exact.get("cashflow/Receivables", filter=condition)["results"]) == 1


def test_payables_are_in_the_terms_as_line_type_22(exact):
    rows = exact.rows(
        "sync/Cashflow/PaymentTerms", filter="Timestamp gt 1L", select="LineType,Status"
    )

    assert [row["LineType"] for row in rows] == [22, 22]
    assert exact.get("cashflow/Receivables")["results"] == []


def test_receivables_list_shows_what_is_open(exact):
    entry_id = exact.book(YourRef="INV-1")["EntryID"]
    exact.pay((entry_id, 21))
    exact.pay((exact.book()["EntryID"], 121))

    (row,) = exact.get("read/financial/ReceivablesList")["results"]

    assert (row["Amount"], row["YourRef"]) == (100, "INV-1")


def test_a_receivables_description_can_be_changed_and_its_amount_not(exact):
    (term,) = exact.terms_of(exact.book()["EntryID"])
    uri = f"cashflow/Receivables(guid'{term['ID']}')"

    answer = exact.call("PUT", uri, {"Description": "called them", "AmountDC": 1})

    assert answer.status_code == 204
    assert (exact.get(uri)["Description"], exact.get(uri)["AmountDC"]) == ("called them", -121)


def test_the_page_registers_edits_unmatches_and_deletes(exact):
    entry_id = exact.book(YourRef="<b>INV & 1</b>")["EntryID"]
    page = exact.control("GET", f"/bank-desk?division={NL}").text
    assert "&lt;b&gt;INV &amp; 1&lt;/b&gt;" in page
    assert "<b>INV" not in page

    def post(path: str, **form: Any) -> str:
        answer = exact.browser.post(
            f"{exact.base_url}/bank-desk{path}", data={"division": NL, **form}, timeout=10
        )
        assert answer.status_code == (422 if 'role="alert"' in answer.text else 200)
        return str(answer.text)

    field = f"amount-{entry_id}"
    assert "is registered" in post("/payments", date="2026-11-20", **{field: "50,50"})
    assert state(exact, entry_id) == [(50.5, 50), (70.5, 20)]
    (payment,) = exact.control("GET", f"{PAYMENTS}?division={NL}").json()["payments"]
    path = f"/payments/{payment['id']}"
    assert "is changed" in post(path, action="save", date="2026-11-19", **{field: "60"})
    assert "is unmatched" in post(path, action="unmatch")
    assert state(exact, entry_id) == [(121, 20)]
    assert "is deleted" in post(path, action="delete")
    assert "is registered" in post("/full", entry_id=entry_id)
    assert state(exact, entry_id) == [(121, 50)]
    assert "Nothing is open" in post("/write-off", entry_id=entry_id)
    assert 'role="alert"' in post("/payments", date="never")


@pytest.mark.parametrize(
    ("address", "more"),
    [
        ("payments", {"lines": [{"entry_id": "", "amount": "121"}]}),
        ("write-offs", {}),
        ("memorials", {"amount": "121"}),
        ("collections", {"status": 30}),
    ],
)
def test_the_desk_of_a_division_knows_no_document_of_another(exact, address, more):
    entry_id = exact.book()["EntryID"]
    lines = [{**line, "entry_id": entry_id} for line in more.get("lines", [])]
    named = {"lines": lines} if lines else {**more, "entry_id": entry_id}

    answer = exact.control("POST", f"/_sandbox/bank/{address}", {"division": DE, **named})

    assert answer.status_code == 422, answer.text
    assert state(exact, entry_id) == [(121.0, 20)]

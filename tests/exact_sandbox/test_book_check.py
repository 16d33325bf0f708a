"""The check of the books finds each kind of untruth, so that its silence means something."""

from __future__ import annotations

import pytest

from tests.exact_sandbox.exact_client import NL


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ('UPDATE transactionlines SET "AmountDC" = "AmountDC" + 1', "debit and credit differ"),
        ('UPDATE transactionlines SET "Currency" = \'USD\' WHERE "LineNumber" = 0', "currencies"),
        ('UPDATE salesentries SET "AmountFC" = "AmountFC" + 1', "not those of its header"),
        ('UPDATE bankentries SET "ClosingBalanceFC" = 0', "not those of its header"),
        ('UPDATE salesentries SET "Status" = 50', "not those of its header"),
        ("DELETE FROM bankentries", "belongs to no entry"),
        ("UPDATE transactionlines SET \"OffsetID\" = 'x'", "which is not there"),
        ('UPDATE salesentrylines SET "VATAmountFC" = 0', "its lines"),
        ('UPDATE bankentrylines SET "AmountFC" = 1', "its ledger line differ"),
        ('UPDATE terms SET "AmountFC" = "AmountFC" + 1', "its terms differ"),
        ('UPDATE terms SET "AmountFC" = -"AmountFC" WHERE "Status" = 50', "have both signs"),
        ("UPDATE terms SET \"Account\" = 'x'", "is not of its ledger line"),
        ('UPDATE terms SET "Status" = 20', "open terms"),
        ('UPDATE terms SET "IsFullyPaid" = 1 WHERE "Status" = 20', "bears the marks of a match"),
        ("DELETE FROM match_terms", "is closed by nothing"),
        ("UPDATE terms SET \"EntryID\" = 'x'", "share the EntryID"),
        ('UPDATE terms SET "EndDate" = 0 WHERE "Status" = 50', "add up to"),
        ("DELETE FROM match_sets", "which is not there"),
        ("DELETE FROM match_sets WHERE kind = 'write_off'", "which is not there"),
        (
            (
                'INSERT INTO deleted ("Division", "EntityType", "EntityKey") '
                'SELECT "Division", 10, "ID" FROM terms'
            ),
            "still there",
        ),
        ('UPDATE salesinvoices SET "VATAmountFC" = 0', "and its entry differ"),
        ("DELETE FROM sales_invoice_entries", "printed or booked, not both"),
        ('UPDATE salesinvoicelines SET "AmountFC" = 1', "not the sum of its lines"),
        ('UPDATE terms SET "Timestamp" = 5', "the Timestamp 5"),
    ],
)
def test_damage_is_found(exact, damage, sentence):
    first, second = exact.book()["EntryID"], exact.book()["EntryID"]
    exact.pay((first, 50))
    exact.control("POST", "/_sandbox/bank/write-offs", {"division": NL, "entry_id": second})
    exact.print_invoice(exact.invoice()["InvoiceID"])
    assert exact.books_are_good()

    with exact.running.sandbox.database.transaction():
        exact.running.sandbox.database.execute(damage)

    problems = exact.control("GET", f"/_sandbox/books/{NL}/check").json()["problems"]
    assert any(sentence in problem for problem in problems), problems


def test_a_discount_too_small_for_a_percentage_is_no_damage(exact):
    exact.invoice({"Quantity": 1, "NetPrice": 10_000_000}, AmountDiscountExclVat="0.01")

    assert exact.books_are_good()

"""Records of Exact that are not as they should be: cleaned, set aside, and never taken for something better."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from integrations.exact import odata, payment_terms, rows
from integrations.exact.printing import PrintResult
from integrations.exact.sales_entries import BookedEntry
from integrations.exact.sales_invoices import MadeInvoice
from tests.integrations.exact.support import DIVISION, ENTRY, entry_row, invoice_row, term_row

PRINT_RESULT = {
    "Division": DIVISION,
    "Document": ENTRY,
    "DocumentCreationSuccess": "made",
    "EmailCreationSuccess": "sent",
    "EmailCreationError": "refused",
    "PostboxMessageCreationError": None,
}


def decoded(row):
    return odata.from_json(json.dumps(row).encode())


def test_b9_text_that_no_database_can_hold_is_cleaned():
    changes = {"YourRef": "a\0b\ud800", "Journal": "70\0 "}
    cleaned = rows.fit(
        payment_terms.PaymentTerm, {**decoded(term_row()), **changes}, division=DIVISION
    )

    assert isinstance(cleaned, payment_terms.PaymentTerm)
    assert (cleaned.your_ref, cleaned.journal) == ("ab?", "70")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(term_row())), JSON_VALUES)
def test_b9_any_mutation_of_a_term_is_a_row_or_set_aside(name, value):
    raw_rows = [{**decoded(term_row()), name: value}, decoded(term_row(2))]

    page = rows.sort_rows(payment_terms.PaymentTerm, raw_rows, division=DIVISION, next_page=None)

    assert len(page.rows) + len(page.quarantined) == 2
    assert page.rows[-1].timestamp == 2


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(entry_row())), JSON_VALUES)
def test_b9_any_mutation_of_an_entry_is_an_entry_or_set_aside(name, value):
    fitted = rows.fit(BookedEntry, {**decoded(entry_row()), name: value}, division=DIVISION)

    assert isinstance(fitted, BookedEntry | rows.Quarantined)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(invoice_row())), JSON_VALUES)
def test_b9_any_mutation_of_a_sales_invoice_is_an_invoice_or_set_aside(name, value):
    fitted = rows.fit(MadeInvoice, {**decoded(invoice_row()), name: value}, division=DIVISION)

    assert isinstance(fitted, MadeInvoice | rows.Quarantined)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(PRINT_RESULT)), JSON_VALUES)
def test_b9_no_mutation_of_a_print_result_turns_failure_into_success(name, value):
    fitted = rows.fit(PrintResult, {**PRINT_RESULT, name: value}, division=DIVISION)

    if isinstance(fitted, PrintResult) and name != "EmailCreationError":
        email = {one.way: one for one in fitted.deliveries}["email"]
        assert (email.succeeded, email.text) == (False, "refused")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Timestamp", 2**63),
        ("Timestamp", -(2**63) - 1),
        ("Timestamp", "9" * 30),
        ("TransactionType", 2**31),
        ("Status", 10**30),
        ("AmountFC", Decimal("1E+400")),
        ("AmountFC", Decimal("-1E+15")),
        ("AmountFC", "Infinity"),
        ("RateFC", "NaN"),
        ("Modified", "0001-01-01T00:00:00+23:00"),
        ("DueDate", "9999-12-31T23:59:59-10:00"),
    ],
)
def test_b9_a_number_or_a_date_that_no_column_holds_is_set_aside_with_its_row(name, value):
    fitted = rows.fit(
        payment_terms.PaymentTerm, {**decoded(term_row()), name: value}, division=DIVISION
    )

    assert isinstance(fitted, rows.Quarantined)
    assert fitted.reason.startswith(f"{name}: ")


def test_b9_the_largest_row_version_and_the_last_day_fit():
    changes = {"Timestamp": str(2**63 - 1), "EndDate": "/Date(253402214400000)/"}
    fitted = rows.fit(
        payment_terms.PaymentTerm, {**decoded(term_row()), **changes}, division=DIVISION
    )

    assert isinstance(fitted, payment_terms.PaymentTerm)
    assert (fitted.timestamp, fitted.end_date) == (2**63 - 1, date(9999, 12, 31))

"""Whatever is invoiced, invoice, entry, term, ledger and every view tell the same story."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from exact_sandbox.server import RunningSandbox
from tests.exact_sandbox.exact_client import ExactClient

prices = st.decimals("-500", "2000", places=2).map(str)
lines = st.fixed_dictionaries(
    {"Quantity": st.decimals("-20", "100", places=2).map(str), "NetPrice": prices},
    optional={
        "VATCode": st.sampled_from(["0", "1", "2", "3", "4", "5", "6", "7", "8"]),
        "Description": st.text(max_size=20),
    },
)
headers = st.fixed_dictionaries(
    {"Type": st.sampled_from([8020, 8021])},
    optional={
        "Discount": st.decimals("0", "1", places=3).map(str),
        "YourRef": st.text("0123456789-", min_size=1, max_size=12),
        "PaymentCondition": st.sampled_from(["00", "14", "EM", "KB"]),
    },
)
currencies = st.sampled_from(["EUR", "USD", "JPY", "KWD"])


@pytest.fixture(scope="module")
def client(one_sandbox: RunningSandbox) -> Iterator[ExactClient]:
    one_sandbox.sandbox.reset()
    client = ExactClient(one_sandbox)
    client.switch(error_velocity=False)
    yield client
    client.close()


def decimal(value: Any) -> Decimal:
    return Decimal(str(value))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(lines, min_size=1, max_size=5), headers, currencies, st.sampled_from([1, 2, 3]))
def test_a_printed_invoice_is_the_same_everywhere(client, wanted, header, currency, more):
    journal = "70" if currency == "EUR" else "71"
    invoice = client.invoice(*wanted, Journal=journal, Currency=currency, **header)
    for _ in range(more - 1):  # lines added one at a time are as good as those sent at once
        body = {"InvoiceID": invoice["InvoiceID"], "Item": client.item(), "NetPrice": "9.99"}
        assert client.call("POST", "salesinvoice/SalesInvoiceLines", body).status_code == 201

    client.print_invoice(invoice["InvoiceID"])

    printed = client.get(f"salesinvoice/SalesInvoices(guid'{invoice['InvoiceID']}')")
    number = printed["InvoiceNumber"]
    entry = client.row("salesentry/SalesEntries", f"InvoiceNumber eq {number}")
    for name in ("AmountFC", "VATAmountFC", "AmountDC", "Currency", "DueDate"):
        assert entry[name] == printed[name], name
    assert decimal(printed["AmountFCExclVat"]) + decimal(printed["VATAmountFC"]) == decimal(
        printed["AmountFC"]
    )
    assert entry["Type"] == (21 if entry["AmountFC"] < 0 else 20)
    terms = client.terms_of(entry["EntryID"])
    assert sum(decimal(term["AmountFC"]) for term in terms) == -decimal(printed["AmountFC"])
    ledger = client.rows(
        "financialtransaction/TransactionLines", filter=f"EntryID eq guid'{entry['EntryID']}'"
    )
    assert sum(decimal(line["AmountDC"]) for line in ledger) == 0
    rows = client.rows(
        "salesinvoice/SalesInvoiceLines", filter=f"InvoiceID eq guid'{invoice['InvoiceID']}'"
    )
    if not printed["Discount"]:
        assert sum(decimal(row["AmountFC"]) for row in rows) == decimal(printed["AmountFCExclVat"])
    assert client.books_are_good()

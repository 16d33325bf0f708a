"""The bulk and sync endpoints show sales invoices as the ordinary ones do.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncSalesInvoiceSalesInvoices
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.exact_sandbox.exact_client import ExactClient

INVOICES, LINES = "salesinvoice/SalesInvoices", "salesinvoice/SalesInvoiceLines"
BULK, SYNC = "bulk/SalesInvoice/SalesInvoices", "sync/SalesInvoice/SalesInvoices"
OPEN_QUERY = "Please add a $select or a $top=1 statement to the query string."


def synced(exact: ExactClient, since: str = "1") -> Any:
    names = "Timestamp,ID,InvoiceID,LineNumber,Status,InvoiceNumber,YourRef,AmountFC,OrderedByName"
    return exact.rows(SYNC, filter=f"Timestamp gt {since}L", select=names)


def deletions(exact: ExactClient) -> Any:
    rows = exact.rows("sync/Deleted", filter="Timestamp gt 1L", select="EntityKey,EntityType")
    return [row["EntityKey"] for row in rows if row["EntityType"] == 13]


@pytest.mark.parametrize("path", [BULK, SYNC])
def test_an_open_query_is_refused(exact, path):
    assert exact.error("GET", path) == (400, OPEN_QUERY)
    assert exact.error("GET", path, select="*")[0] == 400


def test_bulk_shows_the_header_with_its_names(exact):
    invoice = exact.invoice(YourRef="PSA-1")
    exact.invoice()
    names = "InvoiceID,YourRef,OrderedByName,JournalDescription,AmountFC"

    row = exact.row(BULK, "YourRef eq 'PSA-1'", select=names)

    assert {name: row[name] for name in names.split(",")} == {
        name: invoice[name] for name in names.split(",")
    }


def test_sync_shows_a_row_a_line_with_the_headers_values(exact):
    exact.invoice({"NetPrice": 10}, {"NetPrice": 20}, YourRef="PSA-1")

    first, second = synced(exact)

    assert [row["LineNumber"] for row in (first, second)] == [1, 2]
    assert [row["AmountFC"] for row in (first, second)] == [10, 20]
    for row in (first, second):
        assert (row["YourRef"], row["OrderedByName"]) == ("PSA-1", "De Boer Bouw N.V.")
        assert (row["Status"], row["InvoiceNumber"]) == (20, None)
    assert first["InvoiceID"] == second["InvoiceID"]


def test_all_properties_of_sync_can_be_read(exact):
    exact.print_invoice(exact.invoice()["InvoiceID"])
    names = exact.call("GET", SYNC, top="1").json()["d"][0].keys() - {"__metadata"}

    (row,) = exact.rows(SYNC, filter="Timestamp gt 1L", select=",".join(sorted(names)))

    assert len(names) == 112
    assert (row["InvoiceNumber"], row["ItemCode"], row["VATCode"]) == (26700001, "DESIGN", "2  ")
    assert (row["TypeDescription"], row["GLAccountDescription"]) == (
        "Sales invoice",
        "Omzet ontwerp",
    )


@pytest.mark.parametrize("change", ["header", "line", "print", "add"])
def test_a_change_of_header_or_line_shows_the_invoice_again(exact, change):
    invoice = exact.invoice()
    key = invoice["InvoiceID"]
    (before,) = synced(exact)
    answers = {
        "header": ("PUT", f"{INVOICES}(guid'{key}')", {"YourRef": "new"}),
        "line": ("PUT", f"{LINES}(guid'{before['ID']}')", {"Quantity": 2}),
        "print": ("POST", "salesinvoice/PrintedSalesInvoices", {"InvoiceID": key}),
        "add": ("POST", LINES, {"InvoiceID": key, "Item": exact.item()}),
    }

    assert exact.call(*answers[change]).status_code in (201, 204)

    after = synced(exact, before["Timestamp"])
    assert before["ID"] in [row["ID"] for row in after]
    assert synced(exact, after[-1]["Timestamp"]) == []


def test_reading_changes_nothing(exact):
    invoice = exact.invoice()
    (before,) = synced(exact)

    exact.get(f"{INVOICES}(guid'{invoice['InvoiceID']}')")

    assert synced(exact) == [before]


@pytest.mark.parametrize("shown", ["line", "invoice"])
def test_deletions_name_the_lines_or_the_invoice(exact, shown):
    exact.switch(deleted_sales_invoice_key=shown)
    invoice = exact.invoice({}, {})
    ids = [row["ID"] for row in synced(exact)]

    exact.call("DELETE", f"{INVOICES}(guid'{invoice['InvoiceID']}')")

    assert synced(exact) == []
    assert deletions(exact) == (ids if shown == "line" else [invoice["InvoiceID"]])


def test_invoices_can_be_filtered_counted_and_expanded(exact):
    exact.invoice({}, {}, YourRef="A")
    exact.invoice(YourRef="B", Type=8021)

    assert exact.call("GET", f"{INVOICES}/$count").text == "2"
    note = exact.row(INVOICES, "Type eq 8021 and Status eq 20", expand="SalesInvoiceLines")
    assert note["YourRef"] == "B"
    (line,) = note["SalesInvoiceLines"]["results"]
    assert line["ItemCode"] == "DESIGN"
    other = exact.row(INVOICES, "startswith(OrderedByName,'De Boer') and YourRef eq 'A'")
    rows = exact.rows(LINES, filter=f"InvoiceID eq guid'{other['InvoiceID']}'")
    assert sorted(row["LineNumber"] for row in rows) == [1, 2]

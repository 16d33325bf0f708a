"""What only exactonline does: its own refresh in time, its helpers and its elements."""

from __future__ import annotations

from tests.exact_clients.exact import DIVISION


def test_it_refreshes_in_the_last_half_minute_and_never_sees_a_refusal(exactonline):
    exact = exactonline.exact
    exact.wait(601)
    exactonline.do("customer_by_code", code="1")  # from here on the token is new
    exact.wait(575)
    exactonline.do("grow_older", seconds=575)
    before = exact.last_call()

    exactonline.do("customer_by_code", code="1")

    assert exact.calls_since(before) == [("POST", "token", 200), ("GET", "Accounts", 200)]


def test_it_lists_the_divisions_of_the_person(exactonline):
    divisions = exactonline.do("divisions")

    assert divisions[str(DIVISION)] == "Studio Noord B.V."
    assert len(divisions) >= 3


def test_its_elements_write_an_invoice_for_a_new_customer_and_write_it_again(exactonline):
    """The second time it adds the new lines, deletes the old ones and puts the header, as Exact wants it."""
    exact = exactonline.exact
    condition = {
        "Code": "15",
        "Description": "Binnen 15 dagen",
        "PaymentDays": 15,
    }  # its customers have it
    exactonline.do("create", resource="cashflow/PaymentConditions", data=condition)
    order = {"number": "F0007001", "code": "7001", "name": "Garage Snel & Zn."}
    before = exact.last_call()

    exactonline.do("commit_invoice", lines=[["8000", "100.00"], ["8010", "50.00"]], **order)
    [first] = exact.entries("F0007001")
    exactonline.do("commit_invoice", lines=[["8000", "120.00"]], **order)
    [second] = exact.entries("F0007001")

    assert (first["amount"], len(first["lines"])) == ("181.5", 2)
    assert first["customer_name"] == "Garage Snel & Zn."
    assert (second["amount"], len(second["lines"])) == ("145.2", 1)
    assert second["entry_id"] == first["entry_id"]
    written = [call for call in exact.calls_since(before) if call[0] != "GET"]
    assert written == [
        ("POST", "Accounts", 201),
        ("POST", "SalesEntries", 201),
        ("POST", "SalesEntryLines", 201),
        ("DELETE", "SalesEntryLines", 204),
        ("DELETE", "SalesEntryLines", 204),
        ("PUT", "SalesEntries", 204),
    ]


def test_it_reads_an_invoice_with_its_lines_by_the_deferred_address(exactonline):
    order = {"number": "F0007002", "code": "1", "name": "-"}
    exactonline.do("commit_invoice", lines=[["8000", "10.00"], ["8010", "20.00"]], **order)

    invoice = exactonline.do("one", resource="salesentry/SalesEntries", invoice_number="F0007002")

    assert [line["AmountFC"] for line in invoice["SalesEntryLines"]] == [10, 20]
    assert invoice["__metadata"]["type"] == "Exact.Web.Api.Models.SalesEntry"


def test_it_maps_our_numbers_to_those_of_exact_in_batches(exactonline):
    order = {"number": "F0007003", "code": "1", "name": "-", "lines": [["8000", "10.00"]]}
    exactonline.do("commit_invoice", **order)
    absent = [f"G{number}" for number in range(45)]

    found = exactonline.do("numbers_in_exact", numbers=["F0007003", *absent])

    assert found["F0007003"] == exactonline.exact.entries("F0007003")[0]["invoice_number"]
    assert {found[number] for number in absent} == {None}


def test_an_invoice_leaves_the_open_items_when_it_is_paid(exactonline):
    order = {"number": "F0007004", "code": "2", "name": "-", "lines": [["8000", "100.00"]]}
    exactonline.do("commit_invoice", **order)
    [entry] = exactonline.exact.entries("F0007004")
    number = entry["invoice_number"]

    before = exactonline.do("open_items", due_before="2027-12-31")
    exactonline.exact.pay(entry["entry_id"], "121.00")
    after = exactonline.do("open_items", due_before="2027-12-31")

    assert [row["Amount"] for row in before if row["InvoiceNumber"] == number] == [121]
    assert [row for row in after if row["InvoiceNumber"] == number] == []

"""What the Exact invoice route asks of Exact, against the sandbox over real HTTP: items, contacts, invoices."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
import responses

from exact_sandbox.server import RunningSandbox
from integrations.exact import (
    contacts,
    endpoints,
    errors,
    gl_accounts,
    items,
    sales_invoices,
)
from integrations.exact.client import ExactClient
from integrations.exact.sales_invoices import SalesInvoiceDraft
from tests.integrations.exact.invoicing import customer, draft
from tests.integrations.exact.support import (
    CUSTOMER,
    ENTRY,
    LEDGER,
    address,
    client,
)

PDF = b"%PDF-1.4 \x00\xff an invoice"


# --- items, ledger accounts, contacts ------------------------------------------------------------------------------


def test_h11_items_are_read_and_later_only_those_that_changed(sandbox, exact, records):
    first = [row for page in items.list_items(exact) for row in page.rows]
    codes = {one.code: one for one in first}
    today = sandbox.sandbox.clock.now().date()

    assert codes["HOSTING"].is_sold_on(today)
    assert codes["HOSTING"].sales_vat_code == "2"
    assert not codes["LAPTOP"].is_sold_on(today)
    assert not codes["OLD"].is_sold_on(today)
    moments = [one.modified_at for one in first if one.modified_at]
    assert moments == sorted(moments)
    assert len(moments) == len(first)

    sandbox.sandbox.clock.advance(5)
    body = {"Description": "Hosting, renamed"}
    exact.put(endpoints.ITEMS, codes["HOSTING"].exact_id, body)
    since = moments[-1] + timedelta(seconds=1)
    changed = [row for page in items.list_items(exact, modified_since=since) for row in page.rows]

    assert [one.description for one in changed] == ["Hosting, renamed"]


def test_h11_many_items_come_page_by_page_without_a_gap(exact, records):
    for number in range(70):
        body = {"Code": f"EXTRA{number:03d}", "Description": "More"}
        exact.request("POST", endpoints.ITEMS, body=body)
    records.clear()

    pages = list(items.list_items(exact))

    found = [row.exact_id for page in pages for row in page.rows]
    assert [len(page.rows) for page in pages][:-1] == [60] * (len(pages) - 1)
    assert len(pages) == len(records) >= 2
    assert len(set(found)) == len(found) >= 70


def test_p23_ledger_accounts_can_be_read_since_a_time(sandbox, exact):
    known = gl_accounts.list_gl_accounts(exact).rows
    sandbox.sandbox.clock.advance(5)
    exact.put(endpoints.GL_ACCOUNTS, known[0].exact_id, {"Description": "Renamed"})
    since = max(row.modified_at for row in known if row.modified_at) + timedelta(seconds=1)

    changed = gl_accounts.list_gl_accounts(exact, modified_since=since).rows

    assert [row.description for row in changed] == ["Renamed"]


def test_h25_h28_contacts_are_listed_by_account_and_made(exact):
    buyer, other = customer(exact), customer(exact)
    draft_of = {"first_name": "Eva", "last_name": "O'Hara", "email": "eva@acme.example"}
    contacts.create(exact, contacts.ContactDraft(account_id=other.exact_id, **draft_of))

    made = contacts.create(
        exact, contacts.ContactDraft(account_id=buyer.exact_id, phone="030 1234567", **draft_of)
    )

    (found,) = contacts.list_of_account(exact, buyer.exact_id)
    assert (found.exact_id, found.account_id) == (made.exact_id, buyer.exact_id)
    assert (found.full_name, found.email) == ("Eva O'Hara", "eva@acme.example")
    assert found.is_main


def test_h25_a_contact_that_can_not_be_read_never_looks_like_absence():
    with responses.RequestsMock() as mocked:
        mocked.get(address("crm/Contacts"), json={"d": {"results": [{"ID": "odd"}]}})
        with pytest.raises(errors.UnexpectedAnswer):
            contacts.list_of_account(client(), UUID(CUSTOMER))


# --- sales invoices -------------------------------------------------------------------------------------------------


def test_h29_an_invoice_is_made_found_changed_and_deleted(exact):
    buyer, started = customer(exact), datetime.now(UTC)

    made = sales_invoices.create(exact, draft(exact, buyer))

    assert (made.amount_fc, made.net_amount_fc) == (Decimal("161.51"), Decimal("133.48"))
    assert (made.customer_id, made.ordered_by_id) == (buyer.exact_id, buyer.exact_id)
    assert (made.invoice_number, made.entry_number, made.is_printed) == (None, None, False)
    found = sales_invoices.find_made(
        exact, customer_id=buyer.exact_id, created_after=started - timedelta(hours=2)
    )
    later = sales_invoices.find_made(
        exact, customer_id=buyer.exact_id, created_after=started + timedelta(hours=2)
    )
    assert ([one.exact_id for one in found], later) == ([made.exact_id], [])
    read = sales_invoices.get(exact, made.exact_id)
    assert read.lines is not None
    assert (read.lines[0].description, read.lines[0].notes) == ("10 - Hosting", "May")
    assert read.lines[1].from_date == date(2024, 5, 1)
    assert (read.lines[0].quantity, read.lines[0].net_price) == (Decimal(3), Decimal("33.37"))

    sales_invoices.update_header(exact, made.exact_id, {"Description": "Changed"})
    added = sales_invoices.create_line(exact, made.exact_id, draft(exact, buyer).lines[0])
    sales_invoices.update_line(exact, added.exact_id, {"Quantity": Decimal(1)})
    changed = sales_invoices.get(exact, made.exact_id)
    assert (changed.description, changed.line_count) == ("Changed", 3)
    assert changed.net_amount_fc == Decimal("166.85")
    sales_invoices.delete_line(exact, added.exact_id)

    sales_invoices.delete(exact, made.exact_id)
    with pytest.raises(errors.NotFound):
        sales_invoices.get(exact, made.exact_id)


def test_what_exact_never_changes_is_not_sent(exact):
    for name in ("OrderedBy", "InvoiceTo", "Journal", "SalesInvoiceLines"):
        with pytest.raises(ValueError, match=name):
            sales_invoices.update_header(exact, UUID(ENTRY), {name: "x"})


def test_another_account_may_pay(exact):
    buyer, payer = customer(exact), customer(exact)

    made = sales_invoices.create(exact, draft(exact, buyer, invoice_to_id=payer.exact_id))

    assert (made.customer_id, made.ordered_by_id) == (payer.exact_id, buyer.exact_id)


def test_headers_of_several_invoices_are_read_in_one_call(exact, records):
    buyer = customer(exact)
    made = [sales_invoices.create(exact, draft(exact, buyer)).exact_id for _ in range(2)]
    records.clear()

    found = sales_invoices.read_headers(exact, [*made, uuid4()])

    assert {one.exact_id for one in found} == set(made)
    assert len(records) == 1
    for wrong in ([], [uuid4()] * 16):
        with pytest.raises(ValueError, match="at a time"):
            sales_invoices.read_headers(exact, wrong)


def test_a_stored_invoice_draft_is_the_same_draft_again():
    line = {"item_id": LEDGER, "quantity": "1.5", "net_price": "0.333333", "to_date": "2024-02-29"}
    wished = SalesInvoiceDraft.model_validate(
        {"customer_id": CUSTOMER, "journal": "70", "lines": [line]}
    )
    stored = json.loads(json.dumps(wished.model_dump(mode="json")))

    assert SalesInvoiceDraft.model_validate(stored) == wished
    assert stored["lines"][0]["net_price"] == "0.333333"


INVOICE_FAULTS = [
    ("drop_before", errors.OutcomeUnknown, 0),
    ("commit_then_drop", errors.OutcomeUnknown, 1),
    ("garbage_json", errors.OutcomeUnknown, 1),
]


@pytest.mark.parametrize(("fault", "error", "made"), INVOICE_FAULTS)
def test_a5_to_a13_an_invoice_is_made_once_and_the_look_up_tells_the_truth(
    sandbox: RunningSandbox,
    exact: ExactClient,
    fault: str,
    error: type[errors.ExactError],
    made: int,
) -> None:
    buyer = customer(exact)
    wished = draft(exact, buyer)
    before = datetime.now(UTC) - timedelta(hours=2)
    sandbox.sandbox.faults.add({"fault": fault, "method": "POST", "path": "SalesInvoices"})

    with pytest.raises(error):
        sales_invoices.create(exact, wished)

    found = sales_invoices.find_made(exact, customer_id=buyer.exact_id, created_after=before)
    assert len(found) == made

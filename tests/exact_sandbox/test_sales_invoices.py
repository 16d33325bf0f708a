"""Sales invoices are kept by Exact's rules until they are printed.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoiceSalesInvoices
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.exact_sandbox.exact_client import BE, BRAM, CLAIRE, DE, DIETER

INVOICES, LINES = "salesinvoice/SalesInvoices", "salesinvoice/SalesInvoiceLines"
NOBODY = "00000000-0000-0000-0000-000000000001"


def address(invoice: Any) -> str:
    return f"{INVOICES}(guid'{invoice['InvoiceID']}')"


# What a new invoice is.


def test_a_new_invoice_is_open_without_a_number_and_not_in_the_books(exact):
    invoice = exact.invoice({"Quantity": 2, "NetPrice": 50}, YourRef="PSA-7")

    assert (invoice["Status"], invoice["StatusDescription"]) == (20, "Open")
    assert (invoice["Type"], invoice["TypeDescription"]) == (8020, "Sales invoice")
    assert invoice["InvoiceNumber"] is None
    assert (invoice["AmountFC"], invoice["AmountFCExclVat"], invoice["VATAmountFC"]) == (
        121,
        100,
        21,
    )
    assert (invoice["AmountDC"], invoice["VATAmountDC"]) == (121, 21)
    assert (invoice["Currency"], invoice["PaymentCondition"], invoice["YourRef"]) == (
        "EUR",
        "30",
        "PSA-7",
    )
    assert exact.truth() == []
    assert exact.terms() == []
    assert exact.books_are_good()


def test_names_are_looked_up(exact):
    buyer = exact.customer()
    invoice = exact.invoice(InvoiceToContactPerson=exact.new_contact(buyer))

    assert invoice["OrderedByName"] == invoice["InvoiceToName"] == "De Boer Bouw N.V."
    assert invoice["InvoiceToContactPersonFullName"] == "Piet Jansen"
    assert (invoice["JournalDescription"], invoice["PaymentConditionDescription"]) == (
        "Verkoopboek",
        "30 dagen",
    )


def test_the_invoice_goes_to_who_ordered_it_unless_the_account_says_otherwise(exact):
    payer = exact.customer(2)
    buyer = exact.new_account(InvoiceAccount=payer)
    own = exact.invoice()
    other = exact.invoice(OrderedBy=buyer)
    chosen = exact.invoice(OrderedBy=buyer, InvoiceTo=exact.customer(3), DeliverTo=payer)

    assert own["InvoiceTo"] == own["DeliverTo"] == own["OrderedBy"]
    assert (other["InvoiceTo"], other["DeliverTo"]) == (payer, buyer)
    assert (chosen["InvoiceTo"], chosen["DeliverTo"]) == (exact.customer(3), payer)


def test_order_numbers_follow_each_other_or_are_the_callers(exact):
    numbers = [exact.invoice(**header)["OrderNumber"] for header in ({}, {"OrderNumber": 500}, {})]

    assert numbers == [1, 500, 501]


def test_a_new_invoice_may_be_a_draft(exact):
    exact.switch(new_sales_invoice_status="10")
    invoice = exact.invoice()

    assert (invoice["Status"], invoice["StatusDescription"]) == (10, "Draft")
    assert exact.call("PUT", address(invoice), {"YourRef": "x"}).status_code == 204


def test_the_number_may_be_given_at_entry(exact):
    exact.switch(sales_invoice_number="at_entry")
    first, second = exact.invoice(), exact.invoice()

    assert (first["InvoiceNumber"], second["InvoiceNumber"]) == (26700001, 26700002)
    assert exact.book()["EntryNumber"] == 26700003
    assert exact.error("POST", "salesentry/SalesEntries", exact.entry(EntryNumber=26700001)) == (
        500,
        "Data already exists.",
    )


def test_the_callers_own_invoice_id_is_a_switch(exact):
    own = "11111111-2222-3333-4444-555555555555"
    assert exact.invoice(InvoiceID=own)["InvoiceID"] != own

    exact.switch(entry_id_honored=True)

    assert exact.invoice(InvoiceID=own)["InvoiceID"] == own
    body = exact.invoice_body(InvoiceID=own)
    assert exact.error("POST", INVOICES, body) == (500, "Data already exists.")


def test_what_the_reference_calls_read_only_is_ignored(exact):
    invoice = exact.invoice(
        InvoiceNumber=99, Status=50, AmountFC=1, InvoiceDate="2020-01-01T00:00:00"
    )

    assert (invoice["InvoiceNumber"], invoice["Status"], invoice["AmountFC"]) == (None, 20, 121)


def test_a_foreign_currency_is_kept_beside_the_divisions_own(exact):
    invoice = exact.invoice({"NetPrice": 100}, Journal="71", Currency="USD")

    assert (invoice["AmountFC"], invoice["AmountDC"]) == (121, 111.32)
    assert exact.error("POST", INVOICES, exact.invoice_body(Currency="USD")) == (
        500,
        "Invalid: Currency",
    )


# Refusals.


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (
            {},
            [
                "Mandatory: Diary",
                "Mandatory: Invoice to",
                "Mandatory: Ordered by",
                "Mandatory: Lines",
            ],
        ),
        (
            {"Journal": "70", "SalesInvoiceLines": []},
            ["Mandatory: Invoice to", "Mandatory: Ordered by", "Mandatory: Lines"],
        ),
        (
            {"Journal": "70", "OrderedBy": NOBODY, "SalesInvoiceLines": [{"Quantity": 1}]},
            ["Mandatory: Item"],
        ),
        (
            {"Journal": "70", "InvoiceTo": NOBODY, "SalesInvoiceLines": [{"Item": NOBODY}]},
            ["Mandatory: Ordered by"],
        ),
    ],
)
def test_what_is_mandatory_is_named(exact, body, texts):
    assert exact.error("POST", INVOICES, body) == (500, "\r\n".join(texts))


@pytest.mark.parametrize(
    ("username", "division", "text"),
    [
        (BRAM, None, "Verplicht: Factuur voor\r\nVerplicht: Besteld door"),
        (DIETER, DE, "Pflichtfeld: Rechnung an\r\nPflichtfeld: Bestellt von"),
        (CLAIRE, BE, "Obligatoire : Facture à\r\nObligatoire : Commandé par"),
    ],
)
def test_both_parties_are_missed_in_the_users_language(log_on, username, division, text):
    client = log_on(username, division) if division else log_on(username)
    body = {"Journal": "70", "SalesInvoiceLines": [{"Item": NOBODY}]}

    assert client.error("POST", INVOICES, body) == (500, text)


def test_only_a_customer_gets_an_invoice(log_on):
    bram = log_on(BRAM)
    prospect = bram.row("crm/Accounts", "Status eq 'P' and trim(Code) eq '77'", select="ID")["ID"]

    assert bram.refused_invoice(OrderedBy=prospect) == "Ongeldig: Factuur voor (Type)"


def test_a_missing_payment_condition_is_named(log_on):
    bram = log_on(BRAM)
    bram.admin(default_payment_condition=None)

    assert bram.refused_invoice() == "Verplicht: Betalingsconditie"
    assert bram.invoice(PaymentCondition="14")["PaymentCondition"] == "14"
    assert bram.invoice(OrderedBy=bram.customer(5))["PaymentCondition"] == "14"  # the account's own


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ({"OrderedBy": NOBODY}, "Invalid reference: Ordered by"),
        ({"InvoiceTo": NOBODY}, "Invalid reference: Invoice to"),
        ({"DeliverTo": NOBODY}, "Invalid reference: Deliver to"),
        ({"Journal": "99"}, "Invalid reference: Journals"),
        ({"Journal": "20"}, "Invalid journal. The journal must be a sales journal."),
        ({"Journal": "79"}, "Blocked: Journal"),
        ({"PaymentCondition": "99"}, "Invalid reference: Payment condition"),
        ({"InvoiceToContactPerson": NOBODY}, "Invalid reference: Contact person"),
        ({"Document": NOBODY}, "Invalid reference: Document"),
        ({"Type": 20}, "Invalid: Type"),
        ({"Type": 8023}, "Mandatory: Warehouse"),
        ({"Type": 8024, "Warehouse": NOBODY}, "Not allow to update in Basic : Warehouse"),
        ({"Warehouse": NOBODY}, "Not allow to update in Basic : Warehouse"),
        ({"Discount": 1.5}, "Invalid: Discount"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(exact, header, text):
    assert exact.refused_invoice(**header) == text


def test_a_contact_person_of_another_account_is_refused(exact):
    stranger = exact.new_contact(exact.customer(2))

    assert (
        exact.refused_invoice(InvoiceToContactPerson=stranger)
        == "Invalid reference: Contact person"
    )


def test_a_blocked_customer_gets_no_invoice(exact):
    assert exact.refused_invoice(OrderedBy=exact.customer(70)) == "Blocked: Invoice to"


def test_a_discount_on_the_whole_invoice_lowers_net_and_vat(exact):
    by_percentage = exact.invoice({"NetPrice": 100}, {"NetPrice": 50}, Discount=0.1)
    by_amount = exact.invoice({"NetPrice": 100}, AmountDiscount=12.1)
    by_net = exact.invoice({"NetPrice": 100}, AmountDiscountExclVat=25)

    assert (by_percentage["AmountFCExclVat"], by_percentage["VATAmountFC"]) == (135, 28.35)
    assert (by_percentage["DiscountType"], by_percentage["AmountDiscount"]) == (1, 18.15)
    assert (by_amount["DiscountType"], by_amount["Discount"], by_amount["AmountFC"]) == (
        3,
        0.1,
        108.9,
    )
    assert (by_net["DiscountType"], by_net["AmountFCExclVat"], by_net["AmountFC"]) == (2, 75, 90.75)
    assert exact.books_are_good()


# Changes.


def test_the_header_of_an_open_invoice_can_be_changed(exact):
    invoice = exact.invoice()
    changes = {"YourRef": "PSA-8", "PaymentCondition": "14", "Description": "New", "Type": 8021}

    assert exact.call("PUT", address(invoice), changes).status_code == 204

    changed = exact.get(address(invoice))
    assert {name: changed[name] for name in changes} == changes
    assert changed["TypeDescription"] == "Sales credit note"
    assert changed["DueDate"] != invoice["DueDate"]


def test_parties_and_journal_cannot_be_changed_afterwards(exact):
    invoice = exact.invoice()
    changes = {"OrderedBy": exact.customer(2), "InvoiceTo": exact.customer(2), "Journal": "71"}

    assert exact.call("PUT", address(invoice), changes).status_code == 204

    after = exact.get(address(invoice))
    assert [after[name] for name in changes] == [invoice[name] for name in changes]


def test_lines_in_a_change_of_the_header_are_refused(exact):
    invoice = exact.invoice()
    status, text = exact.error("PUT", address(invoice), {"SalesInvoiceLines": [{"Quantity": 2}]})

    assert status == 400
    assert text.startswith("Error processing request stream. Binding to new entities")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"PaymentCondition": "99"}, "Invalid reference: Payment condition"),
        ({"Currency": "USD"}, "Invalid: Currency"),
        ({"InvoiceID": NOBODY}, "Data already exists."),
        ({"Type": None}, "Invalid: Type"),
    ],
)
def test_a_change_that_does_not_fit_changes_nothing(exact, changes, text):
    invoice = exact.invoice()

    assert exact.error("PUT", address(invoice), changes) == (500, text)
    assert exact.get(address(invoice)) == invoice


def test_what_an_invoice_names_cannot_be_deleted(exact):
    buyer = exact.new_account()
    person = exact.new_contact(buyer)
    exact.invoice(OrderedBy=buyer, InvoiceToContactPerson=person)

    assert exact.error("DELETE", f"crm/Accounts(guid'{buyer}')") == (500, "In use: Account")
    assert exact.error("DELETE", f"crm/Contacts(guid'{person}')")[0] == 500


def test_a_deleted_document_is_no_longer_linked(exact):
    document = exact.call("POST", "documents/Documents", {"Subject": "x", "Type": 55}).json()["d"]
    invoice = exact.invoice(Document=document["ID"])

    assert exact.call("DELETE", f"documents/Documents(guid'{document['ID']}')").status_code == 204

    assert exact.get(address(invoice))["Document"] is None


def test_the_highest_order_number_is_not_counted_on(exact):
    exact.invoice(OrderNumber=2**31 - 1)

    assert exact.invoice()["OrderNumber"] == 1


def test_an_invoice_that_is_not_printed_can_be_deleted(exact):
    invoice = exact.invoice({}, {})

    assert exact.call("DELETE", address(invoice)).status_code == 204
    assert exact.sales_invoices() == []
    assert exact.rows(LINES) == []


def test_an_invoice_is_seen_in_its_own_division_only(exact, log_on):
    invoice = exact.invoice()
    belgian = log_on(division=BE)

    assert belgian.call("GET", address(invoice)).status_code == 404
    assert belgian.call("DELETE", address(invoice)).status_code == 404
    assert belgian.rows(INVOICES) == []

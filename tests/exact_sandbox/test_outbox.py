"""What printing sends lands in the outbox, each way on its own."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.exact_sandbox.exact_client import BE, DE, ExactClient


def sent(exact: ExactClient, invoice: Any | None = None, **flags: Any) -> Any:
    """Print an invoice; return the answer without what is empty."""
    invoice = invoice or exact.invoice()
    answer = exact.print_invoice(invoice["InvoiceID"], **flags)
    return {name: value for name, value in answer.items() if value is not None}


def test_the_whole_way_of_an_invoice_takes_four_calls(exact):
    """H-20 to H-40: account, contact, invoice, print; the number comes back on the invoice."""
    item = exact.item()
    exact.control("DELETE", "/_sandbox/log")
    buyer = exact.new_account(Email="info@nieuw.example")
    person = exact.call(
        "POST",
        "crm/Contacts",
        {"Account": buyer, "FirstName": "Eva", "LastName": "Smit", "Email": "eva@nieuw.example"},
    ).json()["d"]
    invoice = exact.call(
        "POST",
        "salesinvoice/SalesInvoices",
        {
            "Journal": "70",
            "OrderedBy": buyer,
            "InvoiceTo": buyer,
            "InvoiceToContactPerson": person["ID"],
            "Type": 8020,
            "PaymentReference": "Website - 2026-0042",
            "SalesInvoiceLines": [
                {
                    "Item": item,
                    "Description": "1 - Design",
                    "Notes": "Home page",
                    "Quantity": 1,
                    "NetPrice": "1250.00",
                    "VATCode": "2",
                }
            ],
        },
    ).json()["d"]
    answer = sent(exact, invoice, SendEmailToCustomer=True)

    log = exact.control("GET", "/_sandbox/log").json()["entries"]
    assert [(entry["method"], entry["status"]) for entry in log] == [("POST", 201)] * 4
    assert answer["EmailCreationSuccess"] == "The e-mail is sent to eva@nieuw.example."
    (message,) = exact.outbox()
    assert (message["to"], message["to_name"]) == ("eva@nieuw.example", "Eva Smit")
    assert "Website - 2026-0042" in message["text"]
    (booked,) = exact.sales_invoices()
    assert booked["invoice_number"] == message["invoice_number"] == 26700001
    (entry,) = exact.truth()
    assert (entry["payment_reference"], entry["amount"]) == ("Website - 2026-0042", "1512.5")


def test_an_email_carries_the_invoice_in_the_customers_language(exact):
    answer = sent(exact, SendEmailToCustomer=True, ExtraText="Bedankt!")
    (message,) = exact.outbox()

    assert message["kind"] == "email"
    assert (message["from"], message["to"]) == (
        "administration@studio-noord.example",
        "administratie@nl-1.example",
    )
    assert message["subject"] == "Factuur 26700001 - Studio Noord B.V."
    assert message["text"].startswith("Beste De Boer Bouw N.V.,")
    assert "26700001" in message["text"]
    assert "€\u00a0121,00" in message["text"]
    assert "Bedankt!" in message["text"]
    assert (message["language"], message["division"]) == ("NL", exact.division)
    assert answer["EmailCreationSuccess"].endswith("administratie@nl-1.example.")
    one = exact.control("GET", f"/_sandbox/outbox/{message['id']}").json()
    assert one == message


@pytest.mark.parametrize(
    ("language", "subject", "greeting"),
    [
        ("EN", "Invoice", "Dear"),
        ("NL-BE", "Factuur", "Beste"),
        ("DE", "Rechnung", "Guten Tag"),
        ("FR", "Facture", "Bonjour"),
        ("PL", "Invoice", "Dear"),  # not one of ours: the user's own, which is English
    ],
)
def test_each_language_has_its_words(exact, language, subject, greeting):
    buyer = exact.new_account(Language=language, Email="a@b.example")

    sent(exact, exact.invoice(OrderedBy=buyer), SendEmailToCustomer=True)

    (message,) = exact.outbox()
    assert message["subject"].startswith(subject)
    assert message["text"].startswith(greeting)


def test_a_credit_note_is_called_one(exact):
    note = exact.invoice({"Quantity": -1, "NetPrice": 100}, Type=8021)

    sent(exact, note, SendEmailToCustomer=True)

    assert exact.outbox()[0]["subject"].startswith("Creditnota 26700001")


def test_the_attachment_is_the_pdf(exact):
    sent(exact, SendEmailToCustomer=True)
    (attachment,) = exact.outbox()[0]["attachments"]

    answer = requests.get(f"{exact.base_url}{attachment['url']}", timeout=10)

    assert answer.headers["Content-Type"] == attachment["content_type"] == "application/pdf"
    assert len(answer.content) == attachment["size"]
    assert answer.content.startswith(b"%PDF-")


def test_the_sender_can_be_named(exact):
    sent(exact, SendEmailToCustomer=True, SenderEmailAddress="anna@studio-noord.example")

    assert exact.outbox()[0]["from"] == "anna@studio-noord.example"


@pytest.mark.parametrize(
    ("account", "flags", "text"),
    [
        ({}, {}, "The e-mail is not sent. Mandatory: E-mail address - Nieuw B.V."),
        (
            {"Email": "a@b.example"},
            {"SenderEmailAddress": "nobody"},
            "The e-mail is not sent. Invalid: E-mail address - nobody",
        ),
    ],
)
def test_an_email_that_cannot_go_is_told_and_the_invoice_booked(exact, account, flags, text):
    invoice = exact.invoice(OrderedBy=exact.new_account(**account))

    answer = sent(exact, invoice, SendEmailToCustomer=True, **flags)

    assert answer["EmailCreationError"] == text
    assert "EmailCreationSuccess" not in answer
    assert "DocumentCreationSuccess" in answer
    assert exact.outbox() == []
    assert len(exact.truth()) == 1


@pytest.mark.parametrize(
    ("flags", "kinds"),
    [
        ({}, []),
        ({"SendEmailToCustomer": False}, []),
        ({"SendInvoiceToCustomerPostbox": True}, ["postbox"]),
        ({"SendInvoiceViaPeppol": True}, ["peppol"]),
        # "This option overrules SendInvoiceToCustomerPostbox."
        ({"SendEmailToCustomer": True, "SendInvoiceToCustomerPostbox": True}, ["email"]),
        ({"SendEmailToCustomer": True, "SendInvoiceViaPeppol": True}, ["email", "peppol"]),
    ],
)
def test_the_flags_say_how_an_invoice_goes_out(exact, flags, kinds):
    answer = sent(exact, **flags)

    assert sorted(message["kind"] for message in exact.outbox()) == kinds
    names = {"email": "Email", "postbox": "PostboxMessage", "peppol": "Peppol"}
    told = {name for name in answer if name.endswith(("Success", "Error"))}
    assert told - {"DocumentCreationSuccess"} == {f"{names[kind]}CreationSuccess" for kind in kinds}


@pytest.mark.parametrize(
    ("method", "kinds"),
    [(None, []), (1, []), (2, ["email"]), (4, ["postbox"]), (32, ["peppol"])],
)
def test_the_account_may_say_how_it_gets_its_invoices(exact, method, kinds):
    buyer = exact.new_account(
        InvoicingMethod=method, Email="a@b.example", VATNumber="NL123456789B01"
    )

    sent(exact, exact.invoice(OrderedBy=buyer), SendOutputBasedOnAccount=True)

    assert [message["kind"] for message in exact.outbox()] == kinds


def test_a_flag_comes_before_what_the_account_prefers(exact):
    buyer = exact.new_account(InvoicingMethod=32, Email="a@b.example", VATNumber="NL123456789B01")
    flags = {"SendOutputBasedOnAccount": True, "SendEmailToCustomer": True}

    sent(exact, exact.invoice(OrderedBy=buyer), **flags)

    assert [message["kind"] for message in exact.outbox()] == ["email"]


def test_peppol_needs_a_number_of_the_customer(exact):
    answer = sent(exact, exact.invoice(OrderedBy=exact.new_account()), SendInvoiceViaPeppol=True)

    assert answer["PeppolCreationError"] == (
        "The invoice is not sent via Peppol. Mandatory: Peppol identifier - Nieuw B.V."
    )
    assert exact.outbox() == []


def test_a_postbox_needs_the_license(exact):
    exact.switch(mailbox_license=False)

    answer = sent(exact, SendInvoiceToCustomerPostbox=True)

    assert answer["PostboxMessageCreationError"] == "Not allow to update in Basic : Mailbox"


@pytest.mark.parametrize(
    ("fails", "flags"),
    [
        ("Document", {}),
        ("Email", {"SendEmailToCustomer": True}),
        ("PostboxMessage", {"SendInvoiceToCustomerPostbox": True}),
        ("Peppol", {"SendInvoiceViaPeppol": True}),
    ],
)
def test_each_output_can_be_made_to_fail(exact, fails, flags):
    exact.switch(printing_fails=fails.lower().removesuffix("message"))

    answer = sent(exact, **flags)

    assert answer[f"{fails}CreationError"].startswith("The output could not be created.")
    assert f"{fails}CreationSuccess" not in answer
    assert exact.outbox() == []
    assert len(exact.truth()) == 1


def test_printing_again_may_only_send_again(exact):
    exact.switch(print_again="sends_again", printing_fails="email")
    invoice = exact.invoice({"NetPrice": 100}, AmountDiscount=10, Journal="71", Currency="USD")
    assert "EmailCreationError" in sent(exact, invoice, SendEmailToCustomer=True)
    before = exact.truth()
    exact.switch(printing_fails="")

    answer = sent(exact, invoice, SendEmailToCustomer=True)

    assert "EmailCreationSuccess" in answer
    assert len(exact.outbox()) == 1
    assert exact.truth() == before
    assert len(exact.rows("documents/Documents")) == 2
    assert exact.books_are_good()


def test_the_outbox_can_be_searched_and_emptied(exact, log_on):
    german = log_on(division=DE)
    invoices = [exact.invoice(), exact.invoice()]
    for invoice in invoices:
        sent(exact, invoice, SendEmailToCustomer=True, SendInvoiceViaPeppol=True)
    body = {
        "Journal": "400",
        "OrderedBy": german.customer(),
        "SalesInvoiceLines": [{"Item": german.item()}],
    }
    other = german.call("POST", "salesinvoice/SalesInvoices", body).json()["d"]
    sent(german, other, SendEmailToCustomer=True)

    def found(query: str) -> list[Any]:
        answer = exact.control("GET", f"/_sandbox/outbox{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()["messages"]

    assert [message["invoice_number"] for message in found("")] == [26400001] + [26700002] * 2 + [
        26700001
    ] * 2
    assert len(found(f"?division={exact.division}")) == 4
    assert found(f"?division={BE}") == []
    assert len(found(f"?invoice_id={invoices[0]['InvoiceID']}")) == 2
    assert len(found("?kind=peppol")) == 2

    assert exact.control("DELETE", "/_sandbox/outbox").status_code == 204
    assert found("") == []
    assert len(exact.truth()) == 2


def test_an_unknown_message_or_file_is_not_found(exact):
    sent(exact, SendEmailToCustomer=True)
    (message,) = exact.outbox()

    for path in ("nothing", f"{message['id']}/attachments/other.pdf"):
        assert exact.control("GET", f"/_sandbox/outbox/{path}").status_code == 404


def test_a_reset_empties_the_outbox(exact):
    sent(exact, SendEmailToCustomer=True)

    exact.control("POST", "/_sandbox/reset")

    assert exact.outbox() == []

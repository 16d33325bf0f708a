"""What webhooks tell, in which form, and with which signature.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=WebhooksWebhookSubscriptions
"""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from exact_sandbox.options import DEFAULT_CLIENT_ID
from exact_sandbox.webhooks.events import summary
from tests.exact_sandbox.exact_client import DE, NL
from tests.exact_sandbox.webhook_steps import RAW, SECRET, deliver, new_account, subscribe, told


def test_a_delivery_has_exacts_raw_form_and_signature(exact, receiver):
    subscribe(exact, receiver, "Accounts")
    account = new_account(exact, Name="Ünïcode & Co")

    (body,) = receiver.wait_for(1)

    match = RAW.fullmatch(body)
    assert match, body
    raw, topic, client_id, division, action, key, endpoint, signature = match.groups()
    expected = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest().upper()
    assert signature.decode() == expected
    assert (topic, action) == (b"Accounts", b"Create")
    assert client_id.decode() == DEFAULT_CLIENT_ID
    assert int(division) == NL
    assert key.decode() == account["ID"]
    assert endpoint.decode() == account["__metadata"]["uri"]
    assert exact.get(endpoint.decode())["ID"] == account["ID"]
    _, headers, _ = receiver.calls[-1]
    assert headers["Content-Type"] == "application/json"


def test_what_happened_is_told_once_a_transaction(manual, receiver):
    subscribe(manual, receiver, "Accounts")
    account = new_account(manual)
    address = f"crm/Accounts(guid'{account['ID']}')"
    manual.call("PUT", address, {"Name": "Other"})
    manual.call("DELETE", address)

    assert told(manual) == [("Accounts", "Create"), ("Accounts", "Update"), ("Accounts", "Delete")]


def test_what_was_refused_is_not_told(manual, receiver):
    for topic in ("Accounts", "FinancialTransactions"):
        subscribe(manual, receiver, topic)

    manual.call("POST", "crm/Accounts", {"Name": "New", "Code": "1"})
    manual.call("POST", "salesentry/SalesEntries", manual.entry(Journal="nothing"))

    assert told(manual) == []


def test_a_division_is_told_of_its_own_changes_only(manual, receiver, log_on):
    subscribe(log_on(division=DE), receiver, "Accounts")

    new_account(manual)

    assert told(manual) == []


def test_one_booking_is_told_under_several_topics(manual, receiver):
    for topic in ("FinancialTransactions", "TransactionLines", "Documents"):
        subscribe(manual, receiver, topic)
    body = {"Subject": "Invoice", "Type": 10}
    document = manual.call("POST", "documents/Documents", body).json()["d"]
    deliver(manual)

    entry = manual.book(Document=document["ID"])

    tried = deliver(manual)
    assert sorted((each["topic"], each["action"]) for each in tried) == [
        ("Documents", "Update"),
        ("FinancialTransactions", "Create"),
        *[("TransactionLines", "Create")] * 3,
    ]
    keys = {each["key"] for each in tried if each["topic"] == "FinancialTransactions"}
    assert keys == {entry["EntryID"]}


def test_a_changed_and_a_deleted_entry_are_told(manual, receiver):
    subscribe(manual, receiver, "FinancialTransactions")
    entry = manual.book()
    address = f"salesentry/SalesEntries(guid'{entry['EntryID']}')"
    manual.call("PUT", address, {"Description": "Other"})
    manual.call("DELETE", address)

    assert [action for _, action in told(manual)] == ["Create", "Update", "Delete"]


def test_a_payment_is_told_as_transactions_never_as_terms(manual, receiver):
    entry = manual.book()
    subscribe(manual, receiver, "FinancialTransactions")

    manual.pay((entry["EntryID"], "121.00"))

    actions = {each["key"]: each["action"] for each in deliver(manual) if each["kind"] == "event"}
    assert "Create" in actions.values()
    assert actions.get(entry["EntryID"], "Update") == "Update"


def test_a_sales_invoice_is_told_and_so_is_what_printing_makes(manual, receiver):
    for topic in ("SalesInvoices", "FinancialTransactions", "Documents", "DocumentAttachments"):
        subscribe(manual, receiver, topic)
    deliver(manual)

    invoice = manual.invoice()
    assert told(manual) == [("SalesInvoices", "Create")]
    body = {"InvoiceID": invoice["InvoiceID"], "Item": manual.item()}
    manual.call("POST", "salesinvoice/SalesInvoiceLines", body)
    assert told(manual) == [("SalesInvoices", "Update")]
    manual.print_invoice(invoice["InvoiceID"])
    assert sorted(told(manual)) == [
        ("DocumentAttachments", "Create"),
        ("Documents", "Create"),
        ("FinancialTransactions", "Create"),
        ("SalesInvoices", "Update"),
    ]


def test_documents_attachments_contacts_and_accounts_of_the_ledger_are_told(manual, receiver):
    for topic in ("Documents", "DocumentAttachments", "Contacts", "GLAccounts", "Items"):
        subscribe(manual, receiver, topic)
    deliver(manual)

    document = manual.call("POST", "documents/Documents", {"Subject": "S", "Type": 55}).json()["d"]
    file = {
        "Document": document["ID"],
        "FileName": "a.txt",
        "Attachment": base64.b64encode(b"a").decode(),
    }
    attachment = manual.call("POST", "documents/DocumentAttachments", file).json()["d"]
    manual.call("DELETE", f"documents/Documents(guid'{document['ID']}')")
    person = {"Account": manual.customer(50), "FirstName": "A", "LastName": "B"}
    manual.call("POST", "crm/Contacts", person)
    manual.call("POST", "financial/GLAccounts", {"Code": "8877", "Description": "x"})

    tried = deliver(manual)
    assert sorted((each["topic"], each["action"]) for each in tried) == [
        ("Contacts", "Create"),
        ("DocumentAttachments", "Create"),
        ("DocumentAttachments", "Delete"),
        ("Documents", "Create"),
        ("Documents", "Delete"),
        ("GLAccounts", "Create"),
    ]
    addresses = {each["content"]["ExactOnlineEndpoint"] for each in tried}
    assert (
        f"{manual.base_url}/api/v1/{NL}/documents/DocumentAttachments(guid'{attachment['ID']}')"
        in addresses
    )


@pytest.mark.parametrize(
    ("actions", "amounts_to"),
    [
        (["Create"], "Create"),
        (["Create", "Update"], "Create"),
        (["Create", "Delete"], None),
        (["Update", "Update"], "Update"),
        (["Update", "Delete"], "Delete"),
        (["Delete", "Create"], "Update"),
        (["Delete", "Delete"], "Delete"),
        (["Delete", "Create", "Delete"], "Delete"),
    ],
)
def test_changes_of_one_transaction_amount_to_one(actions, amounts_to):
    assert summary(actions) == amounts_to

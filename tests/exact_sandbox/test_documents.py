"""Documents and their attachments, and the three ways to get a PDF onto a sales entry.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocuments
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocumentAttachments
"""

from __future__ import annotations

import base64

import pytest
import requests

from tests.exact_sandbox.exact_client import BE, BRAM, CLAIRE, DE, NL

DOCUMENTS, ATTACHMENTS = "documents/Documents", "documents/DocumentAttachments"
ENTRIES = "salesentry/SalesEntries"
UNKNOWN = "11111111-1111-1111-1111-111111111111"
PDF = b"%PDF-1.4\nan invoice \xff\x00"


def create(exact, **values):
    answer = exact.call("POST", DOCUMENTS, {"Subject": "Invoice 1", "Type": 10, **values})
    assert answer.status_code == 201, answer.text
    return answer.json()["d"]


def attach(exact, document, content=PDF, name="invoice 1.pdf"):
    body = {
        "Document": document["ID"],
        "FileName": name,
        "Attachment": base64.b64encode(content).decode(),
    }
    answer = exact.call("POST", ATTACHMENTS, body)
    assert answer.status_code == 201, answer.text
    return answer.json()["d"]


def uri(document, path=DOCUMENTS):
    return f"{path}(guid'{document['ID']}')"


def entry_uri(entry):
    return f"{ENTRIES}(guid'{entry['EntryID']}')"


def download(exact, url):
    return exact.http.get(url, headers={"Accept": "*/*"}, timeout=10)


def test_a_document_is_kept_with_what_follows_from_it(exact):
    customer = exact.customer()
    document = create(exact, Account=customer, Body="Text", AmountFC="12.5", ProposedEntryStatus=20)

    assert document["AccountCode"] == "1".rjust(18)
    assert document["TypeDescription"] == "Sales invoice"
    assert document["HasEmptyBody"] is False
    assert (document["HID"], document["Currency"], document["Language"]) == (1, "EUR", "EN")
    assert document["DocumentDate"] is not None
    assert document["DocumentViewUrl"] == (
        f"{exact.base_url}/docs/DocView.aspx?DocumentID={document['ID']}&_Division_={NL}"
    )
    assert create(exact, HID=500)["HID"] == 500
    assert create(exact)["HID"] == 501


def test_after_the_highest_number_the_first_free_one_is_given(exact):
    create(exact, HID=2**31 - 1)
    create(exact, HID=1)

    assert create(exact)["HID"] == 2
    assert create(exact)["HID"] == 3


def test_a_document_is_changed_and_its_empty_body_noticed(exact):
    document = create(exact, Body="Text")

    changes = {"Subject": "Other", "Body": " ", "Type": 55}
    assert exact.call("PUT", uri(document), changes).status_code == 204

    changed = exact.get(uri(document))
    assert (changed["Subject"], changed["HasEmptyBody"]) == ("Other", True)
    assert changed["TypeDescription"] == "Miscellaneous"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"Subject": ""}, "Mandatory: Subject"),
        ({"Type": None}, "Mandatory: Type"),
        ({"Type": 7}, "Invalid reference: Type"),
        ({"Type": 140}, "Invalid: Type"),
        ({"Account": UNKNOWN}, "Invalid reference: Account"),
        ({"Contact": UNKNOWN}, "Invalid reference: Contact"),
        ({"Currency": "XXX"}, "Invalid reference: Currency"),
        ({"FinancialTransactionEntryID": UNKNOWN}, "Invalid reference: Entry"),
        ({"ProposedEntryStatus": 7}, "Invalid: ProposedEntryStatus"),
        ({"Language": "QQ"}, "Invalid reference: Language"),
        ({"HID": 0}, "Invalid: HID"),
    ],
)
def test_what_exact_refuses(exact, values, text):
    assert exact.error("POST", DOCUMENTS, {"Subject": "S", "Type": 10, **values}) == (500, text)


def test_the_number_of_a_document_is_unique(exact):
    document = create(exact)

    assert exact.error("POST", DOCUMENTS, {"Subject": "S", "Type": 10, "HID": document["HID"]}) == (
        500,
        "Data already exists.",
    )
    assert exact.call("PUT", uri(document), {"HID": document["HID"]}).status_code == 204


def test_the_mandatory_stays(exact):
    document = create(exact)

    assert exact.error("PUT", uri(document), {"Subject": None}) == (500, "Mandatory: Subject")


# Attachments.


def test_a_file_comes_back_byte_for_byte(exact):
    attachment = attach(exact, create(exact))

    assert attachment["FileSize"] == len(PDF)
    assert attachment["Url"].startswith(f"{exact.base_url}/docs/SysAttachment.aspx?ID=")
    assert attachment["Url"].endswith(f"&_Division_={NL}")
    answer = download(exact, attachment["Url"] + "&Download=1")
    assert answer.content == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "invoice%201.pdf" in answer.headers["Content-Disposition"]


def test_without_download_the_address_is_a_page(exact):
    attachment = attach(exact, create(exact), name="a (b).pdf")

    answer = download(exact, attachment["Url"])

    assert answer.headers["Content-Type"].startswith("text/html")
    assert "(b).pdf" in answer.text


def test_a_document_has_a_page(exact):
    answer = download(exact, create(exact, Subject="<i>")["DocumentViewUrl"])

    assert answer.status_code == 200
    assert "&lt;i&gt;" in answer.text


def test_the_file_is_shown_on_a_read_only_where_the_switch_says_so(exact):
    attachment = attach(exact, create(exact))
    assert attachment["Attachment"] is None

    exact.switch(attachment_on_get=True)

    shown = exact.get(uri(attachment, ATTACHMENTS))["Attachment"]
    assert base64.b64decode(shown) == PDF


def test_the_address_of_a_file_follows_select(exact):
    attachment = attach(exact, create(exact))

    row = exact.get(uri(attachment, ATTACHMENTS), select="Url")

    assert row["Url"] == attachment["Url"]


def test_a_file_may_be_base64_in_lines(exact):
    """`python-exact-online` sends what base64.encodebytes makes."""
    body = {"Document": create(exact)["ID"], "FileName": "a.pdf"}
    wrapped = base64.encodebytes(PDF * 40).decode()

    answer = exact.call("POST", ATTACHMENTS, {**body, "Attachment": wrapped})

    assert answer.status_code == 201, answer.text
    assert answer.json()["d"]["FileSize"] == len(PDF) * 40


def test_a_file_that_is_not_base64_is_unreadable(exact):
    body = {"Document": create(exact)["ID"], "FileName": "a.pdf", "Attachment": "not base64!"}

    status, text = exact.error("POST", ATTACHMENTS, body)

    assert status == 400
    assert "for property 'Attachment' to type 'Byte[]'" in text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"Document": UNKNOWN}, "Invalid reference: Document"),
        ({"Document": None}, "Mandatory: Document"),
        ({"FileName": ""}, "Mandatory: File name"),
        ({"FileName": "a/b.pdf"}, "Invalid: File name"),
        ({"FileName": "a" * 256}, "Invalid: File name"),
        ({"Attachment": ""}, "Mandatory: Attachment"),
    ],
)
def test_attachments_that_are_refused(exact, values, text):
    body = {"Document": create(exact)["ID"], "FileName": "a.pdf", "Attachment": "AAAA", **values}

    assert exact.error("POST", ATTACHMENTS, body) == (500, text)


def test_a_file_has_a_largest_size(exact):
    document = create(exact)
    exact.switch(attachment_megabytes=1)
    attach(exact, document, b"x" * 1024 * 1024)

    encoded = base64.b64encode(b"x" * (1024 * 1024 + 1)).decode()
    body = {"Document": document["ID"], "FileName": "a.pdf", "Attachment": encoded}
    assert exact.error("POST", ATTACHMENTS, body) == (500, "Too large: Attachment")

    exact.switch(attachment_megabytes=2)
    assert exact.call("POST", ATTACHMENTS, body).status_code == 201


def test_an_attachment_cannot_be_changed(exact):
    attachment = attach(exact, create(exact))

    assert exact.call("PUT", uri(attachment, ATTACHMENTS), {"FileName": "b"}).status_code == 405


def test_a_download_needs_a_token_and_the_division(exact, log_on):
    url = attach(exact, create(exact))["Url"] + "&Download=1"

    assert requests.get(url, timeout=10).status_code == 401
    claire = log_on(CLAIRE, BE)
    assert download(claire, url).status_code == 403
    other = download(claire, url.replace(str(NL), str(BE)))
    assert other.status_code == 404
    assert "introuvables" in other.json()["error"]["message"]["value"]


@pytest.mark.parametrize(
    "path",
    [
        f"/docs/SysAttachment.aspx?ID={UNKNOWN}&_Division_={NL}&Download=1",
        f"/docs/SysAttachment.aspx?_Division_={NL}",
        "/docs/SysAttachment.aspx?ID=x&_Division_=x",
        f"/docs/Other.aspx?ID={UNKNOWN}&_Division_={NL}",
    ],
)
def test_an_address_of_nothing_is_answered_in_exacts_form(exact, path):
    answer = download(exact, exact.base_url + path)

    assert answer.status_code == 404
    assert answer.json()["error"]["message"]["value"].startswith("The data you want to retrieve")


def test_a_download_counts_where_the_switch_says_so(exact):
    url = attach(exact, create(exact))["Url"] + "&Download=1"
    assert "X-RateLimit-Remaining" not in download(exact, url).headers

    exact.switch(downloads_counted=True)

    assert "X-RateLimit-Remaining" in download(exact, url).headers
    exact.switch(minute_limit=1)
    assert download(exact, url).status_code == 429


def test_a_deleted_attachment_is_told_to_sync_readers(exact):
    attachment = attach(exact, create(exact))

    assert exact.call("DELETE", uri(attachment, ATTACHMENTS)).status_code == 204

    deleted = exact.rows("sync/Deleted", filter="Timestamp gt 1L")
    assert [(row["EntityType"], row["EntityKey"]) for row in deleted] == [(4, attachment["ID"])]
    assert download(exact, attachment["Url"] + "&Download=1").status_code == 404


def test_a_deleted_document_takes_its_attachments_along(exact):
    document = create(exact)
    attachment = attach(exact, document)

    assert exact.call("DELETE", uri(document)).status_code == 204

    deleted = exact.rows("sync/Deleted", filter="Timestamp gt 1L")
    assert [(row["EntityType"], row["EntityKey"]) for row in deleted] == [
        (4, attachment["ID"]),
        (6, document["ID"]),
    ]
    assert exact.rows(ATTACHMENTS) == []


# Onto a sales entry.


def test_document_first_then_the_entry(exact):
    document = create(exact)

    entry = exact.book(Document=document["ID"])

    assert (entry["Document"], entry["DocumentNumber"]) == (document["ID"], document["HID"])
    assert entry["DocumentSubject"] == "Invoice 1"
    linked = exact.get(uri(document))
    assert linked["FinancialTransactionEntryID"] == entry["EntryID"]
    assert linked["SalesInvoiceNumber"] == entry["InvoiceNumber"]
    term = exact.row("cashflow/Receivables", f"Document eq guid'{document['ID']}'")
    assert term["DocumentSubject"] == "Invoice 1"


def test_a_refused_entry_leaves_the_document_behind(exact):
    document = create(exact)

    body = exact.entry(Document=document["ID"], Journal="nothing")
    assert exact.call("POST", ENTRIES, body).status_code == 500

    assert exact.get(uri(document))["FinancialTransactionEntryID"] is None


def test_an_entry_names_only_a_document_of_its_division(exact, log_on):
    foreign = create(log_on(division=DE))

    body = exact.entry(Document=foreign["ID"])
    assert exact.error("POST", ENTRIES, body) == (500, "Invalid reference: Document")


def test_entry_first_then_the_document_by_put(exact):
    entry = exact.book()
    first, second = create(exact), create(exact)

    for document in (first, second):
        changes = {"Document": document["ID"]}
        assert exact.call("PUT", entry_uri(entry), changes).status_code == 204

    assert exact.get(entry_uri(entry))["Document"] == second["ID"]
    assert exact.get(uri(first))["FinancialTransactionEntryID"] is None
    assert exact.get(uri(second))["FinancialTransactionEntryID"] == entry["EntryID"]


def test_a_division_may_refuse_the_put(exact):
    entry = exact.book()
    document = create(exact)
    exact.switch(entry_document_put=False)

    assert exact.error("PUT", entry_uri(entry), {"Document": document["ID"]}) == (
        500,
        "Invalid: Document",
    )
    assert exact.call("PUT", entry_uri(entry), {"Description": "x"}).status_code == 204


def test_the_document_names_the_entry_by_its_id(exact):
    entry = exact.book()

    document = create(exact, FinancialTransactionEntryID=entry["EntryID"])

    assert exact.get(entry_uri(entry))["Document"] == document["ID"]
    assert exact.books_are_good()


def test_the_document_names_the_entry_by_its_number(exact):
    entry = exact.book()

    document = create(exact, SalesInvoiceNumber=entry["InvoiceNumber"], Account=entry["Customer"])

    assert document["FinancialTransactionEntryID"] == entry["EntryID"]
    assert exact.get(entry_uri(entry))["Document"] == document["ID"]


def test_the_number_of_another_customers_invoice_links_nothing(exact):
    entry = exact.book()

    document = create(exact, SalesInvoiceNumber=entry["InvoiceNumber"], Account=exact.customer(2))

    assert document["FinancialTransactionEntryID"] is None


def test_a_document_moves_from_one_entry_to_another(exact):
    first, second = exact.book(), exact.book(YourRef="INV-2")
    document = create(exact, FinancialTransactionEntryID=first["EntryID"])

    changes = {"FinancialTransactionEntryID": second["EntryID"]}
    assert exact.call("PUT", uri(document), changes).status_code == 204

    assert exact.get(entry_uri(first))["Document"] is None
    assert exact.get(entry_uri(second))["Document"] == document["ID"]


def test_a_paid_entry_still_takes_a_document_that_names_it(exact):
    entry = exact.book()
    exact.pay((entry["EntryID"], "121.00"))

    document = create(exact, FinancialTransactionEntryID=entry["EntryID"])

    assert exact.get(entry_uri(entry))["Document"] == document["ID"]


def test_a_deleted_document_leaves_the_entry_without_one(exact):
    entry = exact.book(Document=create(exact)["ID"])

    assert exact.call("DELETE", f"{DOCUMENTS}(guid'{entry['Document']}')").status_code == 204

    assert exact.get(entry_uri(entry))["Document"] is None
    assert exact.rows("cashflow/Receivables", filter=f"Document eq guid'{entry['Document']}'") == []


def test_a_deleted_entry_leaves_the_document_without_one(exact):
    document = create(exact)
    entry = exact.book(Document=document["ID"])

    assert exact.call("DELETE", entry_uri(entry)).status_code == 204

    assert exact.get(uri(document))["FinancialTransactionEntryID"] is None


def test_refusals_speak_the_users_language(log_on):
    bram = log_on(BRAM)

    assert bram.error("POST", DOCUMENTS, {}) == (500, "Verplicht: Onderwerp\r\nVerplicht: Type")

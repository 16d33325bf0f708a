"""Documents with their files, and the reading that shows a missing right, against the sandbox over real HTTP."""

from __future__ import annotations

import base64
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
import requests
import responses

from exact_sandbox.server import RunningSandbox
from integrations.exact import accounts, documents, endpoints, errors, rights
from integrations.exact.client import CallRecord, ExactClient
from tests.integrations.exact.support import ENTRY, LEDGER, USER, address, client

PDF = b"%PDF-1.4 \x00\xff an invoice"


def test_a_pdf_is_filed_before_the_entry_that_names_it(exact):
    subject = f"Invoice {uuid4()}"
    buyer = accounts.create(exact, accounts.AccountDraft(name="Acme"))
    document = documents.create_document(
        exact,
        documents.DocumentDraft(
            subject=subject,
            account_id=buyer.exact_id,
            document_date=date(2024, 1, 31),
            amount_fc=Decimal("121.00"),
            currency="EUR",
        ),
    )
    attached = documents.create_attachment(
        exact, documents.AttachmentDraft(document.exact_id, "invoice.pdf", PDF)
    )

    (found,) = documents.find_documents(exact, subject)
    (listed,) = documents.list_attachments(exact, document.exact_id)
    assert (found.exact_id, found.account_id) == (document.exact_id, buyer.exact_id)
    assert (listed.exact_id, listed.file_name) == (attached.exact_id, "invoice.pdf")
    assert listed.file_size == len(PDF)

    documents.delete_document(exact, document.exact_id)
    assert documents.find_documents(exact, subject) == []


def test_a_file_of_ten_megabytes_fits_and_a_larger_one_is_not_sent(exact):
    document = documents.create_document(exact, documents.DocumentDraft(subject="Large"))
    content = b"x" * documents.MAX_ATTACHMENT_BYTES

    attached = documents.create_attachment(
        exact, documents.AttachmentDraft(document.exact_id, "large.pdf", content)
    )

    assert attached.file_size == len(content)
    for wrong in (b"", content + b"x"):
        with pytest.raises(ValueError, match="can not be attached"):
            documents.AttachmentDraft(document.exact_id, "large.pdf", wrong)


def test_an_answer_that_repeats_the_whole_file_is_read():
    content = b"x" * documents.MAX_ATTACHMENT_BYTES
    repeated = {"ID": LEDGER, "Document": ENTRY, "Attachment": base64.b64encode(content).decode()}
    with responses.RequestsMock() as mocked:
        mocked.post(address("documents/DocumentAttachments"), status=201, json={"d": repeated})
        attached = documents.create_attachment(
            client(), documents.AttachmentDraft(UUID(ENTRY), "large.pdf", content)
        )
    assert attached.exact_id == UUID(LEDGER)


def test_the_content_of_a_file_is_in_no_text_of_it():
    wished = documents.AttachmentDraft(UUID(ENTRY), "a.pdf", b"secret")
    assert "secret" not in f"{wished} {wished!r}"


@pytest.mark.parametrize("path", [endpoints.SALES_ENTRIES, endpoints.SALES_INVOICES])
def test_d11_a_missing_right_shows_in_one_call(
    sandbox: RunningSandbox, exact: ExactClient, records: list[CallRecord], path: str
) -> None:
    rights.check_readable(exact, path)
    records.clear()
    set_sales_right(sandbox, "none")

    with pytest.raises(errors.Forbidden):
        rights.check_readable(exact, path)

    set_sales_right(sandbox, "write")
    assert len(records) == 1


def set_sales_right(sandbox: RunningSandbox, level: str) -> None:
    answer = requests.patch(
        f"{sandbox.base_url}/_sandbox/users",
        json={"username": USER, "rights": {"sales": level}},
        timeout=10,
    )
    assert answer.ok, answer.text

"""The invoice's files in the copy dialog and on its page (B-9): offered where they go along, and what an update changes."""

from __future__ import annotations

from uuid import uuid4

import pytest

from connector.tenancy.scope import tenant_transaction
from invoices.models import AttachmentLink, DocumentLink, ExactRecordState
from tests import factories
from tests.invoices.test_copy_dialog import Desk, text
from tests.invoices.test_delivery_panel import exact_desk

pytestmark = pytest.mark.django_db

BOX = "Put the PDF beside the booking in Exact"


@pytest.fixture
def desk():
    """A desk whose invoice came with a PDF."""
    desk = Desk()
    factories.make_file(invoice=desk.invoice, name="2701.pdf")
    return desk


def is_ticked(response) -> bool:
    return "checked" in response.content.decode().split('id="with_files"')[1].split(">")[0]


def test_b9_the_dialog_offers_the_pdf_and_takes_it_along_by_itself(desk):
    answer = desk.get()

    assert BOX in text(answer)
    assert "2701.pdf" in text(answer)
    assert is_ticked(answer)


@pytest.mark.parametrize("posted", [{"with_files": "on"}, {}])
def test_b9_what_a_person_ticks_is_what_is_asked_for(desk, posted):
    answer = desk.post(**desk.choices(files_offered="on", **posted))

    [request] = desk.requests()
    assert answer.status_code == 302
    assert request.choices["with_files"] is bool(posted)


def test_b9_a_box_that_was_not_on_the_page_says_nothing(desk):
    desk.post(**desk.choices())

    assert desk.requests()[0].choices["with_files"] is True


def test_b9_the_box_stays_as_it_was_when_the_dialog_comes_back(desk):
    answer = desk.post(**desk.choices(files_offered="on", vat_code="", journal=""))

    assert answer.status_code == 422
    assert not is_ticked(answer)


def test_b9_without_files_nothing_is_asked():
    assert "with_files" not in Desk().get().content.decode()


def test_b9_where_exact_writes_the_invoice_its_files_stay_here_and_that_is_said():
    desk = exact_desk()
    factories.make_file(invoice=desk.invoice, name="2702.pdf")

    dialog, page = desk.get(), desk.get("")

    assert "with_files" not in dialog.content.decode()
    assert "2702.pdf from the PSA stays here" in text(dialog)
    assert "what came from the PSA stays here" in text(page)


def test_b9_an_update_says_which_files_change(desk):
    document = desk.copied()
    with tenant_transaction(desk.organization.pk):
        link = DocumentLink.objects.create(
            copy_request=document.copy_request, state=ExactRecordState.LINKED, exact_id=uuid4()
        )
        for file, name in (
            (desk.invoice.files.get(), "2701.pdf"),
            (None, "2701.xml"),
        ):
            AttachmentLink.objects.create(
                document_link=link,
                file=file,
                name=name,
                sha256="0" * 64,
                state=ExactRecordState.LINKED,
                exact_id=uuid4(),
            )

    with_them = text(desk.get("copy/update/"))
    without = text(desk.post("copy/update/", **desk.choices(files_offered="on", action="check")))

    assert "PDF 2701.pdf, as it was 2701.pdf" in with_them
    assert "File 2701.xml removed" in with_them
    assert "as it was" not in without

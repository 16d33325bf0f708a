"""The PDF and UBL that come with an invoice (B-9): checked, kept once, given back, and a change when they change.

What is no file, or one made to do harm, gets a sentence (RELIABILITY J16 and J27).
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings, strategies as st

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.psa.rest_push.translate import translate
from integrations.psa.source import BadInput, read_invoice
from invoices import intake
from invoices.intake_results import IntakeStatus
from invoices.models import CopyState, Invoice, InvoiceFile
from tests.factories import (
    make_connection,
    make_copy_request,
    make_organization,
    make_posted_document,
    make_user,
    sign_in,
)
from tests.invoices.test_api import Program
from tests.invoices.test_intake import NOW, events, plain_invoice, stored, take

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n% one page\n%%EOF\n"
UBL = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>1</ID></Invoice>'
)


def file(kind: str = "pdf", content: bytes | None = None, **fields: Any) -> dict[str, Any]:
    """A file as a program sends it."""
    body = content if content is not None else {"pdf": PDF, "ubl": UBL}[kind]
    name = {"pdf": "2026-001.pdf", "ubl": "2026-001.xml"}[kind]
    return {"kind": kind, "name": name, "content": base64.b64encode(body).decode()} | fields


BOTH = [file("pdf"), file("ubl")]


@pytest.fixture
def organization():
    return make_organization()


@pytest.fixture
def program(organization):
    return Program(organization)


def kept(organization) -> dict[str, tuple[str, bytes]]:
    with tenant_transaction(organization.pk):
        return {row.kind: (row.name, bytes(row.content)) for row in InvoiceFile.objects.all()}


# --- Kept once, and a change when they change --------------------------------------------------------------------------


def test_files_are_kept_with_their_hash_and_the_same_again_changes_nothing(organization):
    take(organization, plain_invoice(files=BOTH))
    with tenant_transaction(organization.pk):
        before = list(InvoiceFile.objects.values())

    [again] = take(organization, plain_invoice(files=BOTH[::-1]))
    [without] = take(organization, plain_invoice())

    assert [again.status, without.status] == [IntakeStatus.UNCHANGED] * 2
    with tenant_transaction(organization.pk):
        assert list(InvoiceFile.objects.values()) == before
    assert [(row["kind"], row["size"], row["sha256"]) for row in before] == [
        ("pdf", len(PDF), hashlib.sha256(PDF).hexdigest()),
        ("ubl", len(UBL), hashlib.sha256(UBL).hexdigest()),
    ]
    assert events(organization) == ["Taken in from the REST API."]


@pytest.mark.parametrize(
    ("first", "then", "sentence"),
    [
        (None, BOTH, "The PDF was added. The UBL was added."),
        (BOTH, [file(content=PDF + b"%"), BOTH[1]], "The PDF was replaced."),
        (BOTH, [file(name="renamed.pdf"), BOTH[1]], "The PDF was replaced."),
        (BOTH, [BOTH[0]], "The UBL was removed."),
        (BOTH, [], "The PDF was removed. The UBL was removed."),
    ],
)
def test_another_file_is_a_change_of_the_invoice(organization, first, then, sentence):
    take(organization, plain_invoice(files=first))
    before = stored(organization)

    [result] = take(organization, plain_invoice(files=then))

    after = stored(organization)
    assert (result.status, after.content_changed_at) == (IntakeStatus.UPDATED, NOW)
    assert after.content_hash != before.content_hash
    assert events(organization)[-1] == sentence
    assert kept(organization) == {
        each["kind"]: (each["name"], base64.b64decode(each["content"])) for each in then
    }


def test_stored_files_count_as_content_while_an_invoice_says_nothing_about_them(organization):
    take(organization, plain_invoice(files=BOTH))
    before = stored(organization)

    for data in (plain_invoice(subject="New"), plain_invoice()):
        take(organization, data)

    # Back to what was copied: "changed since it was copied" goes away again.
    assert stored(organization).content_hash == before.content_hash


def test_a_file_keeps_its_row_when_it_is_replaced(organization):
    """What was put beside an earlier booking in Exact hangs on the row."""
    take(organization, plain_invoice(files=BOTH))
    with tenant_transaction(organization.pk):
        before = dict(InvoiceFile.objects.values_list("kind", "pk"))

    take(organization, plain_invoice(files=[file(content=PDF + b"%"), BOTH[1]]))

    with tenant_transaction(organization.pk):
        assert dict(InvoiceFile.objects.values_list("kind", "pk")) == before


def test_other_changes_are_named_beside_the_file(organization):
    take(organization, plain_invoice())

    take(organization, plain_invoice(subject="New", files=[BOTH[0]]))

    assert events(organization)[-1] == "Changed by the REST API: Subject. The PDF was added."


def test_no_file_changes_while_a_copy_is_under_way(organization):
    take(organization, plain_invoice(files=BOTH))
    exact = make_connection(organization=organization)
    make_copy_request(invoice=stored(organization), connection=exact, state=CopyState.SENDING)

    [result] = take(organization, plain_invoice(files=[]))

    assert result.status is IntakeStatus.CONFLICT
    assert kept(organization).keys() == {"pdf", "ubl"}


def test_an_invoice_says_that_its_file_changed_since_it_was_copied(organization):
    take(organization, plain_invoice(files=BOTH))
    exact = make_connection(organization=organization)
    make_posted_document(invoice=stored(organization), connection=exact)
    person = sign_in(make_user(organization=organization))
    address = f"/invoices/{stored(organization).pk}/"
    words = "Changed since it was copied"

    assert words not in person.get(address).content.decode()
    take(organization, plain_invoice(files=[file(content=PDF + b"%"), BOTH[1]]))

    assert words in person.get(address).content.decode()


@settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    sent=st.lists(
        st.none()
        | st.lists(
            st.builds(
                lambda kind, end: file(kind, {"pdf": PDF, "ubl": UBL}[kind] + end),
                st.sampled_from(["pdf", "ubl"]),
                st.sampled_from([b"", b" ", b"\n\n"]),
            ),
            max_size=2,
            unique_by=lambda each: each["kind"],
        ),
        min_size=1,
        max_size=4,
    )
)
def test_what_was_said_last_is_kept_and_the_same_again_changes_nothing(organization, sent):
    expected: dict[str, str] = {}
    with tenant_transaction(organization.pk):
        Invoice.objects.all().delete()
    for files in sent:
        data = plain_invoice(files=files)
        take(organization, data)
        [again] = take(organization, data)
        assert again.status is IntakeStatus.UNCHANGED
        if files is not None:
            expected = {each["kind"]: each["content"] for each in files}

    assert {
        kind: base64.b64encode(content).decode()
        for kind, (_, content) in kept(organization).items()
    } == expected


def test_files_cost_the_same_number_of_queries_whatever_their_number(organization):
    def invoices(start: int, count: int, files: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            plain_invoice(id=f"q-{n}", number=f"q-{n}", files=files)
            for n in range(start, start + count)
        ]

    take(organization, plain_invoice())
    other = [file(content=PDF + b"%"), BOTH[1]]

    with CaptureQueriesContext(connection) as few:
        take(organization, *invoices(0, 2, BOTH))
    with CaptureQueriesContext(connection) as many:
        take(organization, *invoices(10, 60, BOTH))
    with CaptureQueriesContext(connection) as few_changed:
        take(organization, *invoices(0, 2, other))
    with CaptureQueriesContext(connection) as many_changed:
        take(organization, *invoices(10, 60, other))

    assert len(many) == len(few) <= 26
    assert len(many_changed) == len(few_changed) <= 26


def test_no_content_is_read_to_see_that_nothing_changed(organization):
    take(organization, plain_invoice(files=BOTH))

    with CaptureQueriesContext(connection) as queries:
        take(organization, plain_invoice(files=BOTH))

    read = [each["sql"] for each in queries if 'FROM "invoices_invoicefile"' in each["sql"]]
    assert len(read) == 1
    assert '"content"' not in read[0]


def test_a_failure_while_storing_leaves_neither_invoices_nor_files(organization, monkeypatch):
    def fail(rows: Any) -> None:
        raise RuntimeError("cut off")

    monkeypatch.setattr(intake, "link_credit_notes", fail)

    with pytest.raises(RuntimeError):
        take(
            organization,
            plain_invoice(files=BOTH),
            plain_invoice(id="2", number="2", files=BOTH),
        )

    with tenant_transaction(organization.pk):
        assert (Invoice.objects.count(), InvoiceFile.objects.count()) == (0, 0)


# --- What is refused ---------------------------------------------------------------------------------------------------

LARGE = 5 * 2**20
BAD_FILES = [
    ([file(content=b"hello")], "files.0.content", "a PDF begins with %PDF-"),
    ([file(content=b"")], "files.0.content", "The file is empty"),
    ([file() | {"content": "JVBE!"}], "files.0.content", "not base64"),
    ([file() | {"content": "data:application/pdf;base64,JVBERi0="}], "files.0.content", "“data:”"),
    ([file() | {"content": 7}], "files.0.content", "as base64 text"),
    ([file() | {"content": None}], "files.0.content", "as base64 text"),
    ([file("ubl", b"<Invoice>")], "files.0.content", "not well-formed XML"),
    ([file("ubl", PDF)], "files.0.content", "not well-formed XML"),
    ([file("ubl", b"<Order/>")], "files.0.content", "begins with “Order”"),
    (
        [file("ubl", b"<?xml version='1.0' encoding='none'?><Invoice/>")],
        "files.0.content",
        "unknown encoding",
    ),
    (
        [file("ubl", b'<!DOCTYPE Invoice [<!ENTITY a "aaaa">]><Invoice>&a;</Invoice>')],
        "files.0.content",
        "no DOCTYPE",
    ),
    (
        [file("ubl", b'<!DOCTYPE Invoice SYSTEM "file:///etc/passwd"><Invoice/>')],
        "files.0.content",
        "no DOCTYPE",
    ),
    ([file() | {"kind": "docx"}], "files.0.kind", "'pdf' or 'ubl'"),
    ([file(name="../2026.pdf")], "files.0.name", "no folder"),
    ([file(name="C:\\2026.pdf")], "files.0.name", "no folder"),
    ([file(name="2026\r\nX: 1.pdf")], "files.0.name", "no control characters"),
    ([file(name="2026.exe")], "files.0.name", "end it in .pdf"),
    ([file("ubl", name="2026.html")], "files.0.name", "end it in .xml"),
    ([file(name="gpj.\u202e.pdf")], None, ""),
    ([file(name=".pdf")], "files.0.name", "end it in .pdf"),
    ([file(name="x" * 117 + ".pdf")], "files.0.name", "longer than 120 characters"),
    ([file(name=7)], "files.0.name", "Send this as text"),
    ([file(), file(content=PDF + b"%")], "files", "at most one PDF and one UBL"),
    ([file(content=PDF + b" " * LARGE * 2)], "files.0.content", "at most 8 MB"),
    (
        [file(content=PDF + b" " * LARGE), file("ubl", UBL + b" " * LARGE)],
        "files",
        "at most 8 MB together",
    ),
    ([file() | {"path": "/"}], "files.0.path", "no field with this name"),
    ("2026.pdf", "files", "Send a list"),
    (["2026.pdf"], "files.0", "named fields"),
]


@pytest.mark.parametrize(
    ("files", "field", "sentence"),
    [pytest.param(*case, id=f"{number}-{case[1]}") for number, case in enumerate(BAD_FILES)],
)
def test_a_file_that_is_not_right_is_refused_at_its_field(files, field, sentence):
    if field is None:
        # A mark that turns the reading direction goes, as in all text.
        assert (read_invoice(plain_invoice(files=files)).files or ())[0].name == "gpj..pdf"
        return
    with pytest.raises(BadInput) as refused:
        read_invoice(plain_invoice(files=files))

    sentences = {problem.field: problem.sentence for problem in refused.value.problems}
    assert list(sentences) == [field]
    assert sentence in sentences[field]


def test_a_file_that_is_not_right_refuses_the_invoice_over_the_api(program, organization):
    answer = program.send("POST", "invoices/", plain_invoice(files=[file(content=b"hello")]))

    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == ["files.0.content"]
    with tenant_transaction(organization.pk):
        assert (Invoice.objects.count(), InvoiceFile.objects.count()) == (0, 0)


@given(content=st.binary(max_size=300))
def test_any_bytes_are_a_file_or_get_a_sentence(content):
    for kind in ("pdf", "ubl"):
        item = translate(plain_invoice(files=[file(kind, content)]))
        if item.invoice:
            assert [each.content for each in item.invoice.files or ()] == [content]
        else:
            assert [problem.field for problem in item.problems] == ["files.0.content"]


def test_base64_may_be_broken_into_lines():
    text = base64.encodebytes(PDF * 10).decode().replace("\n", "\r\n")

    read = read_invoice(plain_invoice(files=[file() | {"content": text}]))

    assert [each.content for each in read.files or ()] == [PDF * 10]


@pytest.mark.parametrize("root", ["Invoice", "CreditNote", "ubl:Invoice"])
def test_ubl_may_have_a_prefix_and_any_encoding(root):
    text = f"<?xml version='1.0' encoding='utf-16'?><{root} xmlns:ubl='urn:x'>é</{root}>"

    assert read_invoice(plain_invoice(files=[file("ubl", text.encode("utf-16"))])).files


# --- Over the API ------------------------------------------------------------------------------------------------------


def test_the_api_shows_files_without_content_and_gives_each(program):
    sent = program.send("POST", "invoices/", plain_invoice(files=BOTH)).json()["invoice"]
    listed = program.send("GET", "invoices/").json()["results"][0]

    pdf = program.send("GET", "invoices/inv-1/files/pdf/")
    ubl = program.send("GET", "invoices/inv-1/files/ubl/")

    assert sent["files"] == listed["files"]
    assert sent["files"][0] == {
        "kind": "pdf",
        "name": "2026-001.pdf",
        "size": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
    }
    assert (pdf.content, pdf.headers["Content-Type"]) == (PDF, "application/pdf")
    assert (ubl.content, ubl.headers["Content-Type"]) == (UBL, "application/xml")
    assert pdf.headers["Content-Disposition"] == 'attachment; filename="2026-001.pdf"'


def test_the_list_costs_the_same_number_of_queries_whatever_it_shows(program):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            program.send("GET", "invoices/")
        return len(queries)

    contact = {"id": "p", "email": "sanne@jansen.example"}
    program.send("POST", "invoices/", plain_invoice(files=BOTH, contact=contact))
    program.send("GET", "invoices/")  # the key's last use is noted once in five minutes
    one = count()
    for n in range(5):
        data = plain_invoice(id=f"i-{n}", number=f"n-{n}", files=BOTH, contact=contact)
        program.send("POST", "invoices/", data)

    assert count() == one


def test_a_program_may_ask_for_the_file_by_its_type(program):
    program.send("POST", "invoices/", plain_invoice(files=BOTH))

    answers = [
        program.send("GET", f"invoices/inv-1/files/{kind}/", HTTP_ACCEPT="application/pdf")
        for kind in ("pdf", "other")
    ]

    assert [answer.status_code for answer in answers] == [200, 404]
    assert "has no file of the kind “other”" in answers[1].json()["error"]["message"]


def test_a_stranger_gets_no_file(program):
    program.send("POST", "invoices/", plain_invoice(files=BOTH))
    stranger = Program(make_organization())

    assert stranger.send("GET", "invoices/inv-1/files/pdf/").status_code == 404


def test_a_push_may_be_as_large_as_its_files_and_other_requests_may_not(program):
    large = plain_invoice(files=[file(content=PDF + b" " * (8 * 2**20 - len(PDF)))])
    client = {"name": "x" * (10 * 2**20)}

    assert program.send("PUT", "invoices/inv-1/", large).status_code == 201
    answer = program.send("PUT", "clients/c-1/", client)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert "larger than 10 MB" in answer.json()["error"]["message"]
    too_large = program.send("POST", "invoices/", b" " * (24 * 2**20 + 1))
    assert (too_large.status_code, too_large.json()["error"]["code"]) == (413, "too_large")


# --- On the page -------------------------------------------------------------------------------------------------------


def test_h30_h35_the_page_shows_the_contact_the_codes_and_the_files(organization):
    first, second = plain_invoice()["lines"]
    data = plain_invoice(
        contact={"id": "p", "first_name": "Sanne", "email": "sanne@jansen.example"},
        files=BOTH,
        lines=[first | {"item_code": "DESIGN", "vat_code": "2"}, second],
    )
    take(organization, data)
    viewer = sign_in(make_user(organization=organization, role=Role.VIEWER))
    address = f"/invoices/{stored(organization).pk}/"

    page = viewer.get(address).content.decode()

    for words in ("Sanne", "sanne@jansen.example", "In Exact: item DESIGN, VAT code 2"):
        assert words in page
    assert page.count("In Exact:") == 1
    assert f'<a href="{address}files/pdf/" download>2026-001.pdf</a>' in page
    answer = viewer.get(f"{address}files/pdf/")
    assert answer.content == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="2026-001.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert viewer.get(f"{address}files/other/").status_code == 404

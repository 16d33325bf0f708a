"""The invoice pages: the list, one invoice, importing a file, and deciding between two versions."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.models import Subsidiary
from integrations.psa.registry import REST_PUSH
from integrations.psa.source import read_invoice
from invoices.intake import take_in
from invoices.models import (
    CopyRequest,
    CopyState,
    ImportRun,
    IntakeConflict,
    Invoice,
    PostedDocument,
)
from tests.factories import (
    NOW,
    make_connection,
    make_copy_request,
    make_organization,
    make_posted_document,
    make_subsidiary,
    make_user,
    sign_in,
)
from tests.invoices.csv_files import as_file, line
from tests.invoices.test_intake import plain_invoice

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization():
    return make_organization()


@pytest.fixture
def finance(organization):
    return sign_in(make_user(organization=organization, role=Role.FINANCE))


@pytest.fixture
def viewer(organization):
    return sign_in(make_user(organization=organization, role=Role.VIEWER))


def take(organization, *invoices: dict[str, Any]) -> list[int]:
    with tenant_transaction(organization.pk):
        results = take_in(
            source=REST_PUSH.name, invoices=[read_invoice(data) for data in invoices], now=NOW
        )
    ids = [result.invoice_id for result in results if result.invoice_id]
    assert len(ids) == len(invoices), results
    return ids


def many(count: int) -> list[dict[str, Any]]:
    return [
        plain_invoice(
            id=f"m-{index}",
            number=f"2026-{index:04}",
            currency=("EUR", "USD")[index % 2],
            client={"id": f"c-{index % 7}", "name": f"Client {index % 7}"},
        )
        for index in range(count)
    ]


def upload(browser, *rows: dict[str, str], **fields: str):
    file = SimpleUploadedFile("invoices.csv", as_file(rows), content_type="text/csv")
    return browser.post("/invoices/import/", {"file": file, **fields})


def test_a_newcomer_sees_the_three_things_to_do(finance):
    page = finance.get("/invoices/").content.decode()

    assert "Connect Exact Online" in page
    assert "Bring invoices in" in page
    assert "Copy to Exact" in page


def test_the_list_shows_fifty_a_page_with_totals_per_currency(organization, finance):
    take(organization, *many(60))

    first = finance.get("/invoices/").content.decode()
    second = finance.get("/invoices/?page=2").content.decode()

    assert (len(re.findall("row-link", first)), len(re.findall("row-link", second))) == (50, 10)
    assert "36,643.50 EUR" in first
    assert "36,643.50 USD" in first


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=client+3", 3),
        ("q=2026-0011", 1),
        ("q=CLIENT", 20),
        ("currency=USD", 10),
        ("q=client+3&currency=USD", 2),
        ("copy=not_copied", 17),
        ("copy=copied", 1),
        ("copy=in_progress", 1),
        ("copy=needs_attention", 1),
        ("payment=paid", 1),
        ("state=finalized", 1),
        ("kind=credit_note", 0),
        ("from_date=2026-11-01&to_date=2026-11-01", 20),
        ("from_date=2026-11-02", 0),
        ("q=nothing+like+it", 0),
    ],
)
def test_the_list_can_be_searched_and_filtered(organization, finance, query, expected):
    ids = take(organization, *many(20))
    exact = make_connection(organization=organization)
    with tenant_transaction(organization.pk):
        rows = {row.pk: row for row in Invoice.objects.all()}
    make_posted_document(invoice=rows[ids[0]], connection=exact)
    with tenant_transaction(organization.pk):
        Invoice.objects.filter(pk=ids[0]).update(payment_status="paid")
    make_copy_request(invoice=rows[ids[1]], connection=exact, state=CopyState.SENDING)
    make_copy_request(invoice=rows[ids[2]], connection=exact, state=CopyState.NEEDS_CHOICE)

    page = finance.get(f"/invoices/?{query}").content.decode()

    assert len(re.findall("row-link", page)) == expected
    assert ("Nothing matches" in page) == (expected == 0)


def test_what_nobody_knows_of_a_payment_is_not_called_open(organization, finance):
    ids = take(organization, *many(5))
    exact = make_connection(organization=organization)
    with tenant_transaction(organization.pk):
        rows = {row.pk: row for row in Invoice.objects.all()}
    for invoice_id in ids[:4]:
        make_posted_document(invoice=rows[invoice_id], connection=exact)
    now = timezone.now()
    with tenant_transaction(organization.pk):
        Invoice.objects.filter(pk__in=ids[1:4]).update(payments_read_at=now)
        PostedDocument.objects.filter(invoice=ids[2]).update(state="deleted_in_exact")
        Invoice.objects.filter(pk=ids[3]).update(payment_status="written_off")

    def found(payment: str) -> set[int]:
        page = finance.get(f"/invoices/?payment={payment}").content.decode()
        return {int(one) for one in re.findall(r'row-link"\s+href="/invoices/(\d+)/', page)}

    assert found("not_read") == {ids[0]}
    assert found("open") == {ids[1]}
    assert found("not_in_exact") == {ids[2], ids[4]}
    assert found("written_off") == {ids[3]}


def test_the_list_adds_up_by_payment_status_and_leads_to_each(organization, finance):
    ids = take(organization, *many(6))
    exact = make_connection(organization=organization)
    with tenant_transaction(organization.pk):
        rows = {row.pk: row for row in Invoice.objects.all()}
    for invoice_id in ids[:4]:
        make_posted_document(invoice=rows[invoice_id], connection=exact)
    with tenant_transaction(organization.pk):
        read = Invoice.objects.filter(pk__in=ids[:4])
        read.update(payments_read_at=timezone.now())
        Invoice.objects.filter(pk=ids[0]).update(payment_status="partly_paid", paid_amount=1000)
        Invoice.objects.filter(pk=ids[2]).update(payment_status="written_off", paid_amount=5)

    page = " ".join(finance.get("/invoices/?q=2026").content.decode().split())

    def total(standing: str, currency: str) -> tuple[str, str]:
        link = rf'href="\?q=2026&amp;currency={currency}&amp;payment={standing}">([^<]+)</a>'
        found = re.search(link + r' <span class="figures">([^<]+)</span>', page)
        assert found, standing
        return found.group(1), found.group(2)

    assert total("partly_paid", "EUR") == ("Partly paid", "1 · 221.45")
    assert total("written_off", "EUR") == ("Written off", "1 · 1,221.45")
    assert total("not_in_exact", "EUR") == ("Not in Exact", "1 · 1,221.45")
    assert total("open", "USD") == ("Open", "2 · 2,442.90")
    assert "1,442.90 EUR open" in page
    assert "3,664.35 USD open" in page


@pytest.mark.parametrize(
    "sort", ["number", "-number", "client", "-date", "due", "amount", "-amount"]
)
def test_the_list_sorts_by_its_columns(organization, finance, sort):
    take(organization, *many(5))

    page = finance.get(f"/invoices/?sort={sort}").content.decode()

    numbers = re.findall(r'row-link"\s+href="[^"]+">([^<]+)<', page)
    assert len(numbers) == 5
    if sort.endswith("number"):
        assert numbers == sorted(numbers, reverse=sort.startswith("-"))


@pytest.mark.parametrize(
    "query",
    [
        "page=9999",
        "page=x",
        "sort=secret",
        "subsidiary=999999",
        "subsidiary=99999999999999999999999999",
        "page=99999999999999999999999999",
        "from_date=soon",
        "q=%00",
        "copy=x",
        "q=" + "x" * 200,
    ],
)
def test_an_odd_query_never_breaks_the_list(organization, finance, query):
    take(organization, *many(2))

    assert finance.get(f"/invoices/?{query}").status_code == 200


def test_htmx_gets_the_results_alone(organization, finance):
    take(organization, *many(2))

    part = finance.get("/invoices/?q=client", headers={"HX-Request": "true"})

    assert part.content.decode().strip().startswith('<div id="invoice-results"')
    assert "HX-Request" in part.headers["Vary"]


def test_the_list_costs_the_same_few_queries_and_stays_quick_with_five_thousand(
    organization, finance
):
    def measured(query: str = "") -> tuple[int, float]:
        started = time.monotonic()
        with CaptureQueriesContext(connection) as queries:
            assert finance.get(f"/invoices/{query}").status_code == 200
        return len(queries), time.monotonic() - started

    take(organization, *many(60))
    few, _ = measured()
    for start in range(1, 11):
        take(
            organization,
            *(data | {"id": f"x{start}-{data['id']}", "number": ""} for data in many(494)),
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    many_queries, _ = measured()
    seconds = min(
        measured(query)[1] for query in ("", "", "?copy=not_copied&q=client", "?sort=client")
    )

    # Many are added up after the page is there.
    assert many_queries == few - 1 <= 20
    # It takes 100 ms on a quiet machine; this only has to notice a page that reads all invoices.
    assert seconds < 1


def test_the_invoice_page_shows_lines_totals_and_activity(organization, finance):
    [invoice_id] = take(
        organization, plain_invoice(reference="PO 12", note="Thank you", paid_on="2026-11-20")
    )

    page = finance.get(f"/invoices/{invoice_id}/").content.decode()

    for text in (
        "2026-001",
        "Bakkerij Jansen",
        "Studio Noord B.V.",
        "PO 12",
        "Reading material",
        "NL 21%",
        "1,010.50",
        "210.95",
        "1,221.45 EUR",
        "Thank you",
        "Taken in from the REST API.",
        "not sent to Exact",
    ):
        assert text in page, text


def test_a_credit_note_is_negative_and_leads_to_its_original(organization, finance):
    original, note = take(
        organization,
        plain_invoice(id="o", number="1"),
        plain_invoice(id="n", number="2", kind="credit_note", original_id="o"),
    )

    assert "-1,221.45 EUR" in finance.get("/invoices/").content.decode()
    page = finance.get(f"/invoices/{note}/").content.decode()
    assert "-1,221.45 EUR" in page
    assert f'href="/invoices/{original}/"' in page
    assert f'href="/invoices/{note}/"' in finance.get(f"/invoices/{original}/").content.decode()


def test_j14_text_from_the_source_is_shown_as_text(organization, finance):
    attack = "<img src=x onerror=alert(1)>"
    [invoice_id] = take(
        organization,
        plain_invoice(
            number=attack,
            subject=attack,
            note=attack,
            reference=attack,
            client={"id": "c", "name": attack, "city": attack},
            subsidiary={"id": "s", "name": attack},
            lines=[
                plain_invoice()["lines"][0]
                | {
                    "description": attack,
                    "notes": attack,
                    "service_type": {"id": attack, "name": attack},
                }
            ],
        ),
    )

    for address in ("/invoices/", f"/invoices/{invoice_id}/", "/invoices/import/"):
        assert "<img src=x" not in finance.get(address).content.decode()


# --- Importing --------------------------------------------------------------------------------------------------------------


def test_a_file_is_uploaded_reported_and_not_imported_twice(organization, finance):
    make_subsidiary(organization=organization)
    with tenant_transaction(organization.pk):
        subsidiary = str(Subsidiary.objects.get().pk)
    rows = [line("1"), line("2", currency="EURO")]

    first = upload(finance, *rows, subsidiary=subsidiary)
    report = finance.get(first["Location"]).content.decode()
    second = upload(finance, *rows, subsidiary=subsidiary)
    again = upload(finance, *rows, subsidiary=subsidiary, again="on")

    assert first.status_code == 302
    assert "“EURO” is not an ISO 4217 currency code" in report
    assert "invoices.csv" in finance.get("/invoices/import/").content.decode()
    assert second.status_code == 422
    assert "Nothing was imported again" in second.content.decode()
    assert again.status_code == 302
    csv_report = finance.get(f"{first['Location']}report.csv")
    assert csv_report.headers["Content-Disposition"].startswith("attachment")
    assert b"\r\n3,currency,2," in csv_report.content


def test_the_first_import_makes_the_first_subsidiary(organization, finance):
    answer = upload(finance, line("1"), subsidiary_name="Studio Noord B.V.")

    assert answer.status_code == 302
    with tenant_transaction(organization.pk):
        assert (
            Invoice.objects.select_related("subsidiary").get().subsidiary.name
            == "Studio Noord B.V."
        )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The submitted file is empty."),
        (b"invoice_number\xff", "not in UTF-8"),
        (b"x" * (10 * 2**20 + 1), "larger than 10 MB"),
    ],
    ids=["empty", "encoding", "size"],
)
def test_a_file_that_cannot_be_read_gets_a_sentence_at_the_field_and_loses_nothing_typed(
    organization, finance, content, sentence
):
    file = SimpleUploadedFile("invoices.csv", content)

    answer = finance.post(
        "/invoices/import/",
        {"file": file, "subsidiary_name": "Studio Noord B.V.", "decimal_mark": "comma"},
    )

    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert 'value="Studio Noord B.V."' in page
    assert '<option value="comma" selected>' in page
    with tenant_transaction(organization.pk):
        assert (ImportRun.objects.count(), Subsidiary.objects.count()) == (0, 0)


# --- Two versions -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def conflict(organization, finance):
    """An invoice of the API that a file says something else about."""
    take(organization, plain_invoice(number="1", subject="Kept, the file has no subject"))
    with tenant_transaction(organization.pk):
        subsidiary = str(Subsidiary.objects.get().pk)
    upload(
        finance,
        line(
            "1",
            customer_name="Bakkerij Jansen",
            customer_code="",
            line_net="900,00",
            service_type="Design",
        ),
        subsidiary=subsidiary,
    )
    with tenant_transaction(organization.pk):
        return IntakeConflict.objects.select_related("invoice").get()


def resolve(browser, conflict: IntakeConflict, choice: str):
    address = f"/invoices/{conflict.invoice_id}/conflicts/{conflict.pk}/"
    return browser.post(f"{address}resolve/", {"choice": choice}, follow=True)


def test_a_conflict_is_shown_side_by_side(conflict, finance):
    banner = finance.get(f"/invoices/{conflict.invoice_id}/").content.decode()
    page = finance.get(f"/invoices/{conflict.invoice_id}/conflicts/{conflict.pk}/").content.decode()

    assert "Compare the two versions" in banner
    assert "1,010.50 EUR" in page
    assert "900.00 EUR" in page
    assert "Kept, the file" not in page


def test_the_files_version_can_be_used(conflict, finance, organization):
    page = resolve(finance, conflict, "use_theirs").content.decode()

    assert "The invoice now has the file" in page
    with tenant_transaction(organization.pk):
        invoice = Invoice.objects.get(pk=conflict.invoice_id)
        assert (invoice.net_amount, invoice.gross_amount, invoice.lines.count()) == (900, 1089, 1)
        assert invoice.subject == "Kept, the file has no subject"
        assert IntakeConflict.objects.get().resolution == "use_theirs"


def test_ours_can_be_kept_and_the_same_file_content_is_not_asked_about_again(
    conflict, finance, organization
):
    resolve(finance, conflict, "keep_ours")
    with tenant_transaction(organization.pk):
        subsidiary = str(Subsidiary.objects.get().pk)
    rows = [
        line(
            "1",
            customer_name="Bakkerij Jansen",
            customer_code="",
            line_net="900,00",
            service_type="Design",
        ),
        line("2", customer_code=""),
    ]
    upload(finance, *rows, subsidiary=subsidiary)

    with tenant_transaction(organization.pk):
        assert Invoice.objects.get(pk=conflict.invoice_id).net_amount == Decimal("1010.50")
        assert IntakeConflict.objects.filter(resolution="").count() == 0


def test_a_conflict_is_decided_once_and_not_during_a_copy(conflict, finance, organization):
    exact = make_connection(organization=organization)
    request = make_copy_request(invoice=conflict.invoice, connection=exact)
    assert (
        "A copy to Exact is under way" in resolve(finance, conflict, "use_theirs").content.decode()
    )
    with tenant_transaction(organization.pk):
        CopyRequest.objects.filter(pk=request.pk).update(state=CopyState.CANCELLED)

    resolve(finance, conflict, "keep_ours")

    assert "already decided" in resolve(finance, conflict, "use_theirs").content.decode()


# --- Who may --------------------------------------------------------------------------------------------------------------------


def test_a_viewer_reads_but_neither_imports_nor_decides(conflict, viewer, organization):
    assert viewer.get("/invoices/").status_code == 200
    assert viewer.get(f"/invoices/{conflict.invoice_id}/").status_code == 200
    assert viewer.get("/invoices/import/").status_code == 403
    assert upload(viewer, line("9")).status_code == 403
    assert resolve(viewer, conflict, "use_theirs").status_code == 403
    with tenant_transaction(organization.pk):
        assert IntakeConflict.objects.get().resolution == ""


def test_another_organizations_rows_are_not_there(conflict, organization):
    stranger = sign_in(make_user(organization=make_organization()))
    with tenant_transaction(organization.pk):
        run_id = ImportRun.objects.get().pk
        subsidiary = str(Subsidiary.objects.get().pk)

    for address in (
        f"/invoices/{conflict.invoice_id}/",
        f"/invoices/{conflict.invoice_id}/conflicts/{conflict.pk}/",
        f"/invoices/import/{run_id}/",
        f"/invoices/import/{run_id}/report.csv",
    ):
        assert stranger.get(address).status_code == 404
    assert resolve(stranger, conflict, "use_theirs").status_code == 404
    assert (
        "Connect Exact Online"
        in stranger.get(f"/invoices/?subsidiary={subsidiary}").content.decode()
    )
    upload(stranger, line("1"), subsidiary=subsidiary, subsidiary_name="")
    with tenant_transaction(organization.pk):
        assert ImportRun.objects.count() == 1


def test_strangers_are_sent_to_sign_in(conflict):
    answer = Browser().get(f"/invoices/{conflict.invoice_id}/")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")

"""Files of invoices: taken in by the rules of the format, reported by row and column, never twice."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from connector.tenancy.scope import tenant_transaction
from integrations.psa.csv_file.columns import ALL
from integrations.psa.csv_file.numbers import DecimalMark
from integrations.psa.csv_file.read import FileRefused
from integrations.psa.registry import REST_PUSH
from integrations.psa.source import read_invoice
from invoices import conflicts
from invoices.imports import AlreadyImported, example_csv, import_file, report_as_csv
from invoices.intake import take_in
from invoices.models import Client, ImportRun, IntakeConflict, Invoice, InvoiceKind, InvoiceLine
from tests.factories import (
    NOW,
    make_organization,
    make_service_type,
    make_subsidiary,
    make_user,
)
from tests.invoices.csv_files import as_file, line, three_hundred_invoices
from tests.invoices.test_intake import plain_invoice

pytestmark = pytest.mark.django_db


class Importer:
    """A finance user who uploads files."""

    def __init__(self) -> None:
        self.organization = make_organization()
        self.user = make_user(organization=self.organization)
        self.subsidiary = make_subsidiary(organization=self.organization)

    def upload(self, data: bytes, **options: Any) -> ImportRun:
        defaults: dict[str, Any] = {
            "file_name": "invoices.csv",
            "decimal_mark": None,
            "create_service_types": True,
            "again": False,
        }
        with tenant_transaction(self.organization.pk):
            return import_file(
                data=data,
                subsidiary=self.subsidiary,
                user=self.user,
                now=NOW,
                **defaults | options,
            )


@pytest.fixture
def importer():
    return Importer()


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return run.created_count, run.unchanged_count, run.conflict_count, run.refused_count


def places(run: ImportRun) -> list[tuple[int, str]]:
    return [(problem["row"], problem["column"]) for problem in run.problems]


def test_three_hundred_invoices_in_three_currencies_with_faults_import_with_a_report(importer):
    rows = three_hundred_invoices()
    by_number: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_number.setdefault(row["invoice_number"], []).append(row)
    for row in by_number["2026-0003"]:
        row["currency"] = "EURO"
    by_number["2026-0005"][1]["line_net"] = "12,345"
    by_number["2026-0007"][2]["invoice_date"] = "31-02-2026"
    for row in by_number["2026-0011"]:
        row["customer_name"] = ""
    by_number["2026-0014"][0]["tax_rate_pct"] = ""
    for row in by_number["2026-0017"]:
        row["invoice_gross"] = "1,00"
    by_number["2026-0021"][1]["line_no"] = "1"
    by_number["2026-0022"][0]["description"] = ""

    run = importer.upload(as_file(rows))

    assert counts(run) == (292, 0, 0, 8)
    assert run.row_count == len(rows)
    first_row = {number: rows.index(of_it[0]) + 2 for number, of_it in by_number.items()}
    named = {
        (problem["invoice_number"], problem["column"]): problem["row"] for problem in run.problems
    }
    assert named[("2026-0003", "currency")] == first_row["2026-0003"]
    assert named[("2026-0005", "line_net")] == first_row["2026-0005"] + 1
    assert named[("2026-0007", "invoice_date")] == first_row["2026-0007"] + 2
    assert named[("2026-0011", "customer_name")] == first_row["2026-0011"]
    assert named[("2026-0014", "tax_rate_pct")] == first_row["2026-0014"]
    assert named[("2026-0017", "invoice_gross")] == first_row["2026-0017"]
    assert named[("2026-0021", "line_no")] == first_row["2026-0021"] + 1
    assert named[("2026-0022", "description")] == first_row["2026-0022"]
    with tenant_transaction(importer.organization.pk):
        assert set(Invoice.objects.values_list("currency", flat=True)) == {"EUR", "USD", "JPY"}
        assert Client.objects.count() == 5
        credit = Invoice.objects.get(number="2026-0040")
        assert (credit.kind, credit.original and credit.original.number) == (
            InvoiceKind.CREDIT_NOTE,
            "2026-0039",
        )
        assert credit.gross_amount > 0


def test_the_same_content_in_another_file_changes_nothing(importer):
    rows = three_hundred_invoices()[:40]
    first = importer.upload(as_file(rows))
    with tenant_transaction(importer.organization.pk):
        before = list(Invoice.objects.order_by("id").values())

    run = importer.upload(as_file(rows, delimiter=","))

    assert counts(run) == (0, first.created_count, 0, 0)
    with tenant_transaction(importer.organization.pk):
        assert list(Invoice.objects.order_by("id").values()) == before


def test_a_file_is_imported_once(importer):
    data = as_file([line("1")])
    first = importer.upload(data)

    with pytest.raises(AlreadyImported) as blocked:
        importer.upload(data, file_name="copy of it.csv")

    assert blocked.value.run == first
    assert counts(importer.upload(data, again=True)) == (0, 1, 0, 0)


def test_other_content_under_the_same_number_becomes_a_conflict_and_changes_nothing(importer):
    importer.upload(as_file([line("1")]))

    run = importer.upload(as_file([line("1", line_net="1200,00", description="More design")]))

    assert counts(run) == (0, 0, 1, 0)
    with tenant_transaction(importer.organization.pk):
        conflict = IntakeConflict.objects.get()
        assert conflict.invoice.net_amount == 1000
        assert {item["label"]: (item["ours"], item["theirs"]) for item in conflict.differences} == {
            "Net amount": ("1,000.00 EUR", "1,200.00 EUR"),
            "VAT": ("210.00 EUR", "252.00 EUR"),
            "Total": ("1,210.00 EUR", "1,452.00 EUR"),
            "Line 1: description": ("Design sprint", "More design"),
            "Line 1: net amount": ("1,000.00 EUR", "1,200.00 EUR"),
        }


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (as_file([]), "The file has a header, but no rows."),
        ("invoice_number;description\n1;Café\n".encode("cp1252"), "not in UTF-8: see line 2"),
        ("\ufeffinvoice_number".encode("utf-16-le"), "UTF-16"),
        (b"PK\x03\x04rest", "This is a spreadsheet"),
        (b"invoice_number;x\0\n", "NUL characters"),
        (b"name,amount\nx,1\n", "The first row must name the columns"),
        (
            as_file(
                [line("1")], header=[name for name in ALL if name not in {"currency", "line_net"}]
            ),
            "lacks the columns currency, line_net",
        ),
        (
            as_file([line("1")], header=[name for name in ALL if not name.startswith("tax_")]),
            "lacks the column tax_rate_pct or tax_code",
        ),
        (as_file([line("1")], header=[*ALL, "city"]), "names the column city more than once"),
        (as_file([line("1")]) + b'1;"open quote\n', "cannot be read"),
        (
            as_file([line("1", line_net="1,234"), line("2", line_net="5")]),
            "“1,234” can be read in two ways",
        ),
        (
            as_file([line("1", line_net="1,50"), line("2", line_net="1.50")]),
            "Write all of them the same way",
        ),
        (b"x" * (10 * 2**20 + 1), "larger than 10 MB"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(importer, data, sentence):
    with pytest.raises(FileRefused, match=sentence.replace("(", r"\(")):
        importer.upload(data)

    with tenant_transaction(importer.organization.pk):
        assert (ImportRun.objects.count(), Invoice.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("cells", "column", "sentence"),
    [
        ({"currency": "EURO"}, "currency", "“EURO” is not an ISO 4217 currency code"),
        ({"customer_name": ""}, "customer_name", "The customer's name is missing."),
        ({"invoice_date": "3/31/2026"}, "invoice_date", "Write the date as YYYY-MM-DD"),
        ({"invoice_date": ""}, "invoice_date", "This field is required."),
        ({"invoice_type": "proforma"}, "invoice_type", "'invoice' or 'credit_note'"),
        ({"line_net": "12,345"}, "line_net", "more decimals than EUR allows"),
        ({"line_net": "abc"}, "line_net", "“abc” is not a number with a decimal comma."),
        ({"line_net": ""}, "line_net", "This cell may not be empty."),
        ({"currency": "JPY", "line_net": "10,50"}, "line_net", "more decimals than JPY allows"),
        ({"tax_rate_pct": "121"}, "tax_rate_pct", "between 0 and 100"),
        ({"tax_rate_pct": "", "tax_code": "NL9"}, "tax_code", "Tax rate “NL9” is not known"),
        ({"line_no": "0"}, "line_no", "whole number above 0"),
        ({"service_type": "Alchemy"}, "service_type", "Service type “Alchemy” is not known"),
        ({"country": "Nederland"}, "country", "two-letter country code"),
        (
            {"invoice_vat": "190,00"},
            "invoice_vat",
            "VAT is 190.00 EUR, but the lines give 210.00 EUR",
        ),
        ({"invoice_net": "999,00"}, "invoice_net", "the lines add up to 1,000.00 EUR"),
        (
            {"period_from": "2026-02-01", "period_to": "2026-01-31"},
            "period_to",
            "ends before it begins",
        ),
        ({"description": "x" * 20_001}, "description", "longer than 20000 characters"),
    ],
)
def test_a_fault_in_a_cell_refuses_its_invoice_and_no_other(importer, cells, column, sentence):
    rows = [line("1"), line("2", **cells), line("3", line_net="5,50")]

    run = importer.upload(as_file(rows), create_service_types=False)

    assert counts(run) == (2, 0, 0, 1)
    assert (3, column) in places(run)
    assert any(sentence in problem["sentence"] for problem in run.problems), run.problems


def test_an_invoice_is_taken_in_whole_or_not_at_all(importer):
    rows = [line("1", 1), line("1", 2, line_net="x"), line("1", 3)]

    run = importer.upload(as_file(rows))

    assert counts(run) == (0, 0, 0, 1)
    with tenant_transaction(importer.organization.pk):
        assert (Invoice.objects.count(), Client.objects.count()) == (0, 0)


def test_rows_that_contradict_each_other_or_belong_to_no_invoice_are_named(importer):
    rows = [line("1", 1), line("1", 2, customer_name="Someone else"), line("", 1), line("2")]

    run = importer.upload(as_file(rows))

    assert counts(run) == (1, 0, 0, 1)
    assert places(run) == [(3, "customer_name"), (4, "invoice_number")]


def test_dates_numbers_and_order_are_read_by_the_rules(importer):
    rows = [
        line("1", 2, description="second", line_net="1.250,50"),
        line("1", 1, description="first", line_net="-0,50", invoice_date="2026-03-31"),
    ]

    importer.upload(as_file(rows, header=[*ALL, "internal_note"]))

    with tenant_transaction(importer.organization.pk):
        invoice = Invoice.objects.get()
        assert (invoice.invoice_date, invoice.due_date) == (date(2026, 3, 31), date(2026, 4, 30))
        assert [(row.description, row.net_amount) for row in invoice.lines.all()] == [
            ("first", Decimal("-0.5")),
            ("second", Decimal("1250.5")),
        ]
        assert ImportRun.objects.get().problems[0]["sentence"].endswith("left out: internal_note.")


def test_a_declared_decimal_point_settles_what_a_comma_means(importer):
    run = importer.upload(as_file([line("1", line_net="1,234")]), decimal_mark=DecimalMark.POINT)

    assert counts(run) == (1, 0, 0, 0)
    with tenant_transaction(importer.organization.pk):
        assert Invoice.objects.get().net_amount == 1234


def test_a_service_type_of_another_source_is_found_by_its_name(importer):
    design = make_service_type(organization=importer.organization, name="Design")

    importer.upload(as_file([line("1", service_type="design")]), create_service_types=False)

    with tenant_transaction(importer.organization.pk):
        assert Invoice.objects.get().lines.get().service_type == design


def test_the_example_file_can_be_imported_as_it_is(importer):
    run = importer.upload(example_csv().encode())

    assert (counts(run), run.problems) == ((2, 0, 0, 0), [])


@given(text=st.text(max_size=30), start=st.sampled_from("=+-@\t\r"))
def test_no_cell_of_the_report_can_act_as_a_formula(text, start):
    problem = {
        "row": 2,
        "column": start + text,
        "invoice_number": start + text,
        "sentence": start + text,
    }

    report = report_as_csv(ImportRun(problems=[problem]))

    [_, cells] = csv.reader(io.StringIO(report, newline=""))
    assert cells[0] == "2"
    assert all(cell.startswith("'") for cell in cells[1:])


def test_ten_thousand_rows_are_imported(importer):
    rows = [line(f"n{index // 4}", index % 4 + 1) for index in range(10_000)]

    run = importer.upload(as_file(rows))

    assert counts(run) == (2_500, 0, 0, 0)


def test_another_organization_sees_no_import(importer):
    importer.upload(as_file([line("1")]))
    other = Importer()

    assert counts(other.upload(as_file([line("1")]))) == (1, 0, 0, 0)


# --- Files about invoices that came another way ------------------------------------------------------------------------


@pytest.fixture
def known(importer):
    """An invoice that came through the API."""
    with tenant_transaction(importer.organization.pk):
        [result] = take_in(
            source=REST_PUSH.name,
            invoices=[read_invoice(plain_invoice(number="1", subsidiary=None))],
            now=NOW,
        )
    assert result.invoice_id
    return result.invoice_id


def rows_of_known(**cells: str) -> list[dict[str, str]]:
    common = {
        "invoice_date": "2026-11-01",
        "due_date": "2026-12-01",
        "customer_name": "Bakkerij Jansen",
        "customer_code": "JANSEN",
    }
    return [
        line("1", 1, description="Design", service_type="Design", **common | cells),
        line("1", 2, description="Reading material", line_net="10,50", tax_rate_pct="9", **common),
    ]


def test_the_same_invoice_in_a_file_is_the_same(importer, known):
    run = importer.upload(as_file(rows_of_known()), create_service_types=False)

    assert (counts(run), run.problems) == ((0, 1, 0, 0), [])


def test_a_client_is_recognized_by_name_unless_the_vat_number_says_otherwise(importer, known):
    same = importer.upload(as_file(rows_of_known(customer_vat="NL999", customer_code="")))
    with tenant_transaction(importer.organization.pk):
        Client.objects.update(vat_number="NL111")

    other = importer.upload(as_file(rows_of_known(customer_vat="NL222", customer_code="")))

    assert (counts(same), counts(other)) == ((0, 1, 0, 0), (0, 0, 1, 0))


def test_what_explained_an_amount_goes_with_it(importer, known):
    with tenant_transaction(importer.organization.pk):
        InvoiceLine.objects.filter(position=1).update(quantity=10, unit="hour", unit_price=100)
    importer.upload(as_file(rows_of_known(line_net="900,00")))

    with tenant_transaction(importer.organization.pk):
        conflict = IntakeConflict.objects.select_related("invoice", "import_run").get()
        conflicts.use_theirs(conflict=conflict, user=importer.user, now=NOW)
        row = InvoiceLine.objects.select_related("tax_rate").get(invoice=known, position=1)

    assert (row.net_amount, row.quantity, row.unit, row.unit_price) == (900, None, "", None)
    assert row.tax_rate
    assert row.tax_rate.name == "NL 21%"

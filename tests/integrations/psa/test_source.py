"""The neutral invoice by itself: its fields, its numbers, its totals and its hash."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from integrations.psa.csv_file.numbers import AmbiguousNumbers, DecimalMark, detect, normalize
from integrations.psa.fields import clean_line, clean_text
from integrations.psa.registry import SOURCES, label_of
from integrations.psa.source import BadInput, SourceInvoice, SourceTaxRate, read_invoice
from integrations.psa.totals import complete, content_hash


def invoice(**fields: Any) -> SourceInvoice:
    return read_invoice(
        {
            "id": "1",
            "invoice_date": "2026-11-01",
            "currency": "EUR",
            "client": {"id": "c", "name": "Client"},
            "lines": [{"net_amount": "100.00", "tax_rate": {"id": "r", "percentage": "21"}}],
        }
        | fields
    )


def percentage_of(rate: SourceTaxRate) -> Decimal | None:
    return rate.percentage


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\x00b\x07c", "abc"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("tab\there", "tab here"),
        ("e\u0301", "é"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\ud800lone", "lone"),
        ("👩\u200d💻 שלום", "👩\u200d💻 שלום"),
        ("  edges  ", "edges"),
    ],
)
def test_i7_text_is_cleaned_by_rule(text, cleaned):
    assert clean_text(text) == cleaned


def test_a_line_of_text_has_no_line_breaks():
    assert clean_line(" one\n two\n") == "one  two"


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["12,50", "1.234"], DecimalMark.COMMA),
        (["12.50", "1,234"], DecimalMark.POINT),
        (["1.234,50"], DecimalMark.COMMA),
        (["1,234.50"], DecimalMark.POINT),
        (["1.234.567"], DecimalMark.COMMA),
        (["12", "-7"], DecimalMark.POINT),
        ([], DecimalMark.POINT),
    ],
)
def test_the_decimal_mark_is_told_from_the_numbers(texts, mark):
    assert detect(texts) is mark


@pytest.mark.parametrize(
    "texts", [["1,234"], ["1.234", "7"], ["1,5", "1.5"], ["1,234.5", "1.234,5"]]
)
def test_numbers_that_leave_doubt_are_not_guessed(texts):
    with pytest.raises(AmbiguousNumbers):
        detect(texts)


@given(amount=st.decimals(-(10**9), 10**9, places=2), mark=st.sampled_from(DecimalMark))
def test_a_number_written_with_separators_is_read_back(amount, mark):
    written = f"{amount:,.2f}"
    if mark is DecimalMark.COMMA:
        written = written.translate(str.maketrans(",.", ".,"))

    assert Decimal(normalize(written, mark) or "nothing") == amount


@pytest.mark.parametrize("text", ["", "1,2,3", "1.23.4", "12 EUR", "€5", "1e3", "NaN", "٣"])
def test_what_is_no_number_is_not_read(text):
    assert normalize(text, DecimalMark.COMMA) is None


def test_the_hash_ignores_how_an_amount_is_written_and_what_things_are_called():
    same = [
        invoice(),
        invoice(
            lines=[
                {
                    "net_amount": "100",
                    "tax_rate": {"id": "r", "name": "High", "percentage": "21.00"},
                }
            ]
        ),
        invoice(
            client={"id": "c", "name": "Renamed", "city": "Utrecht"},
            paid_on="2026-11-05",
            state="finalized",
        ),
        invoice(vat_amount="21.00", gross_amount="121.00"),
    ]

    assert len({content_hash(complete(each, percentage_of)[0]) for each in same}) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"number": "2"},
        {"currency": "USD"},
        {"subject": "x"},
        {"client": {"id": "other", "name": "Client"}},
        {"due_date": "2026-12-01"},
        {"contact": {"id": "p", "email": "p@x.example"}},
        {"files": [{"kind": "pdf", "name": "1.pdf", "content": "JVBERi0xLjQK"}]},
        {"lines": [{"net_amount": "100.01", "tax_rate": {"id": "r", "percentage": "21"}}]},
        {
            "lines": [
                {
                    "net_amount": "100.00",
                    "tax_rate": {"id": "r", "percentage": "21"},
                    "item_code": "DESIGN",
                }
            ]
        },
        {
            "lines": [
                {
                    "net_amount": "100.00",
                    "tax_rate": {"id": "r", "percentage": "21"},
                    "vat_code": "2",
                }
            ]
        },
        {"lines": [{"net_amount": "100.00", "tax_rate": {"id": "r2", "percentage": "21"}}]},
    ],
)
def test_the_hash_changes_with_what_exact_would_have_to_know(fields):
    hashes = {
        content_hash(complete(each, percentage_of)[0]) for each in (invoice(), invoice(**fields))
    }

    assert len(hashes) == 2


# As the version before contacts, files, item codes and VAT codes computed them.
_RICH = {
    "id": "old",
    "kind": "credit_note",
    "number": "2026-9",
    "subject": "Café",
    "reference": "PO 1",
    "note": "n",
    "due_date": "2026-12-01",
    "currency": "USD",
    "exchange_rate": "1.08",
    "original_id": "o",
    "original_number": "2026-8",
    "subsidiary": {"id": "nl", "name": "N"},
    "lines": [
        {
            "id": "l",
            "description": "d",
            "notes": "x",
            "quantity": "2",
            "unit": "hour",
            "unit_price": "50",
            "net_amount": "100.00",
            "vat_amount": "21.00",
            "tax_rate": {"id": "r", "percentage": "21"},
            "service_type": "s",
            "period_from": "2026-01-01",
            "period_to": "2026-02-01",
            "cost_center": "cc",
            "cost_unit": "cu",
        }
    ],
}


@pytest.mark.parametrize(
    ("fields", "hashed"),
    [
        ({}, "0dff286adc69c88494326a166873b9a73dd382d9650088a42e11136a05e05cf4"),
        (_RICH, "14c5b0c087fbaefe5b78f110f24792f373822628d9aaa62fdc18563a4b7e33a4"),
    ],
)
@pytest.mark.parametrize("empty", [{}, {"contact": None, "files": None}, {"files": []}])
def test_an_invoice_stored_before_the_format_grew_is_still_the_same(fields, hashed, empty):
    completed, problems = complete(invoice(**fields, **empty), percentage_of)

    assert (problems, content_hash(completed)) == ([], hashed)


def test_vat_is_computed_per_rate_over_the_invoice():
    rate = {"id": "r", "percentage": "21"}
    completed, problems = complete(
        invoice(lines=[{"net_amount": "0.03", "tax_rate": rate}] * 5), percentage_of
    )

    assert (problems, completed.net_amount, completed.vat_amount) == (
        [],
        Decimal("0.15"),
        Decimal("0.03"),
    )


def test_a_field_that_does_not_exist_is_refused_at_every_level():
    with pytest.raises(BadInput) as refused:
        invoice(x=1, client={"id": "c", "y": 1}, lines=[{"net_amount": "1", "z": 1}])

    assert {problem.field for problem in refused.value.problems} == {"x", "client.y", "lines.0.z"}


def test_every_source_has_a_name_for_people():
    assert [label_of(name) for name in SOURCES] == [
        "the REST API",
        "a CSV file",
        "the connector's own test",
    ]
    assert label_of("gone") == "gone"

"""The PDF of an invoice is a valid file that says what the invoice says."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from exact_sandbox.books.invoice_document import iban
from exact_sandbox.invoice_pdf import Party, PrintedInvoice, PrintedLine, VATRow, invoice_pdf
from exact_sandbox.pdf import Page, pdf_file, text_width, wrapped

LINE = PrintedLine(
    "Ontwerp (fase 1) \\ één", Decimal("10.5"), "Uur", Decimal(95), Decimal(21), Decimal("997.50")
)
INVOICE = PrintedInvoice(
    language="NL",
    is_credit_note=False,
    number=26700001,
    date=datetime(2026, 11, 26),  # noqa: DTZ001 - dates of the books carry no zone
    due=datetime(2026, 12, 26),  # noqa: DTZ001 - as above
    sender=Party("Studio Noord B.V.", ("Keizersgracht 241",), "NL854321987B01", "61234567"),
    customer=Party("Café Zuiderzee", ("Markt 1", "1012 AB Amsterdam"), "NL801234567B02"),
    contact="Eva Smit",
    your_ref="PSA-7",
    description="Website",
    lines=(LINE,),
    discount=Decimal(0),
    vat_rows=(VATRow("BTW hoog tarief", Decimal("997.50"), Decimal("209.48")),),
    excluding=Decimal("997.50"),
    total=Decimal("1206.98"),
    currency="EUR",
    decimals=2,
    iban="NL50 RABO 0001 0000 01",
    payment_reference="Website - 2026-0042",
    extra_text="Bedankt voor de opdracht.",
)


def objects_of(data: bytes) -> list[bytes]:
    """Return the objects of a PDF file, found by its own table of their places."""
    assert data.startswith(b"%PDF-1.4\n")
    assert data.endswith(b"%%EOF\n")
    start = int(re.findall(rb"startxref\n(\d+)\n", data)[-1])
    head = re.match(rb"xref\n0 (\d+)\n0000000000 65535 f \n", data[start:])
    assert head is not None
    size = int(head[1])
    table = data[start + head.end() :][: 20 * (size - 1)]
    objects = []
    for number in range(1, size):
        entry = table[20 * (number - 1) : 20 * number]
        assert re.fullmatch(rb"\d{10} 00000 n \n", entry)
        place = int(entry[:10])
        assert data[place:].startswith(b"%d 0 obj\n" % number)
        objects.append(data[place : data.index(b"\nendobj\n", place)])
    assert b"/Size %d " % size in data[start:]
    return objects


def texts_of(data: bytes) -> list[str]:
    """Return the texts on the pages, in the order they were written."""
    texts: list[str] = []
    for content in objects_of(data):
        if match := re.search(rb"/Length (\d+) >>\nstream\n(.*)\nendstream$", content, re.DOTALL):
            assert len(match[2]) == int(match[1])
            escaped = re.findall(rb"\(((?:\\.|[^\\()])*)\) Tj", match[2])
            texts += [re.sub(rb"\\(.)", rb"\1", raw).decode("cp1252") for raw in escaped]
    return texts


def pages_of(data: bytes) -> int:
    return sum(b"/Type /Page /Parent" in content for content in objects_of(data))


def test_an_invoice_says_who_what_and_how_much():
    data = invoice_pdf(INVOICE)
    texts = texts_of(data)

    for expected in (
        "Factuur",
        "26700001",
        "26-11-2026",
        "26-12-2026",
        "PSA-7",
        "Café Zuiderzee",
        "T.a.v. Eva Smit",
        "Ontwerp (fase 1) \\ één",
        "10,5 Uur",
        "95,00",
        "21%",
        "997,50",
        "BTW hoog tarief",
        "209,48",
        "€\u00a01.206,98",
        "Betalingskenmerk: Website - 2026-0042",
        "Bedankt voor de opdracht.",
        "Pagina 1 / 1",
    ):
        assert expected in texts
    assert any("NL50 RABO 0001 0000 01" in text for text in texts)
    assert pages_of(data) == 1


def test_many_lines_take_more_pages_each_with_the_head_of_the_table():
    lines = tuple(
        replace(LINE, description=f"Line {number}", notes="x " * 90) for number in range(40)
    )
    data = invoice_pdf(replace(INVOICE, lines=lines))
    texts = texts_of(data)

    pages = pages_of(data)
    assert pages > 2
    assert [text for text in texts if text.startswith("Line ")] == [f"Line {n}" for n in range(40)]
    assert f"Pagina {pages} / {pages}" in texts
    assert texts.count("Omschrijving") >= pages - 1


def test_a_credit_note_asks_for_no_money():
    note = replace(INVOICE, is_credit_note=True, total=Decimal(-121))
    texts = texts_of(invoice_pdf(note))

    assert "Creditnota" in texts
    assert "U hoeft niets te betalen." in texts
    assert not any("over te maken" in text for text in texts)


@pytest.mark.parametrize(
    ("language", "title", "total"),
    [
        ("EN", "Invoice", "€\u00a01,206.98"),
        ("DE", "Rechnung", "€\u00a01.206,98"),
        ("FR", "Facture", "€\u00a01\u00a0206,98"),
    ],
)
def test_each_language_writes_words_and_numbers_its_own_way(language, title, total):
    texts = texts_of(invoice_pdf(replace(INVOICE, language=language)))

    assert title in texts
    assert total in texts


def test_a_currency_without_decimals_has_none():
    texts = texts_of(
        invoice_pdf(replace(INVOICE, currency="JPY", decimals=0, total=Decimal(120698)))
    )

    assert "JPY\u00a0120.698" in texts


@given(st.text(max_size=60))
def test_any_text_leaves_the_file_whole(text):
    page = Page()
    page.text(50, 50, text)

    (written,) = texts_of(pdf_file([page], text))

    assert written == text.encode("cp1252", "replace").decode("cp1252")


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=200))
def test_wrapped_lines_fit_and_lose_no_word(text):
    lines = wrapped(text, 9, 120)

    assert all(text_width(line, 9) <= 120.001 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_very_long_word_is_wrapped_at_once():
    lines = wrapped("x" * 100_000, 9, 120)

    assert sum(map(len, lines)) == 100_000


@pytest.mark.parametrize("country", ["NL", "BE", "DE", "FR"])
def test_the_account_number_has_right_check_digits(country):
    number = iban(country, 1000002).replace(" ", "")
    digits = "".join(str(int(character, 36)) for character in number[4:] + number[:4])

    assert int(digits) % 97 == 1
    assert number[:2] == country

"""CSV files for spreadsheets: numbers stay numbers, and no cell acts as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import cast

import pytest
from django.http import FileResponse
from hypothesis import given, strategies as st

from connector.spreadsheets import Decimals, answer_with, write_table


def read(text: str, decimals: Decimals) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=decimals.separator))


@pytest.mark.parametrize(
    ("value", "point", "comma"),
    [
        (Decimal("1234567.50"), "1234567.50", "1234567,50"),
        (Decimal("-12.30"), "-12.30", "-12,30"),
        (Decimal("1E+3"), "1000", "1000"),
        (7, "7", "7"),
        (-7, "-7", "-7"),
        (None, "", ""),
        (date(2026, 11, 3), "2026-11-03", "2026-11-03"),
        (datetime(2026, 11, 3, 9, 5, tzinfo=UTC), "2026-11-03 09:05:00", "2026-11-03 09:05:00"),
        ("Jansen; Zn, B.V.", "Jansen; Zn, B.V.", "Jansen; Zn, B.V."),
        ("-12.30", "'-12.30", "'-12.30"),
        ("\uff1d1+1", "'\uff1d1+1", "'\uff1d1+1"),
    ],
)
def test_a_value_is_written_as_its_kind(value, point, comma):
    assert read(write_table([[value, "x"]]), Decimals.POINT) == [[point, "x"]]
    assert read(write_table([[value, "x"]], Decimals.COMMA), Decimals.COMMA) == [[comma, "x"]]


@given(
    start=st.sampled_from("=+-@\t\r\n"),
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    decimals=st.sampled_from(Decimals),
)
def test_no_text_acts_as_a_formula_and_none_breaks_out_of_its_cell(start, text, decimals):
    [cells] = read(write_table([[start + text, Decimal("-1.5")]], decimals), decimals)

    assert cells[0] == "'" + start + text
    assert cells[1] in {"-1.5", "-1,5"}


def test_a_long_table_is_read_row_by_row_and_given_in_pieces():
    given_rows = []

    def rows():
        for number in range(40_000):
            given_rows.append(number)
            yield [f"Müller {number}", Decimal("10.50")]

    answer = cast(FileResponse, answer_with(rows(), name="open.csv", decimals=Decimals.COMMA))

    pieces = list(cast(Iterator[bytes], answer.streaming_content))
    answer.file_to_stream.close()
    lines = b"".join(pieces).decode().splitlines()
    assert len(pieces) > 100
    assert lines[0] == "\ufeffMüller 0;10,50"
    assert len(lines) == len(given_rows)
    assert answer["Content-Disposition"] == 'attachment; filename="open.csv"'

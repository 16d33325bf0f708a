"""Tables as CSV files that a spreadsheet opens as they are meant: numbers are numbers, and no cell acts as a formula.

A file is written in one of two ways, which the person chooses, because a spreadsheet reads numbers as its own language
writes them: with a decimal point and commas between cells (English, and programs), or with a decimal comma and semicolons
(Dutch, German, French). Days are 2026-11-30 and times are UTC in both.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from django.http import FileResponse, HttpResponse

Value = str | int | Decimal | date | None
Row = Sequence[Value]

# A spreadsheet runs what begins like a formula; the wide forms are the same signs on East Asian keyboards.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_IN_MEMORY = 2**20


class Decimals(Enum):
    """How numbers are written: the decimal mark, and what then stands between cells."""

    POINT = "point"
    COMMA = "comma"

    @property
    def separator(self) -> str:
        """What stands between two cells."""
        return ";" if self is Decimals.COMMA else ","


def harmless(text: str) -> str:
    """This function will put an apostrophe before a text that a spreadsheet would run as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def write_cell(value: Value, decimals: Decimals = Decimals.POINT) -> str:
    """This function will write one cell: text harmless, numbers without separators of thousands, times in UTC."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        number = f"{value:f}"
        return number.replace(".", ",") if decimals is Decimals.COMMA else number
    return str(value) if isinstance(value, int) else harmless(value)


def write_table(rows: Iterable[Row], decimals: Decimals = Decimals.POINT) -> str:
    """This function will write a short table as text; for one that may be long there is `answer_with`."""
    out = io.StringIO()
    _write(out, rows, decimals)
    return out.getvalue()


def answer_with(rows: Iterable[Row], *, name: str, decimals: Decimals) -> HttpResponse:
    """This function will answer with the rows as a file to save, however many they are.

    The rows are read here, inside the caller's transaction, so that the file shows one moment; what does not fit into a
    megabyte waits on disk while a slow browser takes it.
    """
    file: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # the answer closes it
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    text.write("\ufeff")  # without it a spreadsheet takes the file for one of its own alphabet
    _write(text, rows, decimals)
    text.detach()
    is_short = file.tell() <= _IN_MEMORY
    file.seek(0)
    if is_short:
        # Nothing of it is on disk, so nothing has to be closed by whoever asked and did not read.
        with file:
            file = io.BytesIO(file.read())
    answer = FileResponse(
        file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8"
    )
    return cast(HttpResponse, answer)  # to a view and what is around it, it is one


def _write(out: io.TextIOBase, rows: Iterable[Row], decimals: Decimals) -> None:
    writer = csv.writer(out, delimiter=decimals.separator)
    for row in rows:
        writer.writerow([write_cell(value, decimals) for value in row])

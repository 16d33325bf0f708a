"""From the bytes of an uploaded file to its rows, or one sentence on why it is not the file we expect."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from django.utils.formats import number_format

from connector.sentences import counted_sentence, sentence, together
from integrations.psa.csv_file import columns

MAX_BYTES = 10 * 2**20
MAX_ROWS = 20_000


class FileRefused(ValueError):
    """The file as a whole cannot be read; the message says what to change about it."""


@dataclass(frozen=True)
class Row:
    """One row by column name; `number` counts as a spreadsheet does, the header being 1."""

    number: int
    cells: dict[str, str]
    extra_cells: int = 0


@dataclass(frozen=True)
class Table:
    """The rows of a file, and its columns that we do not know."""

    rows: list[Row]
    unknown_columns: list[str]


def read_table(data: bytes) -> Table:
    """This function will decode and split the file, or raise FileRefused."""
    text = _decode(data)
    if not text.strip():
        raise FileRefused(sentence("The file is empty."))
    records = _records(text, _delimiter(text))
    header = [cell.strip().casefold() for cell in records[0]]
    _check_header(header)
    if len(records) - 1 > MAX_ROWS:
        raise FileRefused(
            sentence(
                "The file has more than %(most)s rows. Split it between two invoices.",
                most=number_format(MAX_ROWS, force_grouping=True),
            )
        )
    rows = [
        Row(
            number,
            dict(zip(header, (cell.strip() for cell in record), strict=False)),
            len(record) - len(header),
        )
        for number, record in enumerate(records[1:], start=2)
        if any(cell.strip() for cell in record)
    ]
    if not rows:
        raise FileRefused(sentence("The file has a header, but no rows."))
    return Table(rows, [name for name in header if name and name not in columns.ALL])


def _decode(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise FileRefused(
            sentence(
                "The file is larger than %(most)s MB. Split it between two invoices.",
                most=MAX_BYTES // 2**20,
            )
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused(
            sentence(
                "The file is in UTF-16 (“Unicode text”). Save it as “CSV UTF-8” and upload it again."
            )
        )
    if data.startswith(b"PK\x03\x04"):
        raise FileRefused(
            sentence(
                "This is a spreadsheet, not a CSV file. Save it as “CSV UTF-8” and upload that."
            )
        )
    if b"\0" in data:
        raise FileRefused(
            sentence(
                "The file holds NUL characters, so it is not a text file. Export it again as “CSV UTF-8”."
            )
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise FileRefused(
            sentence(
                "The file is not in UTF-8: see line %(row)s. In Excel choose “Save as” and “CSV UTF-8”, then upload it "
                "again.",
                row=row,
            )
        ) from None


def _delimiter(text: str) -> str:
    header = text.lstrip().splitlines()[0]
    return max(";,", key=header.count)


def _records(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter, strict=True)
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append(record)  # noqa: PERF402 - a comprehension would not know where the error is
    except csv.Error as error:
        raise FileRefused(
            sentence(
                "Line %(line)s cannot be read: %(error)s. A text that holds quotation marks doubles them, and each opening "
                "mark needs its closing one.",
                line=reader.line_num,
                error=str(error),
            )
        ) from None
    return records


def _check_header(header: list[str]) -> None:
    missing: list[str] = [name for name in columns.REQUIRED if name not in header]
    if len(missing) == len(columns.REQUIRED):
        raise FileRefused(
            sentence(
                "The first row must name the columns, separated by semicolons or commas: %(names)s and more. The example "
                "file shows them.",
                names=", ".join(columns.REQUIRED),
            )
        )
    if not any(name in header for name in columns.ONE_OF):
        missing.append(
            sentence("%(one)s or %(other)s", one=columns.ONE_OF[0], other=columns.ONE_OF[1])
        )
    if missing:
        raise FileRefused(
            counted_sentence(
                "The header lacks the column %(names)s.",
                "The header lacks the columns %(names)s.",
                n=len(missing),
                names=together(*missing, by=", "),
            )
        )
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    if repeated:
        raise FileRefused(
            counted_sentence(
                "The header names the column %(names)s more than once.",
                "The header names the columns %(names)s more than once.",
                n=len(repeated),
                names=", ".join(repeated),
            )
        )

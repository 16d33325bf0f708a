"""From the rows of a file to neutral invoices; every problem keeps the row and column it came from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from connector.sentences import sentence
from integrations.psa.csv_file import columns
from integrations.psa.csv_file.numbers import AmbiguousNumbers, DecimalMark, detect, normalize
from integrations.psa.csv_file.read import FileRefused, Row, Table
from integrations.psa.fields import clean_line, shortened
from integrations.psa.source import BadInput, Problem, SourceInvoice, read_invoice

_DUTCH_DATE = re.compile(r"(\d{2})-(\d{2})-(\d{4})", re.ASCII)
_FIELD_COLUMNS = {
    **{name: column for column, name in columns.INVOICE.items()},
    **{f"client.{name}": column for column, name in columns.CLIENT.items()},
    **{f"contact.{name}": column for column, name in columns.CONTACT.items()},
    "contact": "contact_email",
    "client": "customer_name",
    "client.id": "customer_name",
    "id": "invoice_number",
}
_LINE_FIELD_COLUMNS = {name: column for column, name in columns.LINE.items()} | {
    "service_type": "service_type"
}


@dataclass(frozen=True)
class CellProblem:
    """What is wrong with one cell, or (without a column) with a row."""

    row: int
    column: str
    invoice_number: str
    sentence: str


@dataclass
class FileInvoice:
    """One invoice of the file: its rows in line order, the neutral invoice if it could be read, and the problems."""

    number: str
    rows: list[Row]
    invoice: SourceInvoice | None = None
    problems: list[CellProblem] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        """This function will place a problem of the neutral invoice in the file."""
        row, column = self.locate(problem.field)
        self.problems.append(CellProblem(row.number, column, self.number, problem.sentence))

    def locate(self, path: str) -> tuple[Row, str]:
        """This function will return the row and column that a field of the neutral invoice came from."""
        parts = path.split(".")
        if parts[0] == "lines" and len(parts) > 2 and parts[1].isdecimal():
            row = self.rows[int(parts[1])]
            if parts[2] == "tax_rate":
                return row, "tax_code" if row.cells.get("tax_code") else "tax_rate_pct"
            return row, _LINE_FIELD_COLUMNS.get(parts[2], "line_no")
        return self.rows[0], _FIELD_COLUMNS.get(
            path, "line_net" if parts[0] == "lines" else "invoice_number"
        )


@dataclass(frozen=True)
class Translation:
    """The invoices of a file and the rows that belong to none."""

    invoices: list[FileInvoice]
    stray: list[CellProblem]


def translate(
    table: Table, *, decimal_mark: DecimalMark | None, create_service_types: bool
) -> Translation:
    """This function will read each invoice of the file for itself; None lets the numbers tell the decimal mark.

    Raises FileRefused when they do not.
    """
    mark = decimal_mark or _detect(table.rows)
    grouped: dict[str, list[Row]] = {}
    stray = []
    for row in table.rows:
        if number := clean_line(row.cells.get("invoice_number", "")):
            grouped.setdefault(number, []).append(row)
        else:
            stray.append(
                CellProblem(
                    row.number, "invoice_number", "", sentence("This row has no invoice number.")
                )
            )
    reader = _Reader(mark, create_service_types)
    return Translation([reader.read(number, rows) for number, rows in grouped.items()], stray)


def _detect(rows: Iterable[Row]) -> DecimalMark:
    try:
        return detect(row.cells.get(column, "") for row in rows for column in columns.NUMBERS)
    except AmbiguousNumbers as problem:
        raise FileRefused(str(problem)) from None


@dataclass(frozen=True)
class _Reader:
    mark: DecimalMark
    create_service_types: bool

    def read(self, number: str, rows: list[Row]) -> FileInvoice:
        """This function will read the rows of one invoice."""
        found = FileInvoice(shortened(number), _in_line_order(rows))
        found.problems += _row_problems(found)
        cells = _invoice_cells(found)
        data: dict[str, Any] = {
            name: self._value(found, rows[0], column, text)
            for column, name in columns.INVOICE.items()
            if (text := cells.get(column))
        }
        data["id"] = number
        data["kind"] = data.get("kind", "invoice")
        data["client"] = _client(cells)
        if contact := _contact(cells, data["client"]["id"]):
            data["contact"] = contact
        data["lines"] = [self._line(found, row) for row in found.rows]
        if not cells.get("customer_name"):
            found.problems.append(
                CellProblem(
                    found.rows[0].number,
                    "customer_name",
                    found.number,
                    sentence("The customer's name is missing."),
                )
            )
        try:
            invoice = read_invoice(data)
        except BadInput as bad:
            noted = {(problem.row, problem.column) for problem in found.problems}
            for problem in bad.problems:
                row, column = found.locate(problem.field)
                if (row.number, column) not in noted:
                    found.add(problem)
        else:
            found.invoice = None if found.problems else invoice
        return found

    def _line(self, found: FileInvoice, row: Row) -> dict[str, Any]:
        data: dict[str, Any] = {
            name: self._value(found, row, column, text)
            for column, name in columns.LINE.items()
            if (text := row.cells.get(column))
        }
        for column in ("description", "line_net"):
            if not row.cells.get(column):
                found.problems.append(
                    CellProblem(
                        row.number, column, found.number, sentence("This cell may not be empty.")
                    )
                )
        code = clean_line(row.cells.get("tax_code", ""))
        text = row.cells.get("tax_rate_pct", "")
        percentage = self._value(found, row, "tax_rate_pct", text) if text else None
        if code:
            data["tax_rate"] = {"id": code} | (
                {"percentage": percentage, "name": code} if percentage else {}
            )
        elif percentage:
            name = f"{_plain(percentage)} %"
            data["tax_rate"] = {"id": name, "percentage": percentage, "name": name}
        else:
            found.problems.append(
                CellProblem(
                    row.number,
                    "tax_rate_pct",
                    found.number,
                    sentence("Give a tax rate or a tax code."),
                )
            )
        if service_type := clean_line(row.cells.get("service_type", "")):
            data["service_type"] = {"id": service_type} | (
                {"name": service_type} if self.create_service_types else {}
            )
        return data

    def _value(self, found: FileInvoice, row: Row, column: str, text: str) -> str:
        if column == "invoice_type":
            return text.casefold()
        if column in columns.DATES and (match := _DUTCH_DATE.fullmatch(text)):
            return f"{match[3]}-{match[2]}-{match[1]}"
        if column in columns.NUMBERS:
            number = normalize(text, self.mark)
            if number is None:
                told = (
                    sentence(
                        "“%(text)s” is not a number with a decimal comma.", text=shortened(text)
                    )
                    if self.mark is DecimalMark.COMMA
                    else sentence(
                        "“%(text)s” is not a number with a decimal point.", text=shortened(text)
                    )
                )
                found.problems.append(CellProblem(row.number, column, found.number, told))
            return number or text
        return text


def _in_line_order(rows: list[Row]) -> list[Row]:
    return sorted(
        rows, key=lambda row: (int(row.cells["line_no"]) if _is_line_number(row) else 0, row.number)
    )


def _is_line_number(row: Row) -> bool:
    text = row.cells.get("line_no", "")
    return text.isascii() and text.isdecimal() and 0 < len(text) < 7 and int(text) > 0


def _row_problems(found: FileInvoice) -> list[CellProblem]:
    problems = []
    seen: dict[int, int] = {}
    for row in found.rows:
        if row.extra_cells > 0:
            told = sentence(
                "This row has %(n)s more cells than the header: put a text that holds the separator in quotation marks.",
                n=row.extra_cells,
            )
            problems.append(CellProblem(row.number, "", found.number, told))
        if not _is_line_number(row):
            problems.append(
                CellProblem(
                    row.number,
                    "line_no",
                    found.number,
                    sentence("The line number must be a whole number above 0."),
                )
            )
        elif (first := seen.setdefault(int(row.cells["line_no"]), row.number)) != row.number:
            told = sentence(
                "Line %(number)s is already in row %(first)s.",
                number=row.cells["line_no"],
                first=first,
            )
            problems.append(CellProblem(row.number, "line_no", found.number, told))
    return problems


def _invoice_cells(found: FileInvoice) -> dict[str, str]:
    """The invoice's own columns: filled on at least one row, and nowhere different."""
    cells: dict[str, tuple[str, int]] = {}
    for row in sorted(found.rows, key=lambda row: row.number):
        for column, text in row.cells.items():
            if column in columns.LINE_ONLY or not text:
                continue
            first, first_row = cells.setdefault(column, (text, row.number))
            if first != text and column in {*columns.INVOICE, *columns.CLIENT, *columns.CONTACT}:
                told = sentence(
                    "“%(text)s” differs from “%(first)s” in row %(first_row)s of the same invoice.",
                    text=shortened(text),
                    first=shortened(first),
                    first_row=first_row,
                )
                found.problems.append(CellProblem(row.number, column, found.number, told))
    return {column: text for column, (text, _) in cells.items()}


def _client(cells: dict[str, str]) -> dict[str, str]:
    client = {name: cells[column] for column, name in columns.CLIENT.items() if cells.get(column)}
    for kind, name in (("code", "code"), ("vat", "vat_number"), ("name", "name")):
        if key := clean_line(client.get(name, "")).casefold():
            return client | {"id": f"{kind}:{_short_key(key)}"}
    return client | {"id": "name:"}


def _contact(cells: dict[str, str], client_id: str) -> dict[str, str]:
    """A file knows a person by the e-mail address, within the client: one bookkeeper may receive for two of them."""
    contact = {name: cells[column] for column, name in columns.CONTACT.items() if cells.get(column)}
    if not contact:
        return {}
    name = f"{contact.get('first_name', '')} {contact.get('last_name', '')}"
    key = contact.get("email") or clean_line(name) or contact.get("phone", "")
    return contact | {"id": _short_key(f"{clean_line(key).casefold()} ({client_id})")}


def _short_key(key: str) -> str:
    # Ids are at most 120 characters long, names 200 and e-mail addresses 254.
    return key if len(key) <= 100 else f"{key[:80]}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _plain(number: str) -> str:
    whole, _, decimals = number.lstrip("+").partition(".")
    return f"{whole}.{decimals.rstrip('0')}".rstrip(".")

"""Imports a file of invoices: once per file, whole invoices only, with a report by row and column."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from dataclasses import asdict
from datetime import datetime

from django.utils.translation import gettext

from connector.sentences import english, pack, sentence
from connector.spreadsheets import write_table
from connector.tenancy.models import User
from integrations.models import Subsidiary
from integrations.psa.csv_file.columns import ALL
from integrations.psa.csv_file.numbers import DecimalMark
from integrations.psa.csv_file.read import Table, read_table
from integrations.psa.csv_file.translate import CellProblem, Translation, translate
from integrations.psa.fields import clean_line
from integrations.psa.registry import CSV_FILE
from integrations.psa.source import SourceSubsidiary
from invoices import master_data
from invoices.intake import OnChange, lock_intake, take_in
from invoices.intake_results import IntakeStatus
from invoices.models import ImportRun

MAX_PROBLEMS = 2_000


class AlreadyImported(Exception):
    """Exactly this file was imported before; `run` is the report of that time."""

    def __init__(self, run: ImportRun) -> None:
        super().__init__(
            gettext("This file was imported before, as %(name)s. Nothing was imported again.")
            % {"name": run.file_name}
        )
        self.run = run


def import_file(
    *,
    file_name: str,
    data: bytes,
    subsidiary: Subsidiary | str,
    decimal_mark: DecimalMark | None,
    create_service_types: bool,
    again: bool,
    user: User,
    now: datetime,
) -> ImportRun:
    """This function will take the invoices of the file in and return the stored report.

    Invoices that are here with the same content stay as they are; those with other content become conflicts. Raises
    FileRefused (integrations.psa.csv_file.read) when the file as a whole cannot be read, and AlreadyImported unless
    `again` is set. `decimal_mark` None lets the numbers tell. `subsidiary` is the one that sends these invoices, or the
    name of a new one.
    """
    table = read_table(data)
    translation = translate(
        table, decimal_mark=decimal_mark, create_service_types=create_service_types
    )
    lock_intake()
    file_hash = hashlib.sha256(data).hexdigest()
    earlier = ImportRun.objects.filter(file_hash=file_hash).first()
    if earlier and not again:
        raise AlreadyImported(earlier)
    if isinstance(subsidiary, str):
        subsidiary = _make_subsidiary(subsidiary, now)
    run = ImportRun.objects.create(
        file_name=clean_line(file_name)[:200] or "invoices.csv",
        file_hash=file_hash,
        uploaded_by=user,
        at=now,
        row_count=len(table.rows),
    )
    counts = _take_in(translation, run, subsidiary=subsidiary, user=user, now=now)
    _finish(run, table, translation, counts)
    return run


def report_as_csv(run: ImportRun) -> str:
    """This function will write the report for a spreadsheet; no cell can act as a formula."""
    columns = ("row", "column", "invoice_number", "sentence")
    problems = ([str(problem[name] or "") for name in columns] for problem in run.told_problems)
    return write_table([["row", "column", "invoice_number", "what_to_change"], *problems])


def example_csv() -> str:
    """This function will return a small file that can be imported as it is: an invoice of two lines and a credit note."""
    invoice = {
        "invoice_number": "2026-0001",
        "invoice_type": "invoice",
        "invoice_date": "2026-01-31",
        "due_date": "2026-03-02",
        "currency": "EUR",
        "customer_name": "Bakkerij Jansen",
        "customer_code": "JANSEN",
        "address": "Oudegracht 12",
        "postcode": "3511 AB",
        "city": "Utrecht",
        "country": "NL",
        "contact_first_name": "Sanne",
        "contact_last_name": "Jansen",
        "contact_email": "sanne@bakkerij-jansen.example",
        "reference": "PO 7781",
        "invoice_net": "1500,00",
        "invoice_vat": "315,00",
        "invoice_gross": "1815,00",
    }
    credit = invoice | {
        "invoice_number": "2026-0002",
        "invoice_type": "credit_note",
        "invoice_date": "2026-02-05",
        "due_date": "",
        "original_invoice_number": "2026-0001",
        "invoice_net": "250,00",
        "invoice_vat": "52,50",
        "invoice_gross": "302,50",
    }
    lines = [
        invoice | _example_line(1, "Design sprint", "10", "125,00", "1250,00"),
        invoice | _example_line(2, "Workshop", "1", "250,00", "250,00"),
        credit | _example_line(1, "Workshop, cancelled", "1", "250,00", "250,00"),
    ]
    out = io.StringIO()
    writer = csv.DictWriter(out, ALL, restval="", delimiter=";")
    writer.writeheader()
    writer.writerows(lines)
    return "\ufeff" + out.getvalue()


def _example_line(
    number: int, description: str, quantity: str, price: str, net: str
) -> dict[str, str]:
    return {
        "line_no": str(number),
        "description": description,
        "quantity": quantity,
        "unit_price": price,
        "line_net": net,
        "tax_rate_pct": "21",
    }


def _make_subsidiary(name: str, now: datetime) -> Subsidiary:
    given = SourceSubsidiary.model_validate({"id": name[:120], "name": name})
    row, _ = master_data.store(source=CSV_FILE.name, given=given, archived=None, now=now)
    if not isinstance(row, Subsidiary):
        raise TypeError("Master data of a subsidiary is not a subsidiary.")
    return row


def _take_in(
    translation: Translation, run: ImportRun, *, subsidiary: Subsidiary, user: User, now: datetime
) -> Counter[IntakeStatus]:
    readable = [(found, found.invoice) for found in translation.invoices if found.invoice]
    results = take_in(
        source=CSV_FILE.name,
        invoices=[invoice for _, invoice in readable],
        now=now,
        user=user,
        on_change=OnChange.CONFLICT,
        subsidiary=subsidiary,
        import_run=run,
    )
    for (found, _), result in zip(readable, results, strict=True):
        for problem in result.problems:
            found.add(problem)
    counts = Counter(result.status for result in results)
    counts[IntakeStatus.REFUSED] += len(translation.invoices) - len(readable)
    return counts


def _finish(
    run: ImportRun, table: Table, translation: Translation, counts: Counter[IntakeStatus]
) -> None:
    problems = [
        *translation.stray,
        *(problem for found in translation.invoices for problem in found.problems),
    ]
    problems.sort(key=lambda problem: (problem.row, problem.column))
    if table.unknown_columns:
        names = ", ".join(table.unknown_columns[:20])
        problems.insert(
            0,
            CellProblem(
                1,
                "",
                "",
                sentence(
                    "These columns are not known and were left out: %(names)s.",
                    names=clean_line(names)[:200],
                ),
            ),
        )
    if len(problems) > MAX_PROBLEMS:
        rest = len(problems) - MAX_PROBLEMS
        problems = [
            *problems[:MAX_PROBLEMS],
            CellProblem(problems[-1].row, "", "", sentence("And %(n)s more.", n=f"{rest:,}")),
        ]
    run.problems = [
        {**asdict(problem), "sentence": english(problem.sentence), "said": pack(problem.sentence)}
        for problem in problems
    ]
    run.created_count = counts[IntakeStatus.CREATED]
    run.unchanged_count = counts[IntakeStatus.UNCHANGED]
    run.conflict_count = counts[IntakeStatus.CONFLICT]
    run.refused_count = counts[IntakeStatus.REFUSED]
    run.save()

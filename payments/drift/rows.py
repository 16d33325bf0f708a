"""The report as a file: a row for each difference, invoices first, then what only Exact has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from connector.money import trim
from connector.spreadsheets import Row
from payments.drift.kinds import Drift, Standing
from payments.drift.report import Line, Report, accepted_entries, draw_lines

_AT_A_TIME = 500
_LABELS = dict(Standing.choices)


def export(report: Report, view: str) -> Iterator[Row]:
    """This function will give the rows of a view, read bit by bit; times are UTC."""
    yield [
        _("Difference"),
        _("Number"),
        _("Kind"),
        _("Client"),
        _("Date"),
        _("Currency"),
        _("Total here"),
        _("Total in Exact"),
        _("Difference in total"),
        _("VAT here"),
        _("VAT in Exact"),
        _("Customer sent"),
        _("Customer in Exact"),
        _("Number in Exact"),
        _("Earlier copies"),
        _("Read from Exact (UTC)"),
        _("Accepted by"),
        _("Reason"),
    ]
    invoices = report.select_invoices(view).iterator(chunk_size=_AT_A_TIME)
    while part := list(islice(invoices, _AT_A_TIME)):
        for line in draw_lines(report, part):
            yield _of_invoice(line)
    entries = report.select_entries(view).iterator(chunk_size=_AT_A_TIME)
    while part := list(islice(entries, _AT_A_TIME)):
        accepted = accepted_entries(report.connection, part)
        for entry in part:
            yield _of_entry(entry, accepted.get(entry.entry_exact_id))


def _of_invoice(line: Line) -> Row:
    row, document = line.invoice, line.document
    read = document is not None and document.seen_at is not None
    currency = (document.seen_currency if document else "") or row.currency
    kinds = ", ".join(str(kind.label) for kind in line.kinds)
    in_exact = row.current_gross if document else None
    return [
        kinds or str(_LABELS.get(row.standing, "")),
        row.number,
        row.get_kind_display(),
        row.client.name,
        row.invoice_date,
        row.currency if currency == row.currency else f"{row.currency}, {currency}",
        trim(row.our_gross, row.currency),
        None if in_exact is None else trim(in_exact, currency),
        None if in_exact is None else trim(in_exact - row.our_gross, row.currency),
        trim(row.our_vat, row.currency),
        trim(document.seen_vat_amount, currency)
        if document and document.seen_vat_amount is not None
        else None,
        line.sent_customer if document else "",
        line.customer if read else "",
        document.seen_number if document else "",
        ", ".join(str(one) for one in line.earlier),
        document.seen_at if document else None,
        str(line.accepted.user or "") if line.accepted else "",
        line.accepted.reason if line.accepted else "",
    ]


def _of_entry(entry: Any, accepted: Any) -> Row:
    return [
        str(Drift.ONLY_IN_EXACT.label),
        entry.your_ref,
        "",
        "",
        entry.invoice_date,
        entry.currency,
        None,
        trim(entry.gross, entry.currency),
        trim(entry.gross, entry.currency),
        None,
        None,
        "",
        entry.customer,
        str(entry.entry_number or entry.invoice_number or ""),
        "",
        entry.read_at,
        str(accepted.user or "") if accepted else "",
        accepted.reason if accepted else "",
    ]

"""Gives entries their numbers: the caller's own, or the next free one of journal and year."""

from __future__ import annotations

import re
from dataclasses import dataclass

from exact_sandbox.errors import Refused
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record


@dataclass(frozen=True, slots=True)
class Numbers:
    """The two numbers of a sales entry; usually the same."""

    entry_number: int
    invoice_number: int


def number_range(journal: str, year: int) -> tuple[int, int]:
    """Return the first and last number Exact gives out itself: 26700001 for journal 70 in 2026."""
    digits = re.sub(r"[^0-9]", "", journal)[:4] or "0"
    places = max(6 - len(digits), 3)
    start = int(f"{year % 100:02}{digits}") * 10**places
    return start + 1, start + 10**places - 1


def next_number(context: Context, journal: str, year: int) -> int:
    """Return the next free number; like Exact it gives out a deleted last number again."""
    first, last = number_range(journal, year)
    highest = context.sandbox.database.execute(
        'SELECT max("EntryNumber") FROM salesentries WHERE "Division" = ? AND "Journal" = ? '
        'AND "EntryNumber" BETWEEN ? AND ?',
        [context.division, journal, first, last],
    )[0][0]
    taken = _highest_invoice_number(context, journal, first, last)
    number = max(first, int(highest or 0) + 1, taken + 1)
    if number <= last:
        return number
    # The range of the year is used up: numbering goes on after the highest number there is.
    beyond = context.sandbox.database.execute(
        'SELECT max("EntryNumber") FROM salesentries WHERE "Division" = ? AND "Journal" = ? '
        'AND "ReportingYear" = ?',
        [context.division, journal, year],
    )[0][0]
    return max(number, int(beyond or 0) + 1)


def next_entry_number(context: Context, table: str, journal: str, year: int) -> int:
    """Return the next free number of a journal whose entries are in a table of their own."""
    first, last = number_range(journal, year)
    highest = _highest(context, table, journal, first, last)
    if highest == last:  # the range is used up: on after the highest number there is
        highest = _highest(context, table, journal, first, 2**31)
    return max(first, highest + 1)


def _highest(context: Context, table: str, journal: str, first: int, last: int) -> int:
    rows = context.sandbox.database.execute(
        f'SELECT max("EntryNumber") FROM "{table}" WHERE "Division" = ? '  # noqa: S608 - our own
        'AND "JournalCode" = ? AND "EntryNumber" BETWEEN ? AND ?',
        [context.division, journal, first, last],
    )
    return int(rows[0][0] or 0)


def choose_entry_number(
    context: Context, sent: int | None, table: str, journal: str, year: int
) -> int:
    """Return the number of a new bank or cash entry; raises Refused for one that cannot be used."""
    switches = context.sandbox.switches
    if sent and (sent < 0 or switches["entry_number"] == "refused"):
        raise Refused(context.say("invalid", what="entry_number"))
    if not sent or switches["entry_number"] == "ignored":
        return next_entry_number(context, table, journal, year)
    if switches["entry_number_unique"]:
        found = context.sandbox.database.find(
            table,
            Division=context.division,
            JournalCode=journal,
            EntryNumber=sent,
            FinancialYear=year,
        )
        if found is not None:
            raise Refused(context.say("exists"))
    return sent


def _highest_invoice_number(context: Context, journal: str, first: int, last: int) -> int:
    """Return the highest number that a sales invoice has, printed or not; 0 without any."""
    rows = context.sandbox.database.execute(
        'SELECT max("InvoiceNumber") FROM salesinvoices WHERE "Division" = ? AND "Journal" = ? '
        'AND "InvoiceNumber" BETWEEN ? AND ?',
        [context.division, journal, first, last],
    )
    return int(rows[0][0] or 0)


def choose_numbers(context: Context, sent: Record, journal: str, year: int) -> Numbers:
    """Return the numbers of a new entry; raises Refused when a number sent cannot be used.

    https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntries
    """
    switches = context.sandbox.switches
    entry_number = sent.get("EntryNumber") or None
    invoice_number = sent.get("InvoiceNumber") or None
    if entry_number is not None and switches["entry_number"] == "refused":
        raise Refused(context.say("invalid", what="entry_number"))
    if switches["entry_number"] == "ignored":
        entry_number = None
    invoice_number = _usable_hint(context, invoice_number, journal, year)
    for number in (entry_number, invoice_number):
        if number is not None and number < 0:
            raise Refused(context.say("invalid", what="entry_number"))
    chosen = entry_number or invoice_number or next_number(context, journal, year)
    numbers = Numbers(chosen, invoice_number or chosen)
    check_unique(context, numbers, journal, year)
    return numbers


def _usable_hint(context: Context, number: int | None, journal: str, year: int) -> int | None:
    """Return an InvoiceNumber as far as the switch lets it count."""
    mode = context.sandbox.switches["invoice_number"]
    if number is None or mode == "ignored":
        return None
    if mode == "honored":
        return number
    highest = context.sandbox.database.execute(
        'SELECT max("InvoiceNumber") FROM salesentries WHERE "Division" = ? AND "Journal" = ? '
        'AND "ReportingYear" = ?',
        [context.division, journal, year],
    )[0][0]
    return None if highest is not None and number <= highest else number


def check_unique(
    context: Context,
    numbers: Numbers,
    journal: str,
    year: int,
    *,
    except_for: str = "",
) -> None:
    """Raise Refused when journal and year already hold one of the numbers."""
    if not context.sandbox.switches["entry_number_unique"]:
        return
    found = context.sandbox.database.execute(
        'SELECT 1 FROM salesentries WHERE "Division" = ? AND "Journal" = ? AND "ReportingYear" = ? '
        'AND ("EntryNumber" = ? OR "InvoiceNumber" = ?) AND "EntryID" <> ?',
        [
            context.division,
            journal,
            year,
            numbers.entry_number,
            numbers.invoice_number,
            except_for,
        ],
    )
    if found or _waits_for_printing(context, numbers, journal):
        raise Refused(context.say("exists"))


def _waits_for_printing(context: Context, numbers: Numbers, journal: str) -> bool:
    """Whether a sales invoice got one of the numbers at entry and is not booked yet."""
    return bool(
        context.sandbox.database.execute(
            'SELECT 1 FROM salesinvoices WHERE "Division" = ? AND "Journal" = ? '
            'AND "InvoiceNumber" IN (?, ?) AND "Status" < 50',
            [context.division, journal, numbers.entry_number, numbers.invoice_number],
        )
    )

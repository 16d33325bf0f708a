"""Sales entries: the list of a division, and one with its lines, terms, ledger and documents."""

from __future__ import annotations

from markupsafe import Markup

from exact_sandbox.html import table
from exact_sandbox.pages.divisions import division_screen
from exact_sandbox.pages.page import Missing, Page, Screen, Visit
from exact_sandbox.pages.parts import (
    PER_PAGE,
    card,
    code,
    day,
    empty,
    facts,
    link,
    money,
    pager,
    search,
    tag,
)
from exact_sandbox.pages.reading import TERM_STATES, like, number, rows
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

_FOUND = (
    'FROM salesentries e LEFT JOIN accounts a ON a."ID" = e."Customer" WHERE e."Division" = ? '
    "AND (? = '' OR e.\"YourRef\" LIKE ? ESCAPE '\\' OR e.\"Description\" LIKE ? ESCAPE '\\' "
    'OR e."EntryNumber" = ? OR e."InvoiceNumber" = ? OR a."Name" LIKE ? ESCAPE \'\\\')'
)


def show_list(visit: Visit) -> Screen:
    """Return the sales entries of a division, newest first."""
    context = visit.context()
    database = context.sandbox.database
    words = visit.query.get("q", "").strip()
    page = max(1, visit.number("page", 1))
    pattern = like(words)
    parameters = [context.division, words, pattern, pattern, words, words, pattern]
    if words:
        total = number(database, f"SELECT count(*) {_FOUND}", parameters)
    else:
        counting = 'SELECT count(*) FROM salesentries WHERE "Division" = ?'
        total = number(database, counting, [context.division])
    found = rows(
        database,
        f'SELECT e.*, a."Name" {_FOUND} ORDER BY e."Division" DESC, e.rowid DESC LIMIT ? OFFSET ?',
        [*parameters, PER_PAGE, (page - 1) * PER_PAGE],
        "salesentries",
    )
    nothing = "Nothing fits." if words else "No sales entry is booked yet: a client posts them."
    return division_screen(
        visit,
        context,
        "Sales entries",
        card(
            "Entries",
            search(visit, "Customer, reference, number or description"),
            entry_table(found) if found else empty(nothing),
            pager(visit, total, page=page),
        ),
    )


def entry_table(entries: list[Record]) -> Markup:
    """Return sales entries as a table."""
    headings = ["Entry", "Your ref", "Customer", "Date", "Due", "Kind", "State", "Amount"]
    lines: list[list[object]] = [
        [
            link(
                f"/divisions/{entry['Division']}/entries/{entry['EntryID']}", entry["EntryNumber"]
            ),
            entry["YourRef"] or "",
            entry["Name"] or "",
            day(entry["EntryDate"]),
            day(entry["DueDate"]),
            "credit note" if entry["AmountFC"] < 0 else "invoice",
            state_tag(entry["Status"]),
            money(entry["AmountFC"], entry["Currency"]),
        ]
        for entry in entries
    ]
    return table(headings, lines, numbers=frozenset({7}))


def state_tag(status: int) -> Markup:
    """Return the state of an entry as a label."""
    return tag("processed") if status == 50 else tag("open", "good")


def show_entry(visit: Visit) -> Screen:
    """Return one sales entry with everything that hangs on it."""
    context = visit.context()
    database = context.sandbox.database
    entry = database.find("salesentries", EntryID=visit.path["entry"], Division=context.division)
    if entry is None:
        raise Missing("There is no such sales entry in this division.")
    customer = database.find("accounts", ID=entry["Customer"]) or {}
    relation = link(
        f"/divisions/{context.division}/relations/{customer.get('ID')}", customer.get("Name")
    )
    about = facts(
        [
            ("Customer", relation),
            ("Amount", money(entry["AmountFC"], entry["Currency"])),
            ("Of which VAT", money(entry["VATAmountFC"], entry["Currency"])),
            ("In the division's currency", money(entry["AmountDC"])),
            ("State", state_tag(entry["Status"])),
            ("Journal", entry["Journal"]),
            ("Your ref", entry["YourRef"]),
            ("Description", entry["Description"]),
            ("Invoice number", entry["InvoiceNumber"]),
            ("Date", day(entry["EntryDate"])),
            ("Due", day(entry["DueDate"])),
            ("Payment condition", entry["PaymentCondition"]),
            ("Booked by", entry["CreatorFullName"]),
            ("EntryID", code(entry["EntryID"])),
        ]
    )
    desk = f"/bank-desk?division={context.division}&q={entry['EntryNumber']}"
    return division_screen(
        visit,
        context,
        f"Sales entry {entry['EntryNumber']}",
        card("Header", about, Markup("<p>{}</p>").format(link(desk, "Find it at the bank desk"))),
        card("Lines", _lines(context, entry)),
        card(
            "Terms",
            terms_table(context, entry["EntryID"]),
            lead="What the customer owes, and what was paid.",
        ),
        card(
            "Ledger",
            ledger_table(context, entry["EntryID"]),
            lead="What the entry does to the books.",
        ),
        _documents(context, entry),
    )


def _lines(context: Context, entry: Record) -> Markup:
    found = rows(
        context.sandbox.database,
        'SELECT l.*, g."Code" AS "GLCode", g."Description" AS "GLName" FROM salesentrylines l '
        'LEFT JOIN glaccounts g ON g."ID" = l."GLAccount" WHERE l."EntryID" = ? ORDER BY l."LineNumber"',
        [entry["EntryID"]],
        "salesentrylines",
    )
    lines: list[list[object]] = [
        [
            f"{line['GLCode']} {line['GLName']}",
            line["Description"] or "",
            line["VATCode"] or "",
            money(line["AmountFC"], entry["Currency"]),
            money(line["VATAmountFC"], entry["Currency"]),
        ]
        for line in found
    ]
    return table(
        ["Ledger account", "Description", "VAT code", "Amount", "VAT"],
        lines,
        numbers=frozenset({3, 4}),
    )


def terms_table(context: Context, entry_id: str) -> Markup:
    """Return the terms of a document."""
    found = rows(
        context.sandbox.database,
        'SELECT * FROM terms WHERE "TransactionEntryID" = ? AND "LineType" = 20 ORDER BY rowid',
        [entry_id],
        "terms",
    )
    if not found:
        return empty("There are no terms.")
    lines: list[list[object]] = [
        [
            money(term["AmountFC"], term["Currency"]),
            tag(
                TERM_STATES.get(term["Status"], term["Status"]),
                "good" if term["Status"] == 50 else "warn",
            ),
            day(term["DueDate"]),
            day(term["LastPaymentDate"]),
            day(term["EndDate"]),
        ]
        for term in found
    ]
    return table(["Amount", "State", "Due", "Paid on", "Closed on"], lines)


def ledger_table(context: Context, entry_id: str) -> Markup:
    """Return the ledger lines of a document."""
    found = rows(
        context.sandbox.database,
        'SELECT l.*, g."Code" AS "GLCode", g."Description" AS "GLName" FROM transactionlines l '
        'LEFT JOIN glaccounts g ON g."ID" = l."GLAccount" WHERE l."EntryID" = ? ORDER BY l."LineNumber"',
        [entry_id],
        "transactionlines",
    )
    if not found:
        return empty("There are no ledger lines.")
    lines: list[list[object]] = [
        [
            f"{line['GLCode']} {line['GLName']}",
            line["Description"] or "",
            money(line["AmountDC"]) if line["AmountDC"] > 0 else "",
            money(-line["AmountDC"]) if line["AmountDC"] < 0 else "",
        ]
        for line in found
    ]
    return table(
        ["Ledger account", "Description", "Debit", "Credit"], lines, numbers=frozenset({2, 3})
    )


def _documents(context: Context, entry: Record) -> Markup:
    database = context.sandbox.database
    document = database.find("documents", ID=entry["Document"]) if entry["Document"] else None
    if document is None:
        return Markup("")
    attachments = database.records("documentattachments", Document=document["ID"])
    names = ", ".join(str(each["FileName"]) for each in attachments)
    return card(
        "Document",
        facts([("Subject", document["Subject"]), ("Attachments", names or "none")]),
    )


PAGES = (
    Page("/divisions/{division}/entries", show_list),
    Page("/divisions/{division}/entries/{entry}", show_entry),
)

"""Sales invoices that Exact numbers, prints and sends: the list, and one with its lines."""

from __future__ import annotations

from markupsafe import Markup

from exact_sandbox import outbox
from exact_sandbox.html import table
from exact_sandbox.pages.divisions import division_screen
from exact_sandbox.pages.entries import ledger_table, terms_table
from exact_sandbox.pages.outbox import message_table
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
from exact_sandbox.pages.reading import like, number, rows
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

_FOUND = (
    'FROM salesinvoices i LEFT JOIN accounts a ON a."ID" = i."InvoiceTo" WHERE i."Division" = ? '
    "AND (? = '' OR i.\"YourRef\" LIKE ? ESCAPE '\\' OR a.\"Name\" LIKE ? ESCAPE '\\' "
    'OR i."InvoiceNumber" = ?)'
)


def show_list(visit: Visit) -> Screen:
    """Return the sales invoices of a division, newest first."""
    context = visit.context()
    words = visit.query.get("q", "").strip()
    page = max(1, visit.number("page", 1))
    pattern = like(words)
    parameters = [context.division, words, pattern, pattern, words]
    total = number(context.sandbox.database, f"SELECT count(*) {_FOUND}", parameters)
    found = rows(
        context.sandbox.database,
        f'SELECT i.*, a."Name" {_FOUND} ORDER BY i.rowid DESC LIMIT ? OFFSET ?',
        [*parameters, PER_PAGE, (page - 1) * PER_PAGE],
        "salesinvoices",
    )
    lines: list[list[object]] = [
        [
            link(
                f"/divisions/{context.division}/invoices/{row['InvoiceID']}",
                row["InvoiceNumber"] or "Draft",
            ),
            row["YourRef"] or "",
            row["Name"] or "",
            day(row["InvoiceDate"] or row["OrderDate"]),
            invoice_state(row),
            money(row["AmountFC"], row["Currency"]),
        ]
        for row in found
    ]
    headings = ["Invoice", "Your ref", "Customer", "Date", "State", "Amount"]
    nothing = "Nothing fits." if words else "No sales invoice yet: a client posts and prints them."
    return division_screen(
        visit,
        context,
        "Sales invoices",
        card(
            "Invoices",
            search(visit, "Customer, reference or number"),
            table(headings, lines, numbers=frozenset({5})) if lines else empty(nothing),
            pager(visit, total, page=page),
        ),
    )


def invoice_state(row: Record) -> object:
    """Return the state of a sales invoice as a label."""
    known = {10: ("draft", "warn"), 20: ("open", "warn"), 50: ("processed", "good")}
    return tag(*known.get(row["Status"], (row["Status"], "")))


def show_invoice(visit: Visit) -> Screen:
    """Return one sales invoice with its lines and, once printed, its terms and ledger."""
    context = visit.context()
    database = context.sandbox.database
    row = database.find("salesinvoices", InvoiceID=visit.path["invoice"], Division=context.division)
    if row is None:
        raise Missing("There is no such sales invoice in this division.")
    customer = database.find("accounts", ID=row["InvoiceTo"]) or {}
    lines: list[list[object]] = [
        [
            line["Description"] or line["ItemDescription"] or "",
            f"{line['Quantity'].normalize():f}" if line["Quantity"] is not None else "",
            line["VATCode"] or "",
            money(line["NetPrice"], row["Currency"]),
            money(line["AmountFC"], row["Currency"]),
        ]
        for line in database.records(
            "salesinvoicelines", InvoiceID=row["InvoiceID"], order='"LineNumber"'
        )
    ]
    title = (
        f"Sales invoice {row['InvoiceNumber']}" if row["InvoiceNumber"] else "Draft of an invoice"
    )
    return division_screen(
        visit,
        context,
        title,
        card(
            "Header",
            facts(
                [
                    ("Customer", customer.get("Name")),
                    ("State", invoice_state(row)),
                    ("Amount", money(row["AmountFC"], row["Currency"])),
                    ("Of which VAT", money(row["VATAmountFC"], row["Currency"])),
                    ("Your ref", row["YourRef"]),
                    ("Date", day(row["InvoiceDate"])),
                    ("Due", day(row["DueDate"])),
                    ("Journal", row["Journal"]),
                    ("Order number", row["OrderNumber"]),
                    ("InvoiceID", code(row["InvoiceID"])),
                ]
            ),
        ),
        card(
            "Lines",
            table(
                ["Description", "Quantity", "VAT code", "Price", "Amount"],
                lines,
                numbers=frozenset({1, 3, 4}),
            ),
        ),
        *_printed(context, row["InvoiceID"]),
    )


def _printed(context: Context, invoice_id: str) -> list[Markup]:
    """Return what printing made of an invoice: its entry's terms and ledger, and what was sent."""
    database = context.sandbox.database
    entries = database.execute(
        "SELECT entry_id FROM sales_invoice_entries WHERE invoice_id = ?", [invoice_id]
    )
    if not entries:
        lead = "It is not printed yet: it has no number, owes nothing and is not in the ledger."
        return [card("Terms", empty(lead))]
    entry_id = entries[0]["entry_id"]
    messages = outbox.list_emails(database, invoice_id=invoice_id)
    sent = message_table(messages) if messages else empty("It was printed without sending.")
    way = link(f"/divisions/{context.division}/entries/{entry_id}", "To its sales entry")
    return [
        card("Terms", terms_table(context, entry_id)),
        card("Ledger", ledger_table(context, entry_id), Markup("<p>{}</p>").format(way)),
        card("Sent to the customer", sent),
    ]


PAGES = (
    Page("/divisions/{division}/invoices", show_list),
    Page("/divisions/{division}/invoices/{invoice}", show_invoice),
)

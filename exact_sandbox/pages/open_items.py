"""What customers owe, a page at a time."""

from __future__ import annotations

from markupsafe import Markup

from exact_sandbox.html import table
from exact_sandbox.pages.divisions import division_screen
from exact_sandbox.pages.page import Page, Screen, Visit
from exact_sandbox.pages.parts import PER_PAGE, card, day, empty, link, money, pager, search, tag
from exact_sandbox.pages.reading import TERM_STATES, like, number, rows
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

_OPEN = (
    'FROM terms t LEFT JOIN accounts a ON a."ID" = t."Account" WHERE t."Division" = ? '
    'AND t."LineType" = 20 AND t."Status" < 50 AND (? = \'\' OR t."Account" = ?) '
    "AND (? = '' OR t.\"YourRef\" LIKE ? ESCAPE '\\' OR a.\"Name\" LIKE ? ESCAPE '\\' "
    'OR t."EntryNumber" = ? OR t."InvoiceNumber" = ?)'
)


def open_terms(
    context: Context, *, words: str = "", account: str = "", limit: int, offset: int = 0
) -> list[Record]:
    """Return open terms of invoices, credit notes and unmatched receipts, oldest first."""
    return rows(
        context.sandbox.database,
        f'SELECT t.*, a."Name" {_OPEN} ORDER BY t."InvoiceDate", t."EntryNumber" LIMIT ? OFFSET ?',
        [*_parameters(context, words, account), limit, offset],
        "terms",
    )


def count_open_terms(context: Context, *, words: str = "") -> int:
    """Return how many terms are open."""
    counting = f"SELECT count(*) {_OPEN}"
    return number(context.sandbox.database, counting, _parameters(context, words, ""))


def _parameters(context: Context, words: str, account: str) -> list[object]:
    pattern = like(words)
    return [context.division, account, account, words, pattern, pattern, words, words]


def is_document(term: Record) -> bool:
    """Whether a term is that of an invoice or credit note, not of a receipt."""
    return term["TransactionType"] in (20, 21)


def document_name(context: Context, entry_id: str) -> str:
    """Return what people call a document or a receipt: its reference, or else its number."""
    rows = context.sandbox.database.execute(
        'SELECT "YourRef", "EntryNumber" FROM terms WHERE "TransactionEntryID" = ? LIMIT 1',
        [entry_id],
    )
    return str(rows[0]["YourRef"] or rows[0]["EntryNumber"]) if rows else entry_id


def document_link(context: Context, term: Record) -> object:
    """Return the way to the document a term belongs to."""
    if not is_document(term):
        return f"{term['EntryNumber']} (receipt)"
    address = f"/divisions/{context.division}/entries/{term['TransactionEntryID']}"
    return link(address, term["EntryNumber"])


def term_state(term: Record) -> Markup:
    """Return the state of a term as a label."""
    return tag(
        TERM_STATES.get(term["Status"], term["Status"]), "warn" if term["Status"] > 20 else ""
    )


def term_table(context: Context, terms: list[Record]) -> Markup:
    """Return open terms as a table."""
    lines: list[list[object]] = [
        [
            document_link(context, term),
            term["YourRef"] or "",
            term["Name"] or "",
            day(term["InvoiceDate"]),
            day(term["DueDate"]),
            term_state(term),
            money(term["AmountFC"], term["Currency"]),
        ]
        for term in terms
    ]
    headings = ["Entry", "Your ref", "Customer", "Date", "Due", "State", "Open"]
    return table(headings, lines, numbers=frozenset({6}))


def show_list(visit: Visit) -> Screen:
    """Return the open items of a division."""
    context = visit.context()
    words = visit.query.get("q", "").strip()
    page = max(1, visit.number("page", 1))
    found = open_terms(context, words=words, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    total = count_open_terms(context, words=words)
    nothing = "Nothing fits." if words else "Nothing is open."
    return division_screen(
        visit,
        context,
        "Open items",
        card(
            "What customers owe",
            search(visit, "Customer, reference or number"),
            term_table(context, found) if found else empty(nothing),
            pager(visit, total, page=page),
        ),
    )


PAGES = (Page("/divisions/{division}/open-items", show_list),)

"""Customers and other relations: the list with a search, and one with what it owes."""

from __future__ import annotations

from exact_sandbox.html import table
from exact_sandbox.pages.divisions import division_screen
from exact_sandbox.pages.entries import entry_table
from exact_sandbox.pages.open_items import open_terms, term_table
from exact_sandbox.pages.page import Missing, Page, Screen, Visit
from exact_sandbox.pages.parts import PER_PAGE, card, code, empty, facts, link, pager, search, tag
from exact_sandbox.pages.reading import like, number, rows

_LATEST = 20
_FOUND = (
    "FROM accounts WHERE \"Division\" = ? AND (? = '' OR \"Name\" LIKE ? ESCAPE '\\' "
    'OR trim("Code") = ? OR "City" LIKE ? ESCAPE \'\\\' OR "Email" LIKE ? ESCAPE \'\\\')'
)


def show_list(visit: Visit) -> Screen:
    """Return the relations of a division by name."""
    context = visit.context()
    words = visit.query.get("q", "").strip()
    page = max(1, visit.number("page", 1))
    pattern = like(words)
    parameters = [context.division, words, pattern, words, pattern, pattern]
    total = number(context.sandbox.database, f"SELECT count(*) {_FOUND}", parameters)
    found = rows(
        context.sandbox.database,
        f'SELECT * {_FOUND} ORDER BY "Name" LIMIT ? OFFSET ?',
        [*parameters, PER_PAGE, (page - 1) * PER_PAGE],
        "accounts",
    )
    lines: list[list[object]] = [
        [
            link(f"/divisions/{context.division}/relations/{row['ID']}", row["Name"]),
            str(row["Code"]).strip(),
            {"C": "customer", "S": "suspect", "P": "prospect"}.get(row["Status"], "none"),
            row["City"] or "",
            row["Email"] or "",
            tag("blocked", "bad") if row["Blocked"] else tag("usable", "good"),
        ]
        for row in found
    ]
    shown = (
        table(["Name", "Code", "Kind", "City", "E-mail", "State"], lines)
        if lines
        else empty("Nothing fits.")
    )
    return division_screen(
        visit,
        context,
        "Relations",
        card(
            "Customers and suppliers",
            search(visit, "Name, code, city or e-mail"),
            shown,
            pager(visit, total, page=page),
        ),
    )


def show_relation(visit: Visit) -> Screen:
    """Return one relation with its open items and latest entries."""
    context = visit.context()
    database = context.sandbox.database
    row = database.find("accounts", ID=visit.path["account"], Division=context.division)
    if row is None:
        raise Missing("There is no such relation in this division.")
    owed = open_terms(context, account=row["ID"], limit=PER_PAGE)
    entries = rows(
        database,
        'SELECT e.*, ? AS "Name" FROM salesentries e WHERE e."Division" = ? AND e."Customer" = ? '
        "ORDER BY e.rowid DESC LIMIT ?",
        [row["Name"], context.division, row["ID"], _LATEST],
        "salesentries",
    )
    return division_screen(
        visit,
        context,
        row["Name"],
        card(
            "Who it is",
            facts(
                [
                    ("Code", str(row["Code"]).strip()),
                    ("E-mail", row["Email"]),
                    ("Phone", row["Phone"]),
                    (
                        "Address",
                        f"{row['AddressLine1'] or ''} {row['Postcode'] or ''} {row['City'] or ''}",
                    ),
                    ("Country", row["Country"]),
                    ("VAT number", row["VATNumber"]),
                    ("Payment condition", row["PaymentConditionSales"]),
                    ("State", tag("blocked", "bad") if row["Blocked"] else tag("usable", "good")),
                    ("ID", code(row["ID"])),
                ]
            ),
        ),
        card("Open items", term_table(context, owed) if owed else empty("Nothing is open.")),
        card(
            f"Latest {_LATEST} entries",
            entry_table(entries) if entries else empty("No sales entry is booked yet."),
        ),
    )


PAGES = (
    Page("/divisions/{division}/relations", show_list),
    Page("/divisions/{division}/relations/{account}", show_relation),
)

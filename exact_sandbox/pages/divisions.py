"""A division at a glance: what it holds, its trial balance, and whether its books add up."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup

from exact_sandbox.books.check import book_problems
from exact_sandbox.html import table
from exact_sandbox.pages.page import Page, Screen, Visit
from exact_sandbox.pages.parts import card, empty, facts, join, link, money, tabs, tag
from exact_sandbox.pages.reading import division_counts, rows
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record


def division_screen(visit: Visit, context: Context, title: str, *content: object) -> Screen:
    """Return a screen under a division's own navigation."""
    division = context.sandbox.database.find("divisions", Code=context.division) or {}
    base = f"/divisions/{context.division}"
    sections = [
        (base, "Overview"),
        (f"{base}/entries", "Sales entries"),
        (f"{base}/invoices", "Sales invoices"),
        (f"{base}/open-items", "Open items"),
        (f"{base}/relations", "Relations"),
        (f"{base}/trial-balance", "Trial balance"),
        (f"/bank-desk?division={context.division}", "Bank desk"),
    ]
    current = max(
        (address for address, _ in sections if visit.address.startswith(address)), key=len
    )
    heading = Markup('<p class="soft">{} {}</p><h1>{}</h1>').format(
        context.division, division["Description"], title
    )
    menu = tabs(sections, current, "Division")
    return Screen(f"{title}, {context.division}", join(heading, menu, *content), "/")


def overview(visit: Visit) -> Screen:
    """Return what a division is and holds."""
    context = visit.context()
    database = context.sandbox.database
    division = database.find("divisions", Code=context.division) or {}
    counts = division_counts(database, context.division)
    state = tag("archived", "warn") if division["Status"] == 2 else tag("active", "good")
    about = facts(
        [
            ("State", state),
            ("Country", division["Country"]),
            ("Currency", division["Currency"]),
            ("Sales entries", f"{counts['salesentries']:,}"),
            ("Sales invoices", f"{counts['salesinvoices']:,}"),
            ("Open items", f"{counts['open']:,}"),
            ("Relations", f"{counts['accounts']:,}"),
            ("Documents", f"{counts['documents']:,}"),
        ]
    )
    return division_screen(
        visit,
        context,
        division["Description"],
        card("What it holds", about),
        _check(visit, context),
        _lists(context),
    )


def _check(visit: Visit, context: Context) -> Markup:
    """Return the check of the books; it reads them all, so only when asked for."""
    lead = "Debit equals credit, terms equal the ledger, and every open amount equals its terms."
    if visit.query.get("check") != "1":
        way = link(visit.with_query(check=1), "Check the books now")
        return card("Do the books add up?", Markup("<p>{}</p>").format(way), lead=lead)
    problems = book_problems(context.sandbox.database, context.division)
    if not problems:
        return card(
            "Do the books add up?", Markup("<p>{} They do.</p>").format(tag("good", "good"))
        )
    found = Markup("").join(Markup("<li>{}</li>").format(text) for text in problems[:100])
    return card("Do the books add up?", Markup('<ul class="error">{}</ul>').format(found))


def _lists(context: Context) -> Markup:
    database, division = context.sandbox.database, context.division
    journals: list[list[object]] = [
        [row["Code"], row["Description"], row["Currency"], _blocked(row)]
        for row in database.records("journals", Division=division, order='"Code"')
    ]
    codes: list[list[object]] = [
        [row["Code"], row["Description"], _percentage(row), _blocked(row)]
        for row in database.records("vatcodes", Division=division, order='"Code"')
    ]
    conditions: list[list[object]] = [
        [row["Code"], row["Description"], row["PaymentDays"]]
        for row in database.records("paymentconditions", Division=division, order='"Code"')
    ]
    return join(
        Markup('<div class="columns">'),
        card("Journals", table(["Code", "Name", "Currency", "State"], journals)),
        card("VAT codes", table(["Code", "Name", "Percentage", "State"], codes)),
        card("Payment conditions", table(["Code", "Name", "Days"], conditions)),
        Markup("</div>"),
    )


def _blocked(row: Record) -> Markup:
    return tag("blocked", "bad") if row["IsBlocked"] else tag("usable", "good")


def _percentage(row: Record) -> str:
    return f"{((row['Percentage'] or Decimal(0)) * 100).normalize():f} %"


def trial_balance(visit: Visit) -> Screen:
    """Return what stands on every ledger account that was used, in the division's currency."""
    context = visit.context()
    found = rows(
        context.sandbox.database,
        'SELECT g."ID" AS "GLAccount", g."Code", g."Description", s."AmountDC", s.debit, s.credit FROM '
        '(SELECT "GLAccount", sum("AmountDC") AS "AmountDC", '
        'sum(CASE WHEN "AmountDC" > 0 THEN "AmountDC" ELSE 0 END) AS debit, '
        'sum(CASE WHEN "AmountDC" < 0 THEN "AmountDC" ELSE 0 END) AS credit '
        'FROM transactionlines WHERE "Division" = ? GROUP BY "GLAccount") s '
        'JOIN glaccounts g ON g."ID" = s."GLAccount" ORDER BY g."Code"',
        [context.division],
        "transactionlines",
    )
    if not found:
        nothing = empty("Nothing is booked yet. Post a sales entry, or load example data.")
        return division_screen(visit, context, "Trial balance", card("Balances", nothing))
    lines: list[list[object]] = [
        [
            row["Code"],
            row["Description"],
            _millionths(row["debit"]),
            _millionths(-row["credit"]),
            money(row["AmountDC"]),
        ]
        for row in found
    ]
    lines.append(
        [
            Markup("<strong>Total</strong>"),
            "",
            _millionths(sum(row["debit"] for row in found)),
            _millionths(-sum(row["credit"] for row in found)),
            money(sum((row["AmountDC"] for row in found), Decimal(0))),
        ]
    )
    headings = ["Account", "Name", "Debit", "Credit", "Balance"]
    balances = table(headings, lines, numbers=frozenset({2, 3, 4}))
    return division_screen(visit, context, "Trial balance", card("Balances", balances))


def _millionths(stored: int) -> str:
    return money(Decimal(stored) / 1_000_000)


PAGES = (
    Page("/divisions/{division}", overview),
    Page("/divisions/{division}/trial-balance", trial_balance),
)

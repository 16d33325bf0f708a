"""The bank desk: open items with what can be done to them, and what was registered."""

from __future__ import annotations

from urllib.parse import urlencode

from markupsafe import Markup

from exact_sandbox.bank_input import desk_context
from exact_sandbox.books.bank_entries import BankError
from exact_sandbox.html import table
from exact_sandbox.pages.bank_orders import (
    collect,
    kept_query,
    pay_in_full,
    register,
    settle,
    settle_partly,
    settle_payment,
    write_off,
)
from exact_sandbox.pages.bank_payments import payment_cards
from exact_sandbox.pages.open_items import (
    count_open_terms,
    document_link,
    is_document,
    open_terms,
    term_state,
)
from exact_sandbox.pages.page import Form, Page, Refused, Screen, Visit
from exact_sandbox.pages.parts import (
    button,
    card,
    day,
    empty,
    field,
    form,
    hidden,
    join,
    money,
    pager,
    search,
    select,
)
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

_PER_PAGE = 25
_HOW = Markup(
    "Fill in an amount on one invoice or on several: together they become one line on the bank "
    "statement. Or tick documents and use the buttons below the list."
)


def show(visit: Visit) -> Screen:
    """Return the bank desk of the division that was chosen."""
    divisions = [
        (row["Code"], f"{row['Code']} {row['Description']}")
        for row in visit.sandbox.database.records("divisions", order='"Code"')
        if row["Status"] == 1
    ]
    chosen = visit.form.get("division") or visit.query.get("division") or str(divisions[0][0])
    chooser = Markup('<form method="get" action="/bank-desk" class="filters">{}{}</form>').format(
        select("Division", "division", divisions, chosen), button("Show", kind="plain")
    )
    heading = Markup(
        '<h1>Bank desk</h1><p class="lead">What a bookkeeper does at the bank: payments, corrections, '
        "write-offs, matching and direct debit. A client sees the result in Exact's own addresses.</p>"
    )
    try:
        context = desk_context(visit.sandbox, chosen)
    except BankError as error:
        return Screen("Bank desk", join(heading, chooser, empty(error)), "/bank-desk")
    content = join(heading, chooser, _open_items(visit, context), payment_cards(visit, context))
    return Screen("Bank desk", content, "/bank-desk")


def _open_items(visit: Visit, context: Context) -> Markup:
    words = visit.query.get("q", "").strip()
    page = max(1, visit.number("page", 1))
    terms = open_terms(context, words=words, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE)
    total = count_open_terms(context, words=words)
    looking = (
        search(visit, "Customer, reference or number", hidden("division", context.division))
        if words or total > len(terms) or total > 5
        else ""
    )
    if not terms:
        nothing = empty("Nothing fits." if words else "Nothing is open.")
        return card("Open items", looking, nothing)
    lines = [_line(visit, context, term) for term in terms]
    headings = [
        "Tick",
        "Entry",
        "Your ref",
        "Customer",
        "Due",
        "State",
        "Open",
        "Amount",
        "At once",
    ]
    return card(
        "Open items",
        looking,
        form(
            _to(visit, "payments"),
            # The first button of a form is what Enter presses: it must not be that of a line.
            Markup('<button type="submit" class="unseen" tabindex="-1">Register payment</button>'),
            hidden("division", context.division),
            table(headings, lines, numbers=frozenset({6})),
            _below(visit),
        ),
        pager(visit, total, page=page, per_page=_PER_PAGE),
        lead=_HOW,
    )


def _line(visit: Visit, context: Context, term: Record) -> list[object]:
    number, entry_id = term["EntryNumber"], term["TransactionEntryID"]
    name = term["YourRef"] or number
    ticked = entry_id in visit.form.getlist("entry_id")
    tick = Markup(
        '<input type="checkbox" name="entry_id" value="{}" aria-label="Tick {}"{}>'
    ).format(entry_id, name, Markup(" checked") if ticked else "")
    if not is_document(term):
        what = Markup('<span class="soft">money, not matched</span>')
        return [tick, number, what, term["Name"] or "", "", term_state(term), _open(term), "", ""]
    amount = Markup(
        '<input type="text" inputmode="decimal" class="amount" name="amount-{}" value="{}" '
        'aria-label="Amount for {}" autocomplete="off">'
    ).format(entry_id, visit.form.get(f"amount-{entry_id}", ""), name)
    full = Markup(
        '<button type="submit" formaction="{}" name="only" value="{}" class="plain" '
        'aria-label="Pay {} in full">Pay in full</button>'
    ).format(_to(visit, "full"), entry_id, name)
    return [
        tick,
        document_link(context, term),
        term["YourRef"] or "",
        term["Name"] or "",
        day(term["DueDate"]),
        term_state(term),
        _open(term),
        amount,
        full,
    ]


def _to(visit: Visit, order: str) -> str:
    """Return where an order is sent; what is searched for is kept."""
    kept = urlencode(kept_query(visit))
    return f"/bank-desk/{order}?{kept}" if kept else f"/bank-desk/{order}"


def _open(term: Record) -> str:
    return money(term["AmountFC"], term["Currency"])


def _below(visit: Visit) -> Markup:
    """Return the fields and buttons under the list of open items."""
    today = visit.sandbox.clock.today().date().isoformat()
    sent = visit.form

    def ticked(text: str, action: str) -> Markup:
        return Markup('<button type="submit" class="plain" formaction="{}">{}</button>').format(
            _to(visit, action), text
        )

    return join(
        Markup('<div class="below"><div class="row">'),
        field(
            "Date on the statement", "date", sent.get("date", today), kind="date", more="required"
        ),
        field(
            "Reference on the statement",
            "reference",
            sent.get("reference", ""),
            more='maxlength="140" autocomplete="off"',
        ),
        Markup('<div class="field">'),
        button("Register payment"),
        Markup("</div></div><h3>With the ticked documents</h3>"),
        ticked("Pay in full", "full"),
        ticked("Match with each other", "match"),
        ticked("Match as much as can be", "match-partly"),
        ticked("Write off", "write-off"),
        ticked("Select for direct debit", "collect/30"),
        ticked("Send to the bank", "collect/40"),
        ticked("Take out of direct debit", "collect/20"),
        Markup("</div>"),
    )


_REFUSALS = (BankError, Refused)

PAGE = Page("/bank-desk", show)
PAGES = (
    PAGE,
    Form("/bank-desk/payments", register, PAGE, _REFUSALS),
    Form("/bank-desk/full", pay_in_full, PAGE, _REFUSALS),
    Form("/bank-desk/write-off", write_off, PAGE, _REFUSALS),
    Form("/bank-desk/match", settle, PAGE, _REFUSALS),
    Form("/bank-desk/match-partly", settle_partly, PAGE, _REFUSALS),
    Form("/bank-desk/collect/{status}", collect, PAGE, _REFUSALS),
    Form("/bank-desk/payments/{payment}", settle_payment, PAGE, _REFUSALS),
)

"""What was registered at the bank desk, each with a form to correct, unmatch or delete it."""

from __future__ import annotations

from markupsafe import Markup

from exact_sandbox.books import bank
from exact_sandbox.html import table
from exact_sandbox.pages.open_items import document_name
from exact_sandbox.pages.page import Visit
from exact_sandbox.pages.parts import button, card, empty, form, hidden, join, link, tag
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

_PER_PAGE = 20
_KINDS = {
    bank.PAYMENT: "payment",
    bank.MEMORIAL: "memorial entry",
    bank.WRITE_OFF: "write-off",
    bank.SETTLEMENT: "matching",
}


def payment_cards(visit: Visit, context: Context) -> Markup:
    """Return what was registered, newest first."""
    page = max(1, visit.number("registered", 1))
    total = bank.count_payments(context)
    found = bank.payments(context, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE)
    if not found:
        return card("Registered", empty("Nothing was registered yet."))
    headings = ["Date", "Kind", "Documents", "State", "Change"]
    lines: list[list[object]] = [
        [
            payment["date"],
            join(_KINDS.get(payment["kind"], payment["kind"]), _reference(payment)),
            _documents(context, payment),
            tag("matched", "good") if payment["matched"] else tag("not matched", "warn"),
            _change_form(context, payment),
        ]
        for payment in found
    ]
    return card("Registered", table(headings, lines), _pages(visit, total, page))


def _pages(visit: Visit, total: int, page: int) -> Markup:
    steps = []
    if page > 1:
        steps.append(link(visit.with_query(registered=page - 1), "Newer"))
    if page * _PER_PAGE < total:
        steps.append(link(visit.with_query(registered=page + 1), "Older"))
    if not steps:
        return Markup("")
    return Markup('<nav class="pager" aria-label="Registered payments">{}</nav>').format(
        join(*steps)
    )


def _reference(payment: Record) -> Markup:
    if not payment["reference"]:
        return Markup("")
    return Markup('<br><span class="soft">{}</span>').format(payment["reference"])


def _documents(context: Context, payment: Record) -> Markup:
    return Markup("<br>").join(
        Markup("{}: {}").format(_document(context, line["entry_id"]), line["amount"])
        for line in payment["lines"]
    )


def _document(context: Context, entry_id: str) -> object:
    name = document_name(context, entry_id)
    if context.sandbox.database.find("salesentries", EntryID=entry_id) is None:
        return name
    return link(f"/divisions/{context.division}/entries/{entry_id}", name)


def _change_form(context: Context, payment: Record) -> Markup:
    """Return the form of one registration; only payments can be more than deleted."""
    what = payment["reference"] or payment["date"]
    delete = button("Delete", name="action", value="delete", kind="plain", label=f"Delete {what}")
    path = f"/bank-desk/payments/{payment['id']}"
    division = hidden("division", context.division)
    if payment["kind"] != bank.PAYMENT:
        return form(path, division, delete)
    fields = join(
        _input("date", payment["date"], f"Date of {what}", "date"),
        _input("reference", payment["reference"], f"Reference of {what}"),
        *(
            _input(f"amount-{line['entry_id']}", line["amount"], f"Changed amount {line['amount']}")
            for line in payment["lines"]
        ),
    )
    unmatch = (
        button("Unmatch", name="action", value="unmatch", kind="plain", label=f"Unmatch {what}")
        if payment["matched"]
        else ""
    )
    save = button("Save", name="action", value="save", label=f"Save {what}")
    details = Markup("<details><summary>Correct</summary>{}{}</details>").format(fields, save)
    return join(form(path, division, details), form(path, division, unmatch, delete))


def _input(name: str, value: object, label: str, kind: str = "text") -> Markup:
    size = Markup(' class="amount" inputmode="decimal"') if name.startswith("amount") else ""
    return Markup('<p><input type="{}" name="{}" value="{}" aria-label="{}"{}></p>').format(
        kind, name, value, label, size
    )

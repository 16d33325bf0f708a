"""The bank desk as a page: a person registers, corrects and deletes payments without a script."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from werkzeug import Request, Response

from exact_sandbox.bank_api import desk_context, read_amount, read_date
from exact_sandbox.books import bank
from exact_sandbox.books.bank_entries import BankError, PaymentLine
from exact_sandbox.html import options, page, table
from exact_sandbox.rules.context import Context
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.values import Record

_CHOOSER = Markup("""<h1>Bank desk</h1>
<form method="get" action="/bank-desk" class="card">
<label for="division">Division</label>
<select id="division" name="division">{choices}</select>
<button type="submit">Show</button>
</form>""")

_ITEMS = Markup("""<section class="card"><h2>Open items</h2>
<p>Fill in an amount on one invoice or on several: it becomes one line on the bank statement. Leave
the others empty.</p>
<form method="post" action="/bank-desk/payments">
<input type="hidden" name="division" value="{division}">
{rows}
<label for="date">Date</label>
<input type="date" id="date" name="date" value="{today}" required>
<label for="reference">Reference on the bank statement</label>
<input type="text" id="reference" name="reference" maxlength="140">
<button type="submit" name="register" value="1">Register payment</button>
</form></section>""")

_PAY_FULL = Markup(
    '<button type="submit" form="quick" name="entry_id" value="{entry_id}" '
    'formaction="/bank-desk/full" aria-label="Pay {your_ref} in full">Pay in full</button>'
    '<button type="submit" form="quick" name="entry_id" value="{entry_id}" class="plain" '
    'formaction="/bank-desk/write-off" aria-label="Write off {your_ref}">Write off</button>',
)
_QUICK_FORM = Markup(
    '<form id="quick" method="post"><input type="hidden" name="division" value="{division}"></form>',
)

_PAYMENT = Markup("""<form method="post" action="/bank-desk/payments/{id}">
<input type="hidden" name="division" value="{division}">
{lines}
{buttons}
</form>""")

_DATE = Markup("""<label for="date-{id}">Date</label>
<input type="date" id="date-{id}" name="date" value="{date}" required>""")
_BUTTON = Markup('<button type="submit" name="action" value="{}" class="{}">{}</button>')


class BankDesk:
    """Answers the pages under /bank-desk."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def answer(self, request: Request) -> Response:
        """Return a page, or after a form the way back to it."""
        if request.method == "GET" and request.path == "/bank-desk":
            with self.sandbox.database.lock:
                return Response(self._page(request), content_type="text/html; charset=utf-8")
        if request.method == "POST":
            return self._posted(request)
        return Response("There is no such page.", 404, content_type="text/plain")

    def _posted(self, request: Request) -> Response:
        form = request.form
        division = form.get("division", "")
        try:
            with self.sandbox.database.transaction():
                context = desk_context(self.sandbox, division)
                done = self._carry_out(request.path, form, context)
            onward = {"division": division, "done": done}
        except BankError as error:
            onward = {"division": division, "error": str(error)}
        location = f"/bank-desk?{urlencode(onward)}"
        return Response(status=303, headers={"Location": location})

    def _carry_out(self, path: str, form: Any, context: Context) -> str:
        today = self.sandbox.clock.today()
        if path == "/bank-desk/payments":
            bank.register_payment(
                context,
                date=read_date(form.get("date", "")),
                reference=form.get("reference", ""),
                lines=_form_lines(form),
            )
            return "The payment is registered."
        if path == "/bank-desk/full":
            item = next(
                (row for row in bank.open_items(context) if row["entry_id"] == form["entry_id"]),
                None,
            )
            if item is None:
                raise BankError("Nothing is open on this document.")
            line = PaymentLine(item["entry_id"], read_amount(item["open_amount"]))
            bank.register_payment(
                context, date=today, reference=item["your_ref"] or "", lines=[line]
            )
            return "The payment is registered."
        if path == "/bank-desk/write-off":
            bank.write_off(context, entry_id=form["entry_id"], date=today)
            return "The open amount is written off."
        payment_id = path.removeprefix("/bank-desk/payments/")
        match form.get("action"):
            case "delete":
                bank.delete_payment(context, payment_id)
                return "The payment is deleted."
            case "unmatch":
                bank.unmatch_payment(context, payment_id)
                return "The payment is unmatched; the invoices are open again."
        bank.change_payment(
            context, payment_id, date=read_date(form.get("date", "")), lines=_form_lines(form)
        )
        return "The payment is changed."

    def _page(self, request: Request) -> str:
        divisions = [
            (row["Code"], f"{row['Code']} {row['Description']}")
            for row in self.sandbox.database.records("divisions", order='"Code"')
            if row["Status"] == 1
        ]
        chosen = request.args.get("division") or divisions[0][0]
        content = _CHOOSER.format(choices=options([*divisions], chosen))
        if request.args.get("done"):
            content += Markup('<p role="status">{}</p>').format(request.args["done"])
        if request.args.get("error"):
            content += Markup('<p role="alert" class="error">{}</p>').format(request.args["error"])
        try:
            context = desk_context(self.sandbox, chosen)
        except BankError as error:
            return page("Bank desk", content + Markup("<p>{}</p>").format(error))
        content += self._open_items(context) + self._payments(context)
        return page("Bank desk", content)

    def _open_items(self, context: Context) -> Markup:
        items = bank.open_items(context)
        if not items:
            return Markup(
                '<section class="card"><h2>Open items</h2><p>Nothing is open.</p></section>'
            )
        rows: list[list[object]] = [
            [
                item["customer"],
                item["your_ref"] or "",
                item["entry_number"],
                item["invoice_date"],
                item["due_date"],
                f"{item['currency']} {item['open_amount']}",
                _amount_field(
                    item["entry_id"], f"Amount for {item['your_ref'] or item['entry_number']}"
                ),
                _PAY_FULL.format(**item),
            ]
            for item in items
        ]
        headings = ["Customer", "Your ref", "Entry", "Date", "Due", "Open", "Amount", "Quick"]
        return _ITEMS.format(
            division=context.division,
            rows=table(headings, rows, numbers=frozenset({5})),
            today=self.sandbox.clock.today().date().isoformat(),
        ) + _QUICK_FORM.format(division=context.division)

    def _payments(self, context: Context) -> Markup:
        registered = bank.payments(context)
        if not registered:
            return Markup("")
        rows: list[list[object]] = [
            [
                payment["date"],
                payment["kind"].replace("_", " "),
                payment["reference"],
                "matched" if payment["matched"] else "not matched",
                _payment_form(self.sandbox, context, payment),
            ]
            for payment in registered
        ]
        headings = ["Date", "Kind", "Reference", "State", "Change"]
        return Markup('<section class="card"><h2>Registered</h2>{}</section>').format(
            table(headings, rows),
        )


def _amount_field(entry_id: str, label: str, value: str = "", prefix: str = "amount") -> Markup:
    return Markup(
        '<input type="text" inputmode="decimal" class="amount" id="{prefix}-{id}" '
        'name="amount-{id}" value="{value}" aria-label="{label}">',
    ).format(prefix=prefix, id=entry_id, value=value, label=label)


def _payment_form(sandbox: Sandbox, context: Context, payment: Record) -> Markup:
    """Return the form of one payment; write-offs and settlements can only be deleted."""
    editable = payment["kind"] == bank.PAYMENT
    lines = _DATE.format(**payment) if editable else Markup("")
    for line in payment["lines"]:
        entry = sandbox.database.find("salesentries", EntryID=line["entry_id"]) or {}
        name = entry.get("YourRef") or entry.get("EntryNumber") or line["entry_id"]
        field: object = line["amount"]
        if editable:
            label = f"Amount for {name}"
            field = _amount_field(line["entry_id"], label, line["amount"], payment["id"])
        lines += Markup("<p>{} {}</p>").format(name, field)
    buttons = Markup("")
    if editable:
        buttons += _BUTTON.format("save", "", "Save changes")
    if editable and payment["matched"]:
        buttons += _BUTTON.format("unmatch", "plain", "Unmatch")
    buttons += _BUTTON.format("delete", "plain", "Delete")
    return _PAYMENT.format(
        id=payment["id"], division=context.division, lines=lines, buttons=buttons
    )


def _form_lines(form: Any) -> list[PaymentLine]:
    return [
        PaymentLine(name.removeprefix("amount-"), read_amount(value))
        for name, value in form.items()
        if name.startswith("amount-") and value.strip()
    ]

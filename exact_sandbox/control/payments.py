"""Payments by what a program knows of an invoice: its EntryID, invoice number or YourRef."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from exact_sandbox.bank_input import read_amount
from exact_sandbox.books import bank
from exact_sandbox.books.bank_entries import BankError, PaymentLine, open_item
from exact_sandbox.control import bank as bank_desk
from exact_sandbox.control.routes import (
    Call,
    ControlError,
    Route,
    Schema,
    Subject,
    amount,
    division_context,
    fields,
    many,
    ref,
    text,
    whole,
)
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

_COLUMNS = {"entry_id": "EntryID", "invoice_number": "InvoiceNumber", "your_ref": "YourRef"}
Named = dict[str, Any]


def _find(call: Call, named: Named) -> Record:
    """Return the one sales entry that is meant; raises ControlError."""
    given = {name: named[name] for name in _COLUMNS if name in named}
    if len(given) != 1:
        raise ControlError(f"Name an invoice by one of: {', '.join(_COLUMNS)}.")
    (name, value), division = given.popitem(), call.body.get("division")
    found = call.sandbox.database.execute(
        f'SELECT "EntryID", "Division" FROM salesentries WHERE "{_COLUMNS[name]}" = ? '  # noqa: S608 - one of three
        'AND (? IS NULL OR "Division" = ?) LIMIT 2',
        [value, division, division],
    )
    if not found:
        raise ControlError(f"There is no sales entry with {name} {value}.")
    if len(found) > 1:
        raise ControlError(f"Several sales entries have {name} {value}: name the entry_id.")
    return dict(found[0])


def _line(context: Context, entry_id: str, named: Named) -> PaymentLine:
    """Return the line of one invoice; without an amount it is paid in full."""
    if "amount" in named:
        return PaymentLine(entry_id, read_amount(named["amount"]))
    return PaymentLine(entry_id, Decimal(open_item(context, entry_id)["AmountFC"]))


def _pay(call: Call) -> Record:
    lines = call.body.get("lines", [call.body])
    if "lines" in call.body and any(name in call.body for name in (*_COLUMNS, "amount")):
        raise ControlError("Give either lines or one invoice.")
    entries = [_find(call, line) for line in lines]
    divisions = {entry["Division"] for entry in entries}
    if len(divisions) != 1:
        raise ControlError("The invoices must be in one division.")
    context = division_context(call.sandbox, divisions.pop())
    payment_id = bank.register_payment(
        context,
        date=bank_desk.date_of(call),
        reference=call.body.get("reference") or "",
        lines=[
            _line(context, entry["EntryID"], line)
            for entry, line in zip(entries, lines, strict=True)
        ],
    )
    return bank_desk.payment_of(context, payment_id)


_INVOICE: dict[str, Schema] = {
    "entry_id": text("The EntryID of its sales entry."),
    "invoice_number": whole("Its InvoiceNumber.", minimum=1, maximum=2**31),
    "your_ref": text("Its YourRef."),
    "amount": amount("What is paid, in its currency; all that is open when left out."),
}

SUBJECT = Subject(
    "payments",
    "Payments by what a program knows of an invoice; `bank` can more.",
    (
        Route(
            "GET",
            "/_sandbox/payments",
            bank_desk.list_payments,
            "What was registered at the bank",
            query={"division": whole("The division's code.", required=True)},
            response=fields("payments", payments=many(ref("Payment"))),
        ),
        Route(
            "POST",
            "/_sandbox/payments",
            _pay,
            "Pay an invoice, or several with one line on the statement, in full or in part",
            request=fields(
                division=whole(
                    "The division's code; needed when several have such an invoice.",
                    minimum=1,
                    maximum=2**31,
                ),
                **_INVOICE,
                lines=many(fields(**_INVOICE)) | {"minItems": 1},
                date=bank_desk.DATE,
                reference=bank_desk.REFERENCE,
            ),
            response=ref("Payment"),
            status=201,
            example={"your_ref": "INV-1", "amount": "50.00"},
        ),
        Route(
            "DELETE",
            "/_sandbox/payments/{id}",
            bank_desk.delete_payment,
            "Delete a payment: the invoices are open again",
        ),
    ),
    refusals=(BankError,),
)

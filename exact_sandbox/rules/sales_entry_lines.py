"""What Exact accepts as a line of a sales entry.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntryLines
"""

from __future__ import annotations

from decimal import Decimal

from exact_sandbox.books.amounts import VATMismatchError, line_amounts
from exact_sandbox.books.sales import book, changeable, unbook
from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.database import new_id
from exact_sandbox.errors import Refused
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.line_checks import (
    cost_problems,
    vat_code_of,
    vat_fraction,
    zero_percentage_problems,
)
from exact_sandbox.values import Record

REVENUE = 110
_AMOUNT_CHANGES = frozenset({"AmountFC", "VATAmountFC", "VATCode", "VATPercentage"})


def create(context: Context, sent: Record) -> str:
    """Add a line to an open entry and return its ID; raises Refused."""
    header, lines = _open_entry(context, sent["EntryID"])
    line = complete_line(context, header, {**sent, "ID": new_id()}, set(sent))
    book(context, header, [*lines, line])
    return str(line["ID"])


def update(context: Context, line_id: str, changes: Record) -> None:
    """Change a line of an open entry; its VAT is computed anew unless sent."""
    stored = context.sandbox.database.find("salesentrylines", ID=line_id)
    if stored is None:
        raise Refused(context.say("not_found", what="lines"))
    header, lines = _open_entry(context, stored["EntryID"])
    changes = {name: value for name, value in changes.items() if name not in ("ID", "EntryID")}
    gross_is_kept = "AmountFC" not in changes and _kind(context, stored) == "I"
    changed = {**stored, **changes}
    if gross_is_kept and changes.keys() & _AMOUNT_CHANGES:
        changed["AmountFC"] = stored["AmountFC"] + stored["VATAmountFC"]
    if changes.keys() & {"VATCode"} and "VATPercentage" not in changes:
        changed["VATPercentage"] = None
    completed = complete_line(context, header, changed, set(changes), old=stored)
    book(context, header, [completed if line["ID"] == line_id else line for line in lines])


def delete(context: Context, line_id: str) -> None:
    """Delete a line of an open entry; the last line takes the entry with it."""
    stored = context.sandbox.database.find("salesentrylines", ID=line_id)
    if stored is None:
        raise Refused(context.say("not_found", what="lines"))
    header, lines = _open_entry(context, stored["EntryID"])
    rest = [line for line in lines if line["ID"] != line_id]
    if rest:
        book(context, header, rest)
    else:
        unbook(context, header["EntryID"])


def _open_entry(context: Context, entry_id: str) -> tuple[Record, list[Record]]:
    database = context.sandbox.database
    if database.find("salesentries", EntryID=entry_id, Division=context.division) is None:
        raise Refused(context.say("invalid_reference", what="entry"))
    header = changeable(context, entry_id)
    return header, database.records("salesentrylines", EntryID=entry_id, order='"LineNumber"')


def complete_line(
    context: Context,
    header: Record,
    line: Record,
    sent: set[str],
    *,
    old: Record | None = None,
) -> Record:
    """Return a line with its references checked and its amounts computed; raises Refused."""
    problems = []
    if line.get("AmountFC") is None:
        problems.append(context.say("mandatory", what="amount"))
    if not line.get("GLAccount"):
        problems.append(context.say("mandatory", what="gl_account"))
    else:
        problems += gl_account_problems(context, line)
    vat, vat_problems = vat_code_of(context, line)
    problems += [*vat_problems, *zero_percentage_problems(context, line, sent)]
    problems += _period_problems(context, line)
    if problems:
        raise Refused(*problems)
    if old is None or sent & _AMOUNT_CHANGES:
        _compute(context, header, line, vat, sent)
    return line


def _period_problems(context: Context, line: Record) -> list[str]:
    """Return what is wrong with the range a line's revenue is spread over."""
    start, end = line.get("From"), line.get("To")
    if start is not None and end is not None and end < start:
        return [context.say("invalid", what="To")]
    return []


def gl_account_problems(context: Context, line: Record) -> list[str]:
    """Fill in the VAT code that the ledger account brings; return what is wrong with the account."""
    account = context.sandbox.database.find(
        "glaccounts",
        ID=line["GLAccount"],
        Division=context.division,
    )
    if account is None:
        return [context.say("not_found", what="gl_account")]
    if account["Type"] != REVENUE:
        return [context.say("invalid", what="gl_account_type")]
    if account["IsBlocked"]:
        return [context.say("blocked", what="gl_account")]
    if not line.get("VATCode"):
        line["VATCode"] = account["VATCode"]
    return cost_problems(context, account, line)


def _compute(
    context: Context,
    header: Record,
    line: Record,
    vat: Record | None,
    sent: set[str],
) -> None:
    kind = vat["Type"] if vat else "N"
    fraction = vat_fraction(context, line, vat, header["EntryDate"], sent)
    try:
        amounts = line_amounts(
            line["AmountFC"],
            kind=kind,
            fraction=fraction,
            decimals=CURRENCIES[header["Currency"]].decimals,
            vat_sent=line.get("VATAmountFC") if "VATAmountFC" in sent else None,
        )
    except VATMismatchError as error:
        raise Refused(context.say("vat_mismatch", detail=line["VATCode"] or "")) from error
    line |= {
        "AmountFC": amounts.net,
        "VATAmountFC": amounts.vat,
        "VATBaseAmountFC": Decimal(0) if kind == "N" else amounts.net,
        "VATPercentage": fraction if kind in ("E", "I") else Decimal(0),
    }


def _kind(context: Context, line: Record) -> str:
    vat = context.sandbox.database.find(
        "vatcodes",
        Code=str(line.get("VATCode") or "").strip(),
        Division=context.division,
    )
    return str(vat["Type"]) if vat else "N"


def stored_kinds(context: Context, lines: list[Record]) -> list[str]:
    """Return the types of the lines' VAT codes."""
    return [_kind(context, line) for line in lines]

"""What Exact accepts as a sales entry, and how it refuses the rest.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesEntrySalesEntries
"""

from __future__ import annotations

from decimal import Decimal

from exact_sandbox.books.amounts import LineAmounts, VATMismatchError, rounded, with_header_vat
from exact_sandbox.books.division_settings import division_settings
from exact_sandbox.books.due_dates import due_date
from exact_sandbox.books.numbers import Numbers, check_unique, choose_numbers
from exact_sandbox.books.rates import rate_on
from exact_sandbox.books.sales import book, changeable, check_period, day, unbook
from exact_sandbox.books.terms import OPEN
from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.database import new_id
from exact_sandbox.errors import Refused
from exact_sandbox.messages import property_word
from exact_sandbox.rules.checks import Reference, reference_problems
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.line_checks import without_foreign_lines
from exact_sandbox.rules.sales_entry_lines import complete_line, stored_kinds
from exact_sandbox.values import Record

SALES_JOURNAL = 20
_REFERENCES = {"Document": Reference("documents", word="document")}


def create(context: Context, sent: Record) -> str:
    """Book a new entry and return its EntryID; raises Refused."""
    raw_lines = without_foreign_lines(context, sent.pop("SalesEntryLines"))
    header = {**sent, "EntryID": _entry_id(context, sent), "Status": OPEN}
    _complete(context, header, set(sent))
    numbers = choose_numbers(context, sent, header["Journal"], header["ReportingYear"])
    header |= {"EntryNumber": numbers.entry_number, "InvoiceNumber": numbers.invoice_number}
    problems: list[str] = []
    lines = []
    for raw in raw_lines:
        try:
            lines.append(complete_line(context, header, {**raw, "ID": new_id()}, set(raw)))
        except Refused as refusal:
            problems += [text for text in refusal.text.split("\r\n") if text not in problems]
    if problems:
        raise Refused(*problems)
    if sent.get("VATAmountFC") is not None:
        _spread_vat(context, header, lines, sent["VATAmountFC"])
    book(context, header, lines)
    return str(header["EntryID"])


def update(context: Context, entry_id: str, changes: Record) -> None:
    """Change the header of an open entry; raises Refused when it is processed, matched or closed."""
    header = changeable(context, entry_id)
    _check_may_change(context, changes)
    old_number = header["EntryNumber"]
    old_place = (header["Journal"], header["ReportingYear"])
    sent = set(changes)
    header |= changes
    for name in ("Customer", "Journal"):
        if not header.get(name):
            raise Refused(context.say("mandatory", what=property_word(name)))
    if "EntryDate" in sent:
        for derived in {"ReportingYear", "ReportingPeriod", "DueDate"} - sent:
            header[derived] = None
    if sent & {"PaymentCondition", "Customer"} and "DueDate" not in sent:
        header["DueDate"] = None
    _complete(context, header, sent)
    place = (header["Journal"], header["ReportingYear"])
    if sent & {"EntryNumber", "InvoiceNumber"} or place != old_place:
        numbers = Numbers(header["EntryNumber"], header["InvoiceNumber"])
        # Sending the number an entry has already is refused like any other that exists.
        if changes.get("EntryNumber") == old_number:
            raise Refused(context.say("exists"))
        check_unique(context, numbers, *place, except_for=entry_id)
    lines = context.sandbox.database.records(
        "salesentrylines", EntryID=entry_id, order='"LineNumber"'
    )
    if changes.get("VATAmountFC") is not None:
        _spread_vat(context, header, lines, changes["VATAmountFC"])
    book(context, header, lines)


def delete(context: Context, entry_id: str) -> None:
    """Delete an open entry; raises Refused when it is processed, matched or in a closed period."""
    changeable(context, entry_id)
    unbook(context, entry_id)


def _check_may_change(context: Context, changes: Record) -> None:
    if "EntryID" in changes:
        raise Refused(context.say("exists"))
    if "Document" in changes and not context.sandbox.switches["entry_document_put"]:
        raise Refused(context.say("invalid", what="document"))


def _entry_id(context: Context, sent: Record) -> str:
    own = sent.get("EntryID")
    if not own or not context.sandbox.switches["entry_id_honored"]:
        return new_id()
    if context.sandbox.database.find("salesentries", EntryID=own):
        raise Refused(context.say("exists"))
    return str(own)


def _complete(context: Context, header: Record, sent: set[str]) -> None:
    """Fill in what was not sent and check every reference; raises Refused with all problems."""
    today = context.sandbox.clock.today()
    header["EntryDate"] = day(header.get("EntryDate") or today)
    header["ReportingYear"] = header.get("ReportingYear") or header["EntryDate"].year
    header["ReportingPeriod"] = header.get("ReportingPeriod") or header["EntryDate"].month
    problems = [
        *_customer_problems(context, header),
        *journal_problems(context, header, sent),
        *condition_problems(context, header),
        *reference_problems(context, header, _REFERENCES, sent),
    ]
    if problems:
        raise Refused(*problems)
    check_period(context, header["ReportingYear"], header["ReportingPeriod"])
    limit = context.sandbox.switches["your_ref_length"]
    if header.get("YourRef") and limit > 0:
        header["YourRef"] = header["YourRef"][:limit]


def _customer_problems(context: Context, header: Record) -> list[str]:
    customer = context.sandbox.database.find(
        "accounts",
        ID=header["Customer"],
        Division=context.division,
    )
    if customer is None:
        return [context.say("invalid_reference", what="customer")]
    if customer["Status"] != "C":
        return [context.say("invalid", what="customer_type")]
    if customer["Blocked"]:
        return [context.say("blocked", what="customer")]
    header["PaymentCondition"] = header.get("PaymentCondition") or customer["PaymentConditionSales"]
    return []


def journal_problems(context: Context, header: Record, sent: set[str]) -> list[str]:
    """Fill in Journal, Currency and Rate; return what is wrong with them."""
    database = context.sandbox.database
    journal = database.find("journals", Code=header["Journal"], Division=context.division)
    if journal is None:
        return [context.say("invalid_reference", what="journals")]
    header["Journal"] = journal["Code"]
    if journal["Type"] != SALES_JOURNAL:
        return [context.say("journal_not_sales")]
    if journal["IsBlocked"]:
        return [context.say("blocked", what="journal")]
    currency = str(header.get("Currency") or journal["Currency"]).upper()
    header["Currency"] = currency
    if currency not in CURRENCIES:
        return [context.say("invalid_reference", what="currency")]
    if currency != journal["Currency"] and not journal["AllowVariableCurrency"]:
        return [context.say("invalid", what="currency")]
    if header.get("Rate") is None or ("Currency" in sent and "Rate" not in sent):
        header["Rate"] = rate_on(database, context.division, currency, header["EntryDate"])
    if header["Rate"] <= 0 or (currency == journal["Currency"] and header["Rate"] != 1):
        return [context.say("invalid", what="rate")]
    return []


def condition_problems(context: Context, header: Record) -> list[str]:
    """Fill in PaymentCondition and DueDate; return what is wrong with them."""
    database = context.sandbox.database
    if not header.get("PaymentCondition"):
        header["PaymentCondition"] = division_settings(context).default_payment_condition
    if not header["PaymentCondition"]:
        return [context.say("mandatory", what="payment_condition")]
    condition = database.find(
        "paymentconditions",
        Code=header["PaymentCondition"],
        Division=context.division,
    )
    if condition is None:
        return [context.say("invalid_reference", what="payment_condition")]
    header["PaymentCondition"] = condition["Code"]
    if header.get("DueDate") is None:
        header["DueDate"] = due_date(
            header["EntryDate"],
            days=condition["PaymentDays"] or 0,
            end_of_months=condition["PaymentEndOfMonths"] or 0,
        )
    header["DueDate"] = day(header["DueDate"])
    return []


def _spread_vat(context: Context, header: Record, lines: list[Record], total: Decimal) -> None:
    """Make the lines add up to the VAT total sent with the header."""
    total = rounded(total, CURRENCIES[header["Currency"]].decimals)
    amounts = [LineAmounts(line["AmountFC"], line["VATAmountFC"]) for line in lines]
    try:
        spread = with_header_vat(amounts, stored_kinds(context, lines), total)
    except VATMismatchError as error:
        code = next((line["VATCode"] for line in lines if line.get("VATCode")), "")
        raise Refused(context.say("vat_mismatch", detail=code)) from error
    for line, amount in zip(lines, spread, strict=True):
        line["VATAmountFC"] = amount.vat

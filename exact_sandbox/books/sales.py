"""Books sales entries: totals, ledger lines and the payment term always change together."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from exact_sandbox.books.amounts import in_division_currency
from exact_sandbox.books.division_settings import division_settings, own_bank_account
from exact_sandbox.books.document_links import forget_entry, link_entry
from exact_sandbox.books.ledger import Posting, check_size, remove_lines, write_lines
from exact_sandbox.books.terms import (
    MATCHED,
    OPEN,
    add_term,
    change_term,
    discount_values,
    is_touched,
    remove_term,
    terms_of,
)
from exact_sandbox.errors import Refused
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

SALES_ENTRY, CREDIT_NOTE = 20, 21


def book(context: Context, header: Record, lines: list[Record]) -> None:
    """Store an entry with its lines, its ledger lines and its term, new or changed.

    The lines carry their amounts in the entry's currency; everything else is derived here.
    """
    database = context.sandbox.database
    _total(context, header, lines)
    stamp = context.modified() if header.get("Created") else context.created()
    header |= stamp
    is_new = database.find("salesentries", EntryID=header["EntryID"]) is None
    if is_new:
        database.insert("salesentries", header)
    else:
        database.update("salesentries", ("EntryID", header["EntryID"]), header)
    kept = {line["ID"] for line in lines}
    for old in database.records("salesentrylines", EntryID=header["EntryID"]):
        if old["ID"] not in kept:
            database.delete("salesentrylines", ID=old["ID"])
    for number, line in enumerate(lines, 1):
        line |= {
            "LineNumber": number,
            "EntryID": header["EntryID"],
            "Division": context.division,
            "Type": header["Type"],
        }
        if database.find("salesentrylines", ID=line["ID"]) is None:
            database.insert("salesentrylines", line)
        else:
            database.update("salesentrylines", ("ID", line["ID"]), line)
    receivable_line = _write_ledger(context, header, lines)
    _write_term(context, header, receivable_line)
    link_entry(context, header)


def _total(context: Context, header: Record, lines: list[Record]) -> None:
    rate = header["Rate"]
    check_size(
        context, [line[name] for line in lines for name in ("AmountFC", "VATAmountFC")], rate
    )
    for line in lines:
        line["AmountDC"] = in_division_currency(line["AmountFC"], rate)
        line["VATAmountDC"] = in_division_currency(line["VATAmountFC"], rate)
        line["VATBaseAmountDC"] = in_division_currency(line["VATBaseAmountFC"], rate)

    def total(name: str) -> Decimal:
        return sum((line[name] for line in lines), Decimal(0))

    amount = total("AmountFC") + total("VATAmountFC")
    amount_dc = in_division_currency(amount, rate)
    # AmountDC = AmountFC * Rate holds for the header, so a line takes the cents of rounding.
    if lines:
        largest = max(lines, key=lambda line: abs(line["AmountDC"]))
        largest["AmountDC"] += amount_dc - total("AmountDC") - total("VATAmountDC")
    credit = amount < 0 and context.sandbox.switches["credit_note_type"]
    header |= {
        "AmountFC": amount,
        "AmountDC": amount_dc,
        "VATAmountFC": total("VATAmountFC"),
        "VATAmountDC": total("VATAmountDC"),
        "Type": CREDIT_NOTE if credit else SALES_ENTRY,
    }


def _write_ledger(context: Context, header: Record, lines: list[Record]) -> str:
    """Write the ledger lines and return the id of the receivable's line."""
    database = context.sandbox.database
    existing = database.find("transactionlines", EntryID=header["EntryID"], LineNumber=0)
    postings = [
        Posting(
            division_settings(context).receivable_account,
            header["AmountFC"],
            header["AmountDC"],
            id=existing["ID"] if existing else None,
        ),
    ]
    for line in lines:
        postings.append(
            Posting(
                line["GLAccount"],
                -line["AmountFC"],
                -line["AmountDC"],
                id=line["ID"],
                more={
                    "Description": line.get("Description"),
                    "VATCode": line.get("VATCode"),
                    "VATPercentage": line.get("VATPercentage"),
                    "AmountVATFC": -line["VATAmountFC"],
                    "AmountVATBaseFC": -line["VATBaseAmountFC"],
                    **{
                        name: line.get(name)
                        for name in (
                            *("Quantity", "CostCenter", "CostUnit", "Project", "Notes"),
                            *("Asset", "Subscription", "Item", "SerialNumber"),
                        )
                    },
                },
            ),
        )
        if line["VATAmountFC"]:
            vat = database.find("vatcodes", Division=context.division, Code=line["VATCode"])
            gl_account = vat["GLToPay"] if vat else line["GLAccount"]
            postings.append(
                Posting(
                    gl_account,
                    -line["VATAmountFC"],
                    -line["VATAmountDC"],
                    more={"VATCode": line["VATCode"], "LineType": 5},
                ),
            )
    return write_lines(context, _ledger_common(header), postings)[0]


def _ledger_common(header: Record) -> Record:
    return {
        "EntryID": header["EntryID"],
        "EntryNumber": header["EntryNumber"],
        "InvoiceNumber": header["InvoiceNumber"],
        "Account": header["Customer"],
        "Currency": header["Currency"],
        "ExchangeRate": header["Rate"],
        "Date": header["EntryDate"],
        "DueDate": header["DueDate"],
        "FinancialYear": header["ReportingYear"],
        "FinancialPeriod": header["ReportingPeriod"],
        "JournalCode": header["Journal"],
        "Description": header.get("Description"),
        "YourRef": header.get("YourRef"),
        "PaymentReference": header.get("PaymentReference"),
        "OrderNumber": header.get("OrderNumber"),
        "Document": header.get("Document"),
        "LineType": 0,
        "Status": header["Status"],
        "Type": header["Type"],
    }


def _write_term(context: Context, header: Record, receivable_line: str) -> None:
    condition = context.sandbox.database.find(
        "paymentconditions",
        Division=context.division,
        Code=header["PaymentCondition"],
    )
    values: Record = {
        "Account": header["Customer"],
        "AmountFC": header["AmountFC"],
        "AmountDC": header["AmountDC"],
        **discount_values(condition or {}, header),
        **own_bank_account(context),
        "Currency": header["Currency"],
        "RateFC": header["Rate"],
        "Description": header.get("Description"),
        "Document": header.get("Document"),
        "DueDate": header["DueDate"],
        "EntryDate": header["EntryDate"],
        "InvoiceDate": header["EntryDate"],
        "EntryNumber": header["EntryNumber"],
        "InvoiceNumber": header["InvoiceNumber"],
        "OrderNumber": header.get("OrderNumber"),
        "Journal": header["Journal"],
        "GLAccount": division_settings(context).receivable_account,
        "PaymentCondition": header["PaymentCondition"],
        "PaymentDays": (condition or {}).get("PaymentDays"),
        "PaymentMethod": (condition or {}).get("PaymentMethod") or "B",
        "PaymentReference": header.get("PaymentReference"),
        "YourRef": header.get("YourRef"),
        "TransactionEntryID": header["EntryID"],
        "TransactionID": receivable_line,
        "TransactionAmountFC": header["AmountFC"],
        "TransactionAmountDC": header["AmountDC"],
        "TransactionDueDate": header["DueDate"],
        "TransactionReportingYear": header["ReportingYear"],
        "TransactionReportingPeriod": header["ReportingPeriod"],
        "TransactionStatus": header["Status"],
        "TransactionType": header["Type"],
        "TransactionIsReversal": bool(header.get("Reversal")),
        "Source": 1,
        # Nothing is left to collect on an entry of zero.
        "Status": OPEN if header["AmountFC"] else MATCHED,
        **_end(header),
    }
    existing = terms_of(context, header["EntryID"])
    if existing:
        change_term(context, existing[0]["ID"], values)
    else:
        add_term(context, values)


def _end(header: Record) -> Record:
    """When the term of an untouched entry ended: an entry of zero at once, until it is one no more."""
    end = {
        "EndDate": header["EntryDate"],
        "EndYear": header["ReportingYear"],
        "EndPeriod": header["ReportingPeriod"],
    }
    return dict.fromkeys(end) if header["AmountFC"] else end


def unbook(context: Context, entry_id: str) -> None:
    """Take an entry out of the books: lines, ledger and terms go, sync/Deleted says so."""
    database = context.sandbox.database
    forget_entry(context, entry_id)
    for term in terms_of(context, entry_id):
        remove_term(context, term["ID"])
    remove_lines(context, entry_id)
    database.execute("DELETE FROM line_items WHERE invoice_id = ?", [entry_id])
    database.delete("salesentrylines", EntryID=entry_id)
    database.delete("salesentries", EntryID=entry_id)


def check_period(context: Context, year: int, period: int) -> None:
    """Raise Refused unless the period exists and is open."""
    database = context.sandbox.database
    if database.find("periods", Division=context.division, FinYear=year, FinPeriod=period) is None:
        raise Refused(context.say("invalid_reference", what="period"))
    if database.execute(
        "SELECT 1 FROM closed_periods WHERE division = ? AND year = ? AND period = ?",
        [context.division, year, period],
    ):
        raise Refused(context.say("closed_period", detail=f"{year} / {period}"))


def changeable(context: Context, entry_id: str) -> Record:
    """Return an entry that may still change; raises Refused."""
    header = context.sandbox.database.find("salesentries", EntryID=entry_id)
    if header is None:
        raise Refused(context.say("not_found", what="entry"))
    if header["Status"] != OPEN or is_touched(context, entry_id) or _is_printed(context, entry_id):
        raise Refused(context.say("processed"))
    check_period(context, header["ReportingYear"], header["ReportingPeriod"])
    return header


def _is_printed(context: Context, entry_id: str) -> bool:
    """Whether printing a sales invoice made the entry; the invoice and it stay as they are."""
    return bool(
        context.sandbox.database.execute(
            "SELECT 1 FROM sales_invoice_entries WHERE entry_id = ?", [entry_id]
        )
    )


def day(moment: datetime) -> datetime:
    """Return the date part of a moment."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)

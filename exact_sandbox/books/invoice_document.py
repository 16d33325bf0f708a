"""Gathers what a printed sales invoice shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from exact_sandbox.books.amounts import LineAmounts
from exact_sandbox.books.sales_invoices import CREDIT_NOTE
from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.database import Database
from exact_sandbox.invoice_pdf import Party, PrintedInvoice, PrintedLine, VATRow
from exact_sandbox.messages import LANGUAGES
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

_BANKS = {"NL": "RABO0{:09}", "BE": "7340{:08}", "DE": "10040000{:010}"}


def customer_language(context: Context, customer: Record, contact: Record | None) -> str:
    """Return the language to write to a customer in; the user's own where theirs is not known."""
    for raw in ((contact or {}).get("Language"), customer.get("Language"), context.user.language):
        language = str(raw or "")[:2].upper()
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


def company_email(division: Record) -> str:
    """Return the address that mail of a division comes from."""
    words = re.findall(r"[a-z0-9]+", str(division["Description"]).lower())
    slug = "-".join(words[:2]) or "company"
    return str(division.get("Email") or f"administration@{slug}.example")


def printed_invoice(
    context: Context,
    header: Record,
    lines: Sequence[Record],
    amounts: Sequence[LineAmounts],
    *,
    language: str,
    extra_text: str,
) -> PrintedInvoice:
    """Return everything the printed invoice shows; `amounts` are the lines' after the discount."""
    database = context.sandbox.database
    division = database.find("divisions", Code=context.division) or {}
    customer = database.find("accounts", ID=header["InvoiceTo"]) or {}
    contact = database.find("contacts", ID=header.get("InvoiceToContactPerson") or "") or {}
    discount = sum((line["AmountFC"] for line in lines), Decimal(0)) - header["AmountFCExclVat"]
    return PrintedInvoice(
        language=language,
        is_credit_note=header["Type"] == CREDIT_NOTE,
        number=header["InvoiceNumber"],
        date=header["InvoiceDate"],
        due=header["DueDate"],
        sender=_party(division, "Description", "ChamberOfCommerceNumber"),
        customer=_party(customer, "Name", "ChamberOfCommerce"),
        contact=contact.get("FullName") or "",
        your_ref=header.get("YourRef") or "",
        description=header.get("Description") or "",
        lines=[_line(database, context.division, line) for line in lines],
        discount=discount,
        vat_rows=_vat_rows(database, context.division, lines, amounts),
        excluding=header["AmountFCExclVat"],
        total=header["AmountFC"],
        currency=header["Currency"],
        decimals=CURRENCIES[header["Currency"]].decimals,
        iban=iban(str(division.get("Country") or "NL"), context.division),
        payment_reference=header.get("PaymentReference") or "",
        extra_text=extra_text,
    )


def _party(record: Record, name: str, chamber: str) -> Party:
    place = " ".join(filter(None, (record.get("Postcode"), record.get("City"))))
    return Party(
        name=record.get(name) or "",
        address=[text for text in (record.get("AddressLine1"), place) if text],
        vat_number=record.get("VATNumber") or "",
        chamber_of_commerce=record.get(chamber) or "",
    )


def _line(database: Database, division: int, line: Record) -> PrintedLine:
    unit = database.find("units", Division=division, Code=line.get("UnitCode")) or {}
    return PrintedLine(
        description=line.get("Description") or "",
        quantity=line["Quantity"],
        unit=unit.get("Description") or "",
        price=line["NetPrice"],
        vat=(line.get("VATPercentage") or Decimal(0)) * 100,
        amount=line["AmountFC"],
        notes=line.get("Notes") or "",
    )


def _vat_rows(
    database: Database,
    division: int,
    lines: Sequence[Record],
    amounts: Sequence[LineAmounts],
) -> list[VATRow]:
    """Return base and VAT of each VAT code, in the order of the lines."""
    totals: dict[str, LineAmounts] = {}
    for line, amount in zip(lines, amounts, strict=True):
        code = line.get("VATCode") or ""
        so_far = totals.get(code, LineAmounts(Decimal(0), Decimal(0)))
        totals[code] = LineAmounts(so_far.net + amount.net, so_far.vat + amount.vat)
    rows = []
    for code, total in totals.items():
        vat = database.find("vatcodes", Division=division, Code=code) or {}
        rows.append(VATRow(vat.get("Description") or code, total.net, total.vat))
    return rows


def iban(country: str, division: int) -> str:
    """Return the account number printed on a division's invoices: made up, its check digits right."""
    account = _BANKS.get(country, _BANKS["NL"]).format(division)
    digits = "".join(str(int(character, 36)) for character in f"{account}{country}00")
    number = f"{country}{98 - int(digits) % 97:02}{account}"
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))

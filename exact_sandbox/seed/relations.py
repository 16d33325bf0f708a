"""Loads the relations of a division: customers, suppliers, prospects and two open purchases."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from exact_sandbox.countries import country_name
from exact_sandbox.languages import language_name
from exact_sandbox.seed.division import DivisionLoader
from exact_sandbox.seed.plan import DivisionPlan
from exact_sandbox.values import Record

CUSTOMERS, SUPPLIERS, PROSPECTS = 70, 6, 2
# As in books of some age: the account of the left has the name of the one of the right.
_TWICE = {69: 7}
_LANGUAGES = {"NL": "NL", "BE": "NL-BE", "DE": "DE"}
_PHONES = {"NL": "+31 20", "BE": "+32 3", "DE": "+49 30"}


def load_accounts(loader: DivisionLoader) -> None:
    """Store 70 customers (the last one blocked), 6 suppliers and 2 prospects; one customer is kept twice, under two codes."""
    for number in range(1, CUSTOMERS + SUPPLIERS + PROSPECTS + 1):
        plan = loader.plan
        named = _TWICE.get(number, number)
        word = plan.firm_words[named % len(plan.firm_words)]
        kind = plan.firm_kinds[named // len(plan.firm_words) % len(plan.firm_kinds)]
        supplier = CUSTOMERS < number <= CUSTOMERS + SUPPLIERS
        prospect = number > CUSTOMERS + SUPPLIERS
        form = plan.legal_forms[named % len(plan.legal_forms)]
        name = f"{word} {kind} {form}"
        postcode, city = plan.cities[number % len(plan.cities)]
        if supplier:
            name = f"{word} {kind} Supply {form}"
        language = _LANGUAGES[plan.country]
        domain = f"{plan.country.lower()}-{number}.example"
        loader.insert(
            "accounts",
            {
                "ID": loader.id("account", number),
                "Code": str(number).rjust(18),
                "Name": name,
                "SearchCode": name[:18].upper(),
                "Status": "P" if prospect else ("A" if supplier else "C"),
                "CustomerSince": None if supplier or prospect else loader.started,
                "StatusSince": loader.started,
                "StartDate": loader.started,
                "IsSales": not supplier and not prospect,
                "IsPurchase": supplier,
                "IsSupplier": supplier,
                "Blocked": number == CUSTOMERS,
                "AddressLine1": f"{plan.streets[number % len(plan.streets)]} {number}",
                "Postcode": postcode,
                "City": city,
                "Country": plan.country,
                "CountryName": country_name(plan.country),
                "VATNumber": _vat_number(plan, number),
                "ChamberOfCommerce": str(30_000_000 + plan.code % 10 * 1_000_000 + number * 7919),
                "Email": f"administratie@{domain}",
                "Website": f"https://{domain}",
                "Phone": f"{_PHONES[plan.country]} 55{number:05}",
                "Language": language,
                "LanguageDescription": language_name(language),
                "SalesCurrency": "EUR",
                "Type": "A",
                "PaymentConditionSales": "14" if number % 5 == 0 else None,
            },
        )


def load_payables(loader: DivisionLoader) -> None:
    """Book two open purchase invoices: rows a reader of receivables has to leave out."""
    plan = loader.plan
    if plan.archived:
        return
    today = loader.now.replace(hour=0, minute=0, second=0, microsecond=0)
    cost = next(account.code for account in plan.gl_accounts if account.type == 121)
    for number in (1, 2):
        entry_id = loader.id("purchase", number)
        amount = Decimal(number) * Decimal("242.00")
        supplier = loader.id("account", CUSTOMERS + number)
        common: Record = {
            "EntryID": entry_id,
            "EntryNumber": int(f"{today.year % 100}{plan.purchase_journal.zfill(3)}{number:03}"),
            "Account": supplier,
            "Currency": "EUR",
            "YourRef": f"INK-{number:03}",
        }
        lines = (
            (0, plan.payable, 22, -amount, supplier),
            (1, cost, 121, amount / Decimal("1.21"), supplier),
            (2, plan.vat_claim, 24, amount - amount / Decimal("1.21"), supplier),
        )
        for line_number, code, _, value, account in lines:
            loader.insert(
                "transactionlines",
                {
                    **common,
                    "ID": loader.id("purchase-line", f"{number}-{line_number}"),
                    "LineNumber": line_number,
                    "LineType": 0,
                    "Account": account,
                    "GLAccount": loader.id("gl", code),
                    "AmountDC": value,
                    "AmountFC": value,
                    "ExchangeRate": Decimal(1),
                    "Date": today,
                    "FinancialYear": today.year,
                    "FinancialPeriod": today.month,
                    "JournalCode": plan.purchase_journal,
                    "Status": 20,
                    "Type": 30,
                },
            )
        loader.insert(
            "terms",
            {
                **common,
                "ID": loader.id("purchase-term", number),
                "EntryID": loader.id("purchase-term-entry", number),
                "TransactionEntryID": entry_id,
                "TransactionID": loader.id("purchase-line", f"{number}-0"),
                "LineType": 22,
                "AmountDC": amount,
                "AmountFC": amount,
                "RateFC": Decimal(1),
                "Status": 20,
                "IsFullyPaid": False,
                "GLAccount": loader.id("gl", plan.payable),
                "Journal": plan.purchase_journal,
                "DueDate": today + timedelta(days=30),
                "EntryDate": today,
                "InvoiceDate": today,
                "PaymentMethod": "B",
                "TransactionType": 30,
                "TransactionStatus": 20,
            },
        )


def _vat_number(plan: DivisionPlan, number: int) -> str:
    digits = 800_000_000 + number * 1_234_567 % 100_000_000
    if plan.country == "BE":
        base = 40_000_00 + number * 1234
        return f"BE0{base:07}{97 - base % 97:02}"
    return plan.vat_number_pattern.format(n=digits, c=f"{number % 90 + 1:02}")

"""Fills an empty store with the seed: users, three divisions in use and an archived one."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.database import Database
from exact_sandbox.seed import belgium, germany, netherlands
from exact_sandbox.seed.plan import DivisionPlan
from exact_sandbox.values import Record

_NAMESPACE = uuid.UUID("6f3d2c8e-6f0a-4b52-9d0c-2b1f0a7f5e11")
PLANS: tuple[DivisionPlan, ...] = (
    netherlands.PLAN,
    belgium.PLAN,
    germany.PLAN,
    replace(netherlands.PLAN, code=1000009, hid=9, name="Studio Noord Oud B.V.", archived=True),
)
CUSTOMERS, SUPPLIERS, PROSPECTS = 70, 6, 2
USERS = (  # e-mail, name, language, may write, divisions
    (
        "anna@studio-noord.example",
        "Anna de Vries",
        "EN",
        True,
        (1000001, 1000002, 1000003, 1000009),
    ),
    ("bram@studio-noord.example", "Bram Jansen", "NL", True, (1000001,)),
    ("claire@studio-zuid.example", "Claire Dubois", "FR", True, (1000002,)),
    ("dieter@studio-ost.example", "Dieter Schäfer", "DE", True, (1000003,)),
    ("viewer@studio-noord.example", "Vera Kijker", "EN", False, (1000001, 1000002, 1000003)),
)
PASSWORD = "sandbox"  # noqa: S105 - a published sample, guards nothing


def seeded_id(*parts: object) -> str:
    """Return the id of a seeded record; the same in every run."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, parts))))


def load(database: Database) -> None:
    """Store the seed."""
    with database.transaction():
        for username, name, language, may_write, divisions in USERS:
            database.execute(
                "INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    seeded_id("user", username),
                    username,
                    PASSWORD,
                    name,
                    language,
                    int(may_write),
                    json.dumps(divisions),
                    divisions[0],
                ],
            )
        for code, currency in CURRENCIES.items():
            database.insert(
                "currencies",
                {
                    "Code": code,
                    "Description": currency.name,
                    "AmountPrecision": Decimal(1).scaleb(-currency.decimals),
                    "PricePrecision": Decimal("0.000001"),
                },
            )
        for plan in PLANS:
            _DivisionLoader(database, plan).load()
        database.set_setting("seeded", "1")


class _DivisionLoader:
    def __init__(self, database: Database, plan: DivisionPlan) -> None:
        self.database = database
        self.plan = plan
        self.now = database.clock.naive_now()
        self.started = datetime(self.now.year - 3, 1, 1)  # noqa: DTZ001 - stored times carry no zone
        creator = seeded_id("user", USERS[0][0])
        self.stamp: Record = {
            "Division": plan.code,
            "Created": self.started,
            "Creator": creator,
            "CreatorFullName": USERS[0][1],
            "Modified": self.started,
            "Modifier": creator,
            "ModifierFullName": USERS[0][1],
        }

    def insert(self, table: str, record: Record) -> None:
        self.database.insert(table, {**self.stamp, **record})

    def id(self, kind: str, code: object) -> str:
        return seeded_id(self.plan.code, kind, code)

    def load(self) -> None:
        self._division()
        self._gl_accounts()
        self._vat_codes()
        self._journals_and_conditions()
        self._periods()
        self._accounts()
        self._payables()

    def _division(self) -> None:
        plan = self.plan
        self.insert(
            "divisions",
            {
                "Code": plan.code,
                "Hid": plan.hid,
                "Description": plan.name,
                "CustomerName": "Studio Noord Groep",
                "Customer": seeded_id("customer", "Studio Noord Groep"),
                "CustomerCode": "            100001",
                "Country": plan.country,
                "Legislation": plan.country,
                "Currency": "EUR",
                "CurrencyDescription": "Euro",
                "VATNumber": plan.vat_number,
                "ChamberOfCommerceNumber": plan.chamber_of_commerce,
                "AddressLine1": plan.address,
                "Postcode": plan.postcode,
                "City": plan.city,
                "Status": 2 if plan.archived else 1,
                "ArchiveDate": self.now - timedelta(days=400) if plan.archived else None,
                "BlockingStatus": 0,
                "IsMainDivision": plan.hid == 1,
                "IsPracticeDivision": False,
                "IsDossierDivision": False,
                "IsHRDivision": False,
                "StartDate": self.started,
            },
        )
        self.database.execute(
            "INSERT INTO division_settings VALUES (?, ?, ?, ?, ?, ?)",
            [
                plan.code,
                plan.default_condition,
                self.id("gl", plan.receivable),
                self.id("gl", plan.write_off),
                plan.bank_journal,
                plan.memorial_journal,
            ],
        )

    def _gl_accounts(self) -> None:
        for account in self.plan.gl_accounts:
            self.insert(
                "glaccounts",
                {
                    "ID": self.id("gl", account.code),
                    "Code": account.code,
                    "Description": account.description,
                    "SearchCode": account.description[:20].upper(),
                    "Type": account.type,
                    "TypeDescription": _GL_TYPES.get(account.type, "General"),
                    "BalanceType": account.balance_type,
                    "BalanceSide": "C" if account.type in (22, 24, 50, 52, 110) else "D",
                    "VATCode": account.vat_code,
                    "IsBlocked": account.blocked,
                    "UseCostcenter": account.cost_center,
                    "UseCostunit": 0,
                    "Compress": False,
                    "Matching": account.type in (20, 22),
                    "RevalueCurrency": False,
                    "AllowCostsInSales": 0,
                },
            )

    def _vat_codes(self) -> None:
        for vat in self.plan.vat_codes:
            code_id = self.id("vat", vat.code)
            fraction = Decimal(vat.percent) / 100
            self.insert(
                "vatcodes",
                {
                    "ID": code_id,
                    "Code": vat.code,
                    "Description": vat.description,
                    "Percentage": fraction,
                    "Type": vat.type,
                    "VATTransactionType": vat.transaction_type,
                    "CalculationBasis": 0,
                    "Charged": vat.charged,
                    "EUSalesListing": vat.listing,
                    "IsBlocked": vat.blocked,
                    "IntraStat": False,
                    "VatMargin": 0,
                    "ExcludeVATListing": 0,
                    "GLToPay": self.id("gl", self.plan.vat_payable),
                    "GLToClaim": self.id("gl", self.plan.vat_claim),
                },
            )
            self.insert(
                "vatpercentages",
                {
                    "ID": self.id("vat-percentage", vat.code),
                    "VATCodeID": code_id,
                    "LineNumber": 1,
                    "Percentage": fraction,
                    "StartDate": datetime(2000, 1, 1),  # noqa: DTZ001 - stored times carry no zone
                    "Type": 0,
                },
            )

    def _journals_and_conditions(self) -> None:
        for journal in self.plan.journals:
            self.insert(
                "journals",
                {
                    "ID": self.id("journal", journal.code),
                    "Code": journal.code,
                    "Description": journal.description,
                    "Type": journal.type,
                    "Currency": "EUR",
                    "AllowVariableCurrency": journal.variable_currency,
                    "AllowVariableExchangeRate": journal.variable_currency,
                    "AllowVAT": True,
                    "AutoSave": False,
                    "IsBlocked": journal.blocked,
                    "GLAccount": self.id("gl", journal.gl_account),
                },
            )
        for condition in self.plan.conditions:
            self.insert(
                "paymentconditions",
                {
                    "ID": self.id("condition", condition.code),
                    "Code": condition.code,
                    "Description": condition.description,
                    "PaymentDays": condition.days,
                    "PaymentEndOfMonths": condition.months,
                    "DiscountPercentage": Decimal(condition.discount_percent) / 100,
                    "DiscountPaymentDays": condition.discount_days,
                    "PaymentMethod": condition.method,
                    "Percentage": Decimal(1),
                    "DiscountCalculation": "I",
                    "PaymentDiscountType": "B",
                    "VATCalculation": "E",
                },
            )

    def _periods(self) -> None:
        for year in range(self.now.year - 3, self.now.year + 2):
            for month in range(1, 13):
                first = datetime(year, month, 1)  # noqa: DTZ001 - stored times carry no zone
                following = (first + timedelta(days=32)).replace(day=1)
                self.insert(
                    "periods",
                    {
                        "ID": self.id("period", f"{year}-{month}"),
                        "FinYear": year,
                        "FinPeriod": month,
                        "StartDate": first,
                        "EndDate": following - timedelta(days=1),
                    },
                )

    def _accounts(self) -> None:
        for number in range(1, CUSTOMERS + SUPPLIERS + PROSPECTS + 1):
            plan = self.plan
            word = plan.firm_words[number % len(plan.firm_words)]
            kind = plan.firm_kinds[number // len(plan.firm_words) % len(plan.firm_kinds)]
            form = plan.legal_forms[number % len(plan.legal_forms)]
            name = f"{word} {kind} {form}"
            supplier = CUSTOMERS < number <= CUSTOMERS + SUPPLIERS
            prospect = number > CUSTOMERS + SUPPLIERS
            postcode, city = plan.cities[number % len(plan.cities)]
            if supplier:
                name = f"{word} {kind} Supply {form}"
            domain = f"{plan.country.lower()}-{number}.example"
            self.insert(
                "accounts",
                {
                    "ID": self.id("account", number),
                    "Code": str(number).rjust(18),
                    "Name": name,
                    "SearchCode": name[:18].upper(),
                    "Status": "P" if prospect else ("A" if supplier else "C"),
                    "CustomerSince": None if supplier or prospect else self.started,
                    "StatusSince": self.started,
                    "StartDate": self.started,
                    "IsSales": not supplier and not prospect,
                    "IsPurchase": supplier,
                    "IsSupplier": supplier,
                    "Blocked": number == CUSTOMERS,
                    "AddressLine1": f"{plan.streets[number % len(plan.streets)]} {number}",
                    "Postcode": postcode,
                    "City": city,
                    "Country": plan.country,
                    "CountryName": _COUNTRIES[plan.country],
                    "VATNumber": _vat_number(plan, number),
                    "ChamberOfCommerce": str(
                        30_000_000 + plan.code % 10 * 1_000_000 + number * 7919
                    ),
                    "Email": f"administratie@{domain}",
                    "Website": f"https://{domain}",
                    "Phone": f"+31 20 55{number:05}",
                    "Language": plan.country,
                    "SalesCurrency": "EUR",
                    "Type": "A",
                    "PaymentConditionSales": "14" if number % 5 == 0 else None,
                },
            )

    def _payables(self) -> None:
        """Book two open purchase invoices: rows a reader of receivables has to leave out."""
        plan = self.plan
        if plan.archived:
            return
        today = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        cost = next(account.code for account in plan.gl_accounts if account.type == 121)
        for number in (1, 2):
            entry_id = self.id("purchase", number)
            amount = Decimal(number) * Decimal("242.00")
            supplier = self.id("account", CUSTOMERS + number)
            common: Record = {
                "EntryID": entry_id,
                "EntryNumber": int(
                    f"{today.year % 100}{plan.purchase_journal.zfill(3)}{number:03}"
                ),
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
                self.insert(
                    "transactionlines",
                    {
                        **common,
                        "ID": self.id("purchase-line", f"{number}-{line_number}"),
                        "LineNumber": line_number,
                        "LineType": 0,
                        "Account": account,
                        "GLAccount": self.id("gl", code),
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
            self.insert(
                "terms",
                {
                    **common,
                    "ID": self.id("purchase-term", number),
                    "EntryID": self.id("purchase-term-entry", number),
                    "TransactionEntryID": entry_id,
                    "TransactionID": self.id("purchase-line", f"{number}-0"),
                    "LineType": 22,
                    "AmountDC": amount,
                    "AmountFC": amount,
                    "RateFC": Decimal(1),
                    "Status": 20,
                    "IsFullyPaid": False,
                    "GLAccount": self.id("gl", plan.payable),
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


_COUNTRIES = {"NL": "Nederland", "BE": "België", "DE": "Deutschland"}
_GL_TYPES = {
    10: "Cash",
    12: "Bank",
    20: "Accounts receivable",
    22: "Accounts payable",
    24: "VAT",
    30: "Fixed assets",
    35: "Accumulated depreciation",
    50: "Capital stock",
    52: "Retained earnings",
    90: "General",
    110: "Revenue",
    111: "Cost of goods",
    120: "Other costs",
    121: "Sales, general administrative expenses",
    122: "Depreciation costs",
    125: "Employee costs",
}

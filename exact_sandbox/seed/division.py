"""Loads one division: its own record, chart of accounts, VAT codes, journals and periods."""

from __future__ import annotations

import uuid
import zlib
from datetime import datetime, timedelta
from decimal import Decimal

from exact_sandbox.database import Database
from exact_sandbox.gl_types import GL_TYPES
from exact_sandbox.seed.plan import DivisionPlan, Journal
from exact_sandbox.values import Record

_NAMESPACE = uuid.UUID("6f3d2c8e-6f0a-4b52-9d0c-2b1f0a7f5e11")


def seeded_id(*parts: object) -> str:
    """Return the id of a seeded record; the same in every run."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, parts))))


def customer_code(customer: str) -> str:
    """Return the account code of a customer of Exact, 18 characters wide; the same in every run."""
    return f"{100_000 + zlib.crc32(customer.encode()) % 900_000:>18}"


class DivisionLoader:
    """Stores what a plan says, stamped by the division's first user."""

    def __init__(self, database: Database, plan: DivisionPlan, creator: tuple[str, str]) -> None:
        self.database = database
        self.plan = plan
        self.now = database.clock.naive_now()
        self.started = datetime(self.now.year - 3, 1, 1)  # noqa: DTZ001 - stored times carry no zone
        self.stamp: Record = {
            "Division": plan.code,
            "Created": self.started,
            "Creator": creator[0],
            "CreatorFullName": creator[1],
            "Modified": self.started,
            "Modifier": creator[0],
            "ModifierFullName": creator[1],
        }

    def insert(self, table: str, record: Record) -> None:
        """Store a record of the division."""
        self.database.insert(table, {**self.stamp, **record})

    def id(self, kind: str, code: object) -> str:
        """Return the id of a record of the division."""
        return seeded_id(self.plan.code, kind, code)

    def load(self) -> None:
        """Store everything but relations."""
        self._division()
        self._gl_accounts()
        self._vat_codes()
        self._journals_and_conditions()
        self._periods()

    def _division(self) -> None:
        plan = self.plan
        self.insert(
            "divisions",
            {
                "Code": plan.code,
                "Hid": plan.hid,
                "Description": plan.name,
                "CustomerName": plan.customer,
                "Customer": seeded_id("customer", plan.customer),
                "CustomerCode": customer_code(plan.customer),
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
                "IsPracticeDivision": plan.practice,
                "IsDossierDivision": False,
                "IsHRDivision": False,
                "StartDate": self.started,
            },
        )
        self.database.execute(
            "INSERT INTO division_settings VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                plan.code,
                plan.default_condition,
                self.id("gl", plan.receivable),
                self.id("gl", plan.write_off),
                self.id("gl", plan.discount),
                self.id("gl", plan.exchange_difference),
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
                    "TypeDescription": GL_TYPES[account.type],
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
                    **self._bank_account(journal),
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

    def _bank_account(self, journal: Journal) -> Record:
        if journal.iban is None:
            return {}
        return {
            "BankAccountID": self.id("bank-account", journal.code),
            "BankAccountIncludingMask": journal.iban,
            "BankAccountIBAN": journal.iban,
            "BankAccountCountry": journal.iban[:2],
            "BankAccountDescription": journal.description,
            "BankAccountUseSEPA": True,
            "BankAccountUseSepaDirectDebit": True,
            "BankName": journal.description,
        }

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

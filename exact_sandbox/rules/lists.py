"""The simple lists and how each is written: one entry a list.

https://start.exactonline.nl/docs/HlpRestAPIResources.aspx
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from exact_sandbox.books.ledger import GL_ACCOUNTS
from exact_sandbox.database import new_id
from exact_sandbox.gl_types import GL_TYPES, VAT, balance_type
from exact_sandbox.rules.checks import Reference, Use
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.reference import ReferenceList
from exact_sandbox.values import Record

LOWEST_RATE = Decimal("0.000001")
BANK_JOURNAL, PAYMENT_SERVICE_JOURNAL = 12, 16
_YES_NO = (0, 1)
_USE = (0, 1, 2)  # optional, mandatory, no
_GL = Reference("glaccounts", word="gl_account")
_VAT_GL = Reference("glaccounts", word="gl_account", equals={"Type": VAT})
_CURRENCY = Reference("currencies", "Code", "currency", everywhere=True)


def _complete_gl_account(context: Context, row: Record, sent: Collection[str]) -> list[str]:
    """A new account takes balance type and side after its type, unless they were sent.

    The type of an account that is booked on stays what it is: terms depend on it.
    """
    if "BalanceType" not in sent and ("Type" in sent or not row.get("BalanceType")):
        row["BalanceType"] = balance_type(row["Type"])
    if not row.get("BalanceSide"):
        row["BalanceSide"] = "C" if row["Type"] in (22, 24, 50, 52, 110) else "D"
    row["TypeDescription"] = GL_TYPES.get(row["Type"])
    stored = context.sandbox.database.find("glaccounts", ID=row["ID"])
    changed = stored is not None and stored["Type"] != row["Type"]
    if changed and context.sandbox.database.find("transactionlines", GLAccount=row["ID"]):
        return [context.say("in_use", what="gl_account")]
    return []


def _complete_journal(context: Context, row: Record, sent: Collection[str]) -> list[str]:
    if "Type" not in sent:
        return []
    problems = []
    if row["Type"] == BANK_JOURNAL and not row.get("BankAccountIncludingMask"):
        problems.append(context.say("mandatory", what="bank_account"))
    if row["Type"] == PAYMENT_SERVICE_JOURNAL and not row.get("PaymentServiceProvider"):
        problems.append(context.say("mandatory", what="payment_service_provider"))
    return problems


def _complete_condition(context: Context, row: Record, sent: Collection[str]) -> list[str]:
    days = ("PaymentDays", "PaymentEndOfMonths", "DiscountPaymentDays", "DiscountPercentage")
    wrong = [name for name in days if (row.get(name) or 0) < 0]
    if (row.get("DiscountPercentage") or 0) > 1:  # a fraction: nobody gets back more than is paid
        wrong.append("DiscountPercentage")
    return [context.say("invalid", what=name) for name in wrong]


def _complete_rate(context: Context, row: Record, sent: Collection[str]) -> list[str]:
    """A rate is to the division's own currency, from a date on.

    https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialExchangeRates
    """
    division = context.sandbox.database.find("divisions", Code=context.division) or {}
    row["TargetCurrency"] = division.get("Currency")
    start = row.get("StartDate") or context.sandbox.clock.today()
    row["StartDate"] = start.replace(hour=0, minute=0, second=0, microsecond=0)
    problems = []
    if row["SourceCurrency"] == row["TargetCurrency"]:
        problems.append(context.say("invalid", what="currency"))
    if row.get("Rate") is None or row["Rate"] < LOWEST_RATE:
        problems.append(context.say("invalid", what="rate"))
    return problems


def _add_percentages(context: Context, vat_code: Record, sent: list[Record]) -> None:
    """Store the percentages of a new VAT code; the last one is what the code itself shows."""
    database = context.sandbox.database
    for number, percentage in enumerate(sent, 1):
        fraction = percentage.get("Percentage") or Decimal(0)
        values = {
            "ID": new_id(),
            "VATCodeID": vat_code["ID"],
            "LineNumber": number,
            "Percentage": fraction,
        }
        database.insert("vatpercentages", {**context.created(), **percentage, **values})
        database.update("vatcodes", ("ID", vat_code["ID"]), {"Percentage": fraction})


LISTS: tuple[ReferenceList, ...] = (
    ReferenceList(
        "financial/Journals",
        defaults={"Type": 20, "Currency": "EUR", "IsBlocked": False},
        references={
            "Currency": _CURRENCY,
            "GLAccount": _GL,
            "PaymentInTransitAccount": _GL,
        },
        choices={
            "Type": (10, 12, 16, 20, 21, 22, 23, 90),
            "PaymentServiceProvider": (1, 2, 3),
        },
        uses=(
            Use("transactionlines", "JournalCode", "Code"),
            Use("salesinvoices", "Journal", "Code"),
        ),
        complete=_complete_journal,
    ),
    ReferenceList(
        "financial/GLAccounts",
        defaults={"Type": 110, "IsBlocked": False, "UseCostcenter": 0, "UseCostunit": 0},
        references={
            "VATCode": Reference("vatcodes", "Code", "vat_code"),
            "Costcenter": Reference("costcenters", "Code", "cost_center"),
            "Costunit": Reference("costunits", "Code", "cost_unit"),
            "PrivateGLAccount": _GL,
            "VATNonDeductibleGLAccount": _GL,
            "YearEndCostGLAccount": _GL,
            "YearEndReflectionGLAccount": _GL,
        },
        choices={
            "Type": GL_TYPES,
            "BalanceSide": ("D", "C"),
            "BalanceType": ("B", "W"),
            "UseCostcenter": _USE,
            "UseCostunit": _USE,
            "VATSystem": ("I", "C"),
        },
        uses=(
            Use("transactionlines", "GLAccount"),
            Use("salesentrylines", "GLAccount"),
            Use("salesinvoicelines", "GLAccount"),
            Use("journals", "GLAccount"),
            Use("vatcodes", "GLToPay"),
            Use("vatcodes", "GLToClaim"),
            Use("accounts", "GLAccountSales"),
            Use("accounts", "GLAccountPurchase"),
            Use("accounts", "GLAR"),
            Use("accounts", "GLAP"),
            Use("items", "GLRevenue"),
        ),
        entity_type=GL_ACCOUNTS,
        complete=_complete_gl_account,
    ),
    ReferenceList(
        "vat/VATCodes",
        defaults={"Type": "E", "VATTransactionType": "B", "IsBlocked": False},
        references={
            "Account": Reference("accounts", word="account"),
            "GLToPay": _VAT_GL,
            "GLToClaim": _VAT_GL,
            "GLDiscountPurchase": _GL,
            "GLDiscountSales": _GL,
        },
        choices={
            "Type": ("E", "I", "B", "N"),
            "VATTransactionType": ("B", "P", "S"),
            "EUSalesListing": ("L", "N", "S", "T"),
            "CalculationBasis": _YES_NO,
        },
        uses=(
            Use("salesentrylines", "VATCode", "Code"),
            Use("salesinvoicelines", "VATCode", "Code"),
            Use("transactionlines", "VATCode", "Code"),
            Use("glaccounts", "VATCode", "Code"),
            Use("accounts", "SalesVATCode", "Code"),
            Use("accounts", "PurchaseVATCode", "Code"),
            Use("items", "SalesVatCode", "Code"),
        ),
        children={"VATPercentages": _add_percentages},
    ),
    ReferenceList(
        "cashflow/PaymentConditions",
        defaults={"PaymentDays": 0, "PaymentEndOfMonths": 0, "PaymentMethod": "B"},
        choices={
            "PaymentMethod": ("B", "I", "K", "Q"),
            "DiscountCalculation": ("E", "I"),
            "PaymentDiscountType": ("B", "K"),
            "VATCalculation": ("E", "I"),
        },
        complete=_complete_condition,
    ),
    ReferenceList(
        "financial/ExchangeRates",
        unique=("SourceCurrency", "StartDate"),
        references={"SourceCurrency": _CURRENCY},
        complete=_complete_rate,
    ),
    ReferenceList(
        "hrm/Costcenters",
        defaults={"Active": True},
        uses=(
            Use("transactionlines", "CostCenter", "Code"),
            Use("salesentrylines", "CostCenter", "Code"),
            Use("salesinvoicelines", "CostCenter", "Code"),
            Use("glaccounts", "Costcenter", "Code"),
        ),
        word="cost_center",
    ),
    ReferenceList(
        "hrm/Costunits",
        uses=(
            Use("transactionlines", "CostUnit", "Code"),
            Use("salesentrylines", "CostUnit", "Code"),
            Use("salesinvoicelines", "CostUnit", "Code"),
            Use("glaccounts", "Costunit", "Code"),
        ),
        word="cost_unit",
    ),
)

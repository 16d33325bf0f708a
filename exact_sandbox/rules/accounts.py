"""What Exact accepts as an account: a customer, supplier or prospect.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CRMAccounts
"""

from __future__ import annotations

from collections.abc import Collection

from exact_sandbox.books.ledger import ACCOUNTS, record_deletion
from exact_sandbox.countries import country_name, is_country, vat_number_is_valid
from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.errors import Refused
from exact_sandbox.gl_types import PAYABLE, RECEIVABLE
from exact_sandbox.languages import is_language, language_name
from exact_sandbox.resources import by_path
from exact_sandbox.rules.checks import (
    Reference,
    Use,
    choice_problems,
    emptied_problems,
    is_used,
    new_key,
    put_defaults,
    reference_problems,
    refuse,
)
from exact_sandbox.rules.contacts import remove as remove_contact
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

PATH = "crm/Accounts"
CODE_WIDTH = 18
_ACCOUNT = Reference("accounts", word="account")
_GL = Reference("glaccounts", word="gl_account")
_CONDITION = Reference("paymentconditions", "Code", "payment_condition")
_VAT_CODE = Reference("vatcodes", "Code", "vat_code")
# Classifications, sectors, price lists and the like have no endpoint here and are taken as they are.
_REFERENCES = {
    "PaymentConditionSales": _CONDITION,
    "PaymentConditionPurchase": _CONDITION,
    "SalesVATCode": _VAT_CODE,
    "PurchaseVATCode": _VAT_CODE,
    "GLAccountSales": _GL,
    "GLAccountPurchase": _GL,
    "GLAR": Reference("glaccounts", word="gl_account", equals={"Type": RECEIVABLE}),
    "GLAP": Reference("glaccounts", word="gl_account", equals={"Type": PAYABLE}),
    "InvoiceAccount": _ACCOUNT,
    "Parent": _ACCOUNT,
    "Reseller": Reference("accounts", equals={"IsReseller": True}),
    "AccountManager": Reference("userrecords", "UserID", "account_manager", everywhere=True),
}
_CHOICES = {
    "Status": frozenset("ASPCNWI"),
    "ConsolidationScenario": range(7),
    "DeliveryAdvice": range(3),
    "IncotermVersionPurchase": (2010, 2020),
    "IncotermVersionSales": (2010, 2020),
    "InvoicingMethod": (0, 1, 2, 4, 8, 32),
    "IsAccountant": range(3),
    "SecurityLevel": range(101),
    "SeparateInvPerSubscription": range(2),
}
_USES = (
    Use("salesentries", "Customer"),
    Use("terms", "Account"),
    Use("transactionlines", "Account"),
    Use("bankentrylines", "Account"),
    Use("cashentrylines", "Account"),
    Use("salesinvoices", "OrderedBy"),
    Use("salesinvoices", "InvoiceTo"),
    Use("salesinvoices", "DeliverTo"),
    Use("documents", "Account"),
    Use("vatcodes", "Account"),
    Use("accounts", "InvoiceAccount"),
    Use("accounts", "Parent"),
    Use("accounts", "Reseller"),
    Use("accounts", "Accountant"),
)


def create(context: Context, sent: Record) -> str:
    """Store a new account and return its ID; raises Refused."""
    database = context.sandbox.database
    given = {name: value for name, value in sent.items() if value is not None}
    now = context.sandbox.clock.naive_now()
    account = {"Status": "A", "Type": "A", "StartDate": now, **given}
    account |= {"ID": new_key(context, "accounts", sent), "StatusSince": now}
    _check(context, account, set(given))
    account["Code"] = _code(context, account.get("Code"), account["ID"])
    _derive(context, account)
    database.insert("accounts", {**account, **context.created()})
    return str(account["ID"])


def update(context: Context, account_id: str, changes: Record) -> None:
    """Change an account; raises Refused."""
    database = context.sandbox.database
    stored = database.find("accounts", ID=account_id) or {}
    changes.pop("ID", None)
    resource = by_path()[PATH.lower()]
    refuse(emptied_problems(context, resource, changes))
    put_defaults(resource, changes, {"Status": "A"})
    account = {**stored, **changes}
    _check(context, account, set(changes))
    if "Code" in changes:
        if not str(changes["Code"] or "").strip():
            raise Refused(context.say("mandatory", what="code"))
        account["Code"] = _code(context, changes["Code"], account_id)
    if account["Status"] != stored["Status"]:
        account["StatusSince"] = context.sandbox.clock.naive_now()
    _derive(context, account)
    database.update("accounts", ("ID", account_id), {**account, **context.modified()})


def delete(context: Context, account_id: str) -> None:
    """Delete an account that nothing refers to, with its contacts; raises Refused."""
    database = context.sandbox.database
    account = database.find("accounts", ID=account_id) or {}
    if is_used(context, account, _USES):
        raise Refused(context.say("in_use", what="account"))
    for contact in database.records("contacts", Account=account_id):
        remove_contact(context, contact["ID"])
    database.delete("accounts", ID=account_id)
    record_deletion(context, ACCOUNTS, account_id)


def _code(context: Context, sent: str | None, account_id: str) -> str:
    """Return a code 18 wide, right-aligned; the next free one when none was sent."""
    database = context.sandbox.database
    if not sent or not sent.strip():
        highest = database.execute(
            'SELECT max(CAST(trim("Code") AS INTEGER)) FROM accounts WHERE "Division" = ?',
            [context.division],
        )[0][0]
        following = (highest or 0) + 1
        if following < 10**CODE_WIDTH:
            return str(following).rjust(CODE_WIDTH)
        return str(_first_free_code(context)).rjust(CODE_WIDTH)
    digits = sent.strip()
    if not digits.isascii() or not digits.isdecimal() or len(digits) > CODE_WIDTH:
        raise Refused(context.say("invalid", what="code"))
    padded = digits.rjust(CODE_WIDTH)
    owner = database.find("accounts", Division=context.division, Code=padded)
    if owner is not None and owner["ID"] != account_id:
        raise Refused(context.say("exists"))
    return padded


def _first_free_code(context: Context) -> int:
    """Return the lowest code nobody has, for a division that used up the highest."""
    return int(
        context.sandbox.database.execute(
            'WITH used AS (SELECT CAST(trim("Code") AS INTEGER) AS n FROM accounts '
            'WHERE "Division" = ?) SELECT min(n) FROM (SELECT 1 AS n UNION SELECT n + 1 FROM used) '
            "WHERE n NOT IN (SELECT n FROM used)",
            [context.division],
        )[0][0]
    )


def _check(context: Context, account: Record, sent: Collection[str]) -> None:
    for name in ("SalesCurrency", "PurchaseCurrency"):
        # "If the currency code input is not in the active currencies, the value will be set to empty."
        code = str(account.get(name) or "").strip().upper()
        account[name] = code if code in CURRENCIES else None
    refuse(
        [
            *choice_problems(context, account, _CHOICES, sent),
            *_address_problems(context, account, sent),
            *reference_problems(context, account, _REFERENCES, sent),
            *_other_problems(context, account, sent),
        ]
    )


def _address_problems(context: Context, account: Record, sent: Collection[str]) -> list[str]:
    problems = []
    country = account.get("Country")
    if country and "Country" in sent:
        if not is_country(country):
            problems.append(context.say("invalid_reference", what="country"))
        elif account.get("State") and "State" not in sent:
            problems.append(context.say("invalid", what="state"))
    if (
        account.get("VATNumber")
        and "VATNumber" in sent
        and not vat_number_is_valid(account["VATNumber"], country)
    ):
        problems.append(context.say("invalid", what="vat_number"))
    return problems


def _other_problems(context: Context, account: Record, sent: Collection[str]) -> list[str]:
    problems = []
    database = context.sandbox.database
    language = account.get("Language")
    if language and "Language" in sent and not is_language(language):
        problems.append(context.say("invalid_reference", what="language"))
    if "MainContact" in sent and account.get("MainContact"):
        contact = database.find("contacts", ID=account["MainContact"], Account=account["ID"])
        if contact is None:
            problems.append(context.say("invalid_reference", what="contact"))
    if "Accountant" in sent and account.get("Accountant"):
        accountant = database.find("accounts", ID=account["Accountant"], Division=context.division)
        if accountant is None or not accountant["IsAccountant"]:
            problems.append(context.say("invalid_reference", what="accountant"))
    start, end = account.get("StartDate"), account.get("EndDate")
    if {"StartDate", "EndDate"} & set(sent) and start and end and end < start:
        problems.append(context.say("invalid", what="end_date"))
    return problems


def _derive(context: Context, account: Record) -> None:
    is_customer = account["Status"] == "C"
    limit = context.sandbox.switches["account_name_length"]
    if limit > 0:
        account["Name"] = account["Name"].strip()[:limit].rstrip()
    account["IsSales"] = is_customer
    account["IsPurchase"] = bool(account.get("IsSupplier"))
    if is_customer and not account.get("CustomerSince"):
        account["CustomerSince"] = context.sandbox.clock.naive_now()
    if account.get("Country"):
        account["Country"] = account["Country"].strip().upper()
    account["CountryName"] = country_name(account.get("Country"))
    account["LanguageDescription"] = language_name(account.get("Language"))
    if not account.get("SearchCode"):
        account["SearchCode"] = account["Name"].strip()[:CODE_WIDTH].upper()

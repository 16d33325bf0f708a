"""What Exact accepts as an account: a customer, supplier or prospect.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CRMAccounts
"""

from __future__ import annotations

import re

from exact_sandbox.books.ledger import ACCOUNTS, record_deletion
from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.database import new_id
from exact_sandbox.errors import Refused
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

CODE_WIDTH = 18
STATUSES = frozenset("ASPCNWI")
_VAT_NUMBERS = {
    "AT": r"ATU\d{8}",
    "BE": r"BE[01]\d{9}",
    "DE": r"DE\d{9}",
    "DK": r"DK\d{8}",
    "ES": r"ES[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"FI\d{8}",
    "FR": r"FR[A-Z0-9]{2}\d{9}",
    "GB": r"GB(\d{9}|\d{12})",
    "IE": r"IE\d[A-Z0-9+*]\d{5}[A-Z]{1,2}",
    "IT": r"IT\d{11}",
    "LU": r"LU\d{8}",
    "NL": r"NL\d{9}B\d{2}",
    "PL": r"PL\d{10}",
    "PT": r"PT\d{9}",
    "SE": r"SE\d{12}",
}
# property: (table, column, word of the refusal)
_REFERENCES = {
    "PaymentConditionSales": ("paymentconditions", "Code", "payment_condition"),
    "PaymentConditionPurchase": ("paymentconditions", "Code", "payment_condition"),
    "SalesVATCode": ("vatcodes", "Code", "vat_code"),
    "PurchaseVATCode": ("vatcodes", "Code", "vat_code"),
    "GLAccountSales": ("glaccounts", "ID", "gl_account"),
    "InvoiceAccount": ("accounts", "ID", "account"),
}


def create(context: Context, sent: Record) -> str:
    """Store a new account and return its ID; raises Refused."""
    database = context.sandbox.database
    account = {"Status": "A", "IsSupplier": False, "Blocked": False, **_without_none(sent)}
    account["ID"] = new_id()
    if sent.get("ID") and context.sandbox.switches["entry_id_honored"]:
        if database.find("accounts", ID=sent["ID"]):
            raise Refused(context.say("exists"))
        account["ID"] = sent["ID"]
    _check(context, account)
    account["Code"] = _code(context, account.get("Code"), account["ID"])
    now = context.sandbox.clock.naive_now()
    account |= {"StatusSince": now, "Type": "A", "StartDate": account.get("StartDate") or now}
    _derive(context, account)
    database.insert("accounts", {**account, **context.created()})
    return str(account["ID"])


def update(context: Context, account_id: str, changes: Record) -> None:
    """Change an account; raises Refused."""
    database = context.sandbox.database
    account = database.find("accounts", ID=account_id) or {}
    changes.pop("ID", None)
    if "Name" in changes and not str(changes["Name"] or "").strip():
        raise Refused(context.say("mandatory", what="name"))
    if "Code" in changes:
        changes["Code"] = _code(context, changes["Code"], account_id)
    if changes.get("Status", account["Status"]) != account["Status"]:
        changes["StatusSince"] = context.sandbox.clock.naive_now()
    account |= changes
    _check(context, account)
    _derive(context, account)
    database.update("accounts", ("ID", account_id), {**account, **context.modified()})


def delete(context: Context, account_id: str) -> None:
    """Delete an account that nothing refers to; raises Refused."""
    database = context.sandbox.database
    used = any(
        database.find(table, **{column: account_id})
        for table, column in (
            ("salesentries", "Customer"),
            ("salesinvoices", "OrderedBy"),
            ("salesinvoices", "InvoiceTo"),
            ("salesinvoices", "DeliverTo"),
            ("terms", "Account"),
            ("transactionlines", "Account"),
        )
    )
    if used:
        raise Refused(context.say("in_use", what="account"))
    database.delete("accounts", ID=account_id)
    record_deletion(context, ACCOUNTS, account_id)


def _without_none(record: Record) -> Record:
    return {name: value for name, value in record.items() if value is not None}


def _code(context: Context, sent: str | None, account_id: str) -> str:
    """Return a code 18 wide, right-aligned; the next free one when none was sent."""
    database = context.sandbox.database
    if not sent or not sent.strip():
        highest = database.execute(
            'SELECT max(CAST(trim("Code") AS INTEGER)) FROM accounts WHERE "Division" = ?',
            [context.division],
        )[0][0]
        return str((highest or 0) + 1).rjust(CODE_WIDTH)
    digits = sent.strip()
    if not digits.isascii() or not digits.isdecimal() or len(digits) > CODE_WIDTH:
        raise Refused(context.say("invalid", what="code"))
    padded = digits.rjust(CODE_WIDTH)
    owner = database.find("accounts", Division=context.division, Code=padded)
    if owner is not None and owner["ID"] != account_id:
        raise Refused(context.say("exists"))
    return padded


def _check(context: Context, account: Record) -> None:
    problems = []
    if account["Status"] not in STATUSES:
        problems.append(context.say("invalid", what="status"))
    country = account.get("Country")
    if country and not re.fullmatch(r"[A-Za-z]{2}", country.strip()):
        problems.append(context.say("invalid_reference", what="country"))
    if account.get("VATNumber") and not vat_number_is_valid(account["VATNumber"], country):
        problems.append(context.say("invalid", what="vat_number"))
    if account.get("SalesCurrency") and account["SalesCurrency"] not in CURRENCIES:
        problems.append(context.say("invalid_reference", what="currency"))
    for name, (table, column, what) in _REFERENCES.items():
        value = account.get(name)
        if value and not context.sandbox.database.find(
            table, **{column: value.strip(), "Division": context.division}
        ):
            problems.append(context.say("invalid_reference", what=what))
    if problems:
        raise Refused(*problems)


def vat_number_is_valid(number: str, country: str | None) -> bool:
    """Whether a VAT number has the form of its country; unknown countries accept any."""
    compact = re.sub(r"[\s.\-]", "", number).upper()
    prefix = compact[:2]
    if prefix.isalpha():
        pattern = _VAT_NUMBERS.get(prefix)
        return pattern is None or re.fullmatch(pattern, compact) is not None
    home = (country or "").strip().upper()
    pattern = _VAT_NUMBERS.get(home)
    return pattern is None or re.fullmatch(pattern, home + compact) is not None


def _derive(context: Context, account: Record) -> None:
    is_customer = account["Status"] == "C"
    account["IsSales"] = is_customer
    account["IsPurchase"] = bool(account.get("IsSupplier"))
    if is_customer and not account.get("CustomerSince"):
        account["CustomerSince"] = context.sandbox.clock.naive_now()
    for name in ("SalesVATCode", "PurchaseVATCode", "Country"):
        if account.get(name):
            account[name] = account[name].strip()

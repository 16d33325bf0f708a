"""Columns that are not stored but computed when read: names of what is referred to, shown signs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from exact_sandbox.messages import LANGUAGES, word
from exact_sandbox.switches import Switches

Expression = str | Callable[[Switches], str]


def lookup(table: str, column: str, own: str, *, by: str = "ID") -> str:
    """SQL that reads a column of the record another column refers to."""
    return (
        f'(SELECT r."{column}" FROM "{table}" r'  # noqa: S608 - names from this module only
        f' WHERE r."{by}" = t."{own}" AND r."Division" = t."Division")'
    )


def everywhere_lookup(table: str, column: str, own: str, *, by: str = "Code") -> str:
    """SQL like that of `lookup` for a table with the same records in each division."""
    return f'(SELECT r."{column}" FROM "{table}" r WHERE r."{by}" = t."{own}")'  # noqa: S608 - as above


def described(column: str, words: Mapping[int | str, str]) -> str:
    """SQL that says a code in the reader's language; `words` maps each code to one of WORDS."""

    def said(language: str) -> str:
        return f'CASE t."{column}"' + "".join(
            f" WHEN {_literal(code)} THEN {_literal(word(language, name))}"
            for code, name in words.items()
        )

    others = "".join(
        f" WHEN '{language}' THEN {said(language)} END"
        for language in LANGUAGES
        if language != "EN"
    )
    return f"CASE '{{language}}'{others} ELSE {said('EN')} END END"


def _literal(value: int | str) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def account_columns(prefix: str = "Account", own: str = "Account") -> dict[str, Expression]:
    return {
        f"{prefix}Name": lookup("accounts", "Name", own),
        f"{prefix}Code": lookup("accounts", "Code", own),
    }


def gl_account_columns(own: str = "GLAccount") -> dict[str, Expression]:
    return {
        f"{own}Code": lookup("glaccounts", "Code", own),
        f"{own}Description": lookup("glaccounts", "Description", own),
    }


JOURNAL = {"JournalDescription": lookup("journals", "Description", "Journal", by="Code")}
CONDITION = {
    "PaymentConditionDescription": lookup(
        "paymentconditions", "Description", "PaymentCondition", by="Code"
    ),
}

DOCUMENT = {
    "DocumentNumber": lookup("documents", "HID", "Document"),
    "DocumentSubject": lookup("documents", "Subject", "Document"),
}


def padded(column: str) -> str:
    """VAT codes come back padded to three characters."""
    return f'substr(t."{column}" || \'   \', 1, max(3, length(t."{column}")))'


def _shown_amount(column: str) -> Callable[[Switches], str]:
    """Return the amount of a term in the sign and zeroing that the switches ask for."""

    def expression(switches: Switches) -> str:
        sign = "-" if switches["receivable_sign"] == "negative" else ""
        value = f'{sign}t."{column}"'
        if switches["zero_when_matched"]:
            value = f'CASE WHEN t."Status" = 50 THEN 0 ELSE {value} END'
        return f"({value})"

    return expression


def list_amount(switches: Switches) -> str:
    """SQL of ReceivablesList.Amount, in the sign and currency that the switches ask for.

    https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=ReadFinancialReceivablesList
    """
    sign = "-" if switches["receivables_list_sign"] == "negative" else ""
    column = "AmountFC" if switches["receivables_list_currency"] == "invoice" else "AmountDC"
    return f'({sign}t."{column}")'


def in_transit(switches: Switches) -> str:
    """SQL of ReceivablesList.AmountInTransit: what was sent to the bank to be collected."""
    return f'CASE WHEN t."Status" = 40 THEN {list_amount(switches)} ELSE 0 END'


def _terms(condition: str) -> Callable[[Switches], str]:
    """Return a condition on terms, without bank and cash receipts where the switch hides them."""

    def where(switches: Switches) -> str:
        if not switches["receivables_hide_bank_receipts"]:
            return condition
        hidden = '(t."LineType" <> 20 OR t."TransactionType" <> 40)'
        return " AND ".join(filter(None, (condition, hidden)))

    return where


TERMS = _terms("")
RECEIVABLES = _terms('t."LineType" = 20')
VAT_CODE = {
    "VATCode": padded("VATCode"),
    "VATCodeDescription": lookup("vatcodes", "Description", "VATCode", by="Code"),
}
COST: dict[str, Expression] = {
    "CostCenterDescription": lookup("costcenters", "Description", "CostCenter", by="Code"),
    "CostUnitDescription": lookup("costunits", "Description", "CostUnit", by="Code"),
}
TERM: dict[str, Expression] = {
    **account_columns(),
    **gl_account_columns(),
    **JOURNAL,
    **CONDITION,
    **DOCUMENT,
    "AccountCountry": lookup("accounts", "Country", "Account"),
    "AmountDC": _shown_amount("AmountDC"),
    "AmountFC": _shown_amount("AmountFC"),
}
ACCOUNT: dict[str, Expression] = {
    "InvoiceAccountCode": lookup("accounts", "Code", "InvoiceAccount"),
    "InvoiceAccountName": lookup("accounts", "Name", "InvoiceAccount"),
    "PaymentConditionSalesDescription": lookup(
        "paymentconditions", "Description", "PaymentConditionSales", by="Code"
    ),
    "PaymentConditionPurchaseDescription": lookup(
        "paymentconditions", "Description", "PaymentConditionPurchase", by="Code"
    ),
    "SalesVATCodeDescription": lookup("vatcodes", "Description", "SalesVATCode", by="Code"),
    "PurchaseVATCodeDescription": lookup("vatcodes", "Description", "PurchaseVATCode", by="Code"),
    "SalesCurrencyDescription": everywhere_lookup("currencies", "Description", "SalesCurrency"),
    "PurchaseCurrencyDescription": everywhere_lookup(
        "currencies", "Description", "PurchaseCurrency"
    ),
    "ResellerCode": lookup("accounts", "Code", "Reseller"),
    "ResellerName": lookup("accounts", "Name", "Reseller"),
    "AccountManagerFullName": everywhere_lookup(
        "userrecords", "FullName", "AccountManager", by="UserID"
    ),
    "SalesVATCode": padded("SalesVATCode"),
    "PurchaseVATCode": padded("PurchaseVATCode"),
}
TRANSACTION_LINE: dict[str, Expression] = {
    **DOCUMENT,
    **account_columns(),
    **gl_account_columns(),
    **VAT_CODE,
    **COST,
    "JournalDescription": lookup("journals", "Description", "JournalCode", by="Code"),
}
CASH_FLOW_ENTRY: dict[str, Expression] = {
    "JournalDescription": lookup("journals", "Description", "JournalCode", by="Code"),
}
CASH_FLOW_LINE: dict[str, Expression] = {
    **DOCUMENT,
    **account_columns(),
    **gl_account_columns(),
    **VAT_CODE,
    **COST,
    "OffsetID": lookup("transactionlines", "OffsetID", "ID"),
}

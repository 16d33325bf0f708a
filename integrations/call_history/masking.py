"""What may be kept of a call: names of properties, and the values of those that can hold nothing personal or secret.

It is a list of what is shown, not of what is hidden: a property that nobody thought of is hidden. A shown property's value must
have its form besides: an id is a GUID, an amount a number. Whatever else stands there is hidden as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

HIDDEN = "•••"
LONGEST = 16_000  # characters of one body
LONGEST_ADDRESS = 1_000  # characters
_ROWS = 60
_DEEPEST = 12

_GUID = re.compile(r"\{?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}?")
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,12})?")
_DAY = re.compile(r"/Date\(-?\d{1,17}(?:[+-]\d{4})?\)/|\d{4}-\d\d-\d\d(?:T[0-9:.]{5,16}Z?)?")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,11}|")

_GUIDS = (
    "ID EntryID InvoiceID TransactionID TransactionEntryID EntityKey OffsetID Customer Account OrderedBy InvoiceTo Contact"
    " GLAccount Item Document SalesEntryID Supplier Creator Modifier"
)
_NUMBERS = (
    "Division Status Type TransactionType TransactionStatus EntityType Rate RateFC EntryNumber InvoiceNumber OrderNumber"
    " LineNumber AmountFC AmountDC AmountDiscountFC AmountFCExclVat AmountDCExclVat VATAmountFC VATAmountDC VATPercentage"
    " GLAmountFC TransactionAmountFC TransactionAmountDC NetPrice UnitPrice Quantity Percentage Timestamp FileSize"
    " ReportingPeriod ReportingYear FinancialPeriod FinancialYear LineType AmountFCVat Discount"
)
_DAYS = (
    "Created Modified EntryDate InvoiceDate DueDate DiscountDueDate LastPaymentDate DeletedDate OrderDate From To StartTime"
    " EndTime Date StartDate EndDate"
)
_CODES = (
    "Currency Journal VATCode SalesVATCode SalesVatCode PaymentCondition PaymentConditionSales PaymentMethod CostCenter"
    " CostUnit Topic code"
)
_FORMS: dict[str, re.Pattern[str]] = {
    name: form
    for names, form in ((_GUIDS, _GUID), (_NUMBERS, _NUMBER), (_DAYS, _DAY), (_CODES, _CODE))
    for name in names.split()
}
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$]{0,60}")
_LITERAL = re.compile(
    r"(?:(?P<name>\w+) (?:eq|ge|gt|lt|le) )?(?P<type>guid|datetime)?'(?P<text>(?:[^']|'')*)'"
)
# What may be left of an option when its quoted texts are gone. A position comes from Exact, so it may be numbers only.
_WORDS = re.compile(r"[\w ,()$./-]*")
_OPTIONS = {
    **dict.fromkeys(("$select", "$top", "$orderby", "$inlinecount", "$expand", "$filter"), _WORDS),
    "$skiptoken": re.compile(r"[\dL,]*"),
}


def mask_document(document: object) -> str:
    """This function will return a body as text in which only shown properties have their values, cut at `LONGEST`."""
    if document is None:
        return ""
    text = json.dumps(_mask(document, "", 0), ensure_ascii=False, indent=1)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def mask_address(url: str) -> str:
    """This function will return an address's path and options, without its host and without texts of people."""
    parts = urlsplit(url)
    options = [
        f"{name}={_mask_option(name, value)}"
        for name, value in parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True)
        if _NAME.fullmatch(name)
    ]
    text = mask_texts(unquote(parts.path)) + ("?" + "&".join(options) if options else "")
    return text if len(text) <= LONGEST_ADDRESS else f"{text[:LONGEST_ADDRESS]}…"


def mask_texts(text: str) -> str:
    """This function will hide the texts in an expression of OData, except ids, days, and the codes of shown properties."""
    return _LITERAL.sub(_literal, text)


def _mask_option(name: str, value: str) -> str:
    form = _OPTIONS.get(name)
    if form is None or not form.fullmatch(_LITERAL.sub("", value)):
        return HIDDEN
    return mask_texts(value)


def _literal(found: re.Match[str]) -> str:
    kind, text, name = found["type"], found["text"], found["name"] or ""
    form = {"guid": _GUID, "datetime": _DAY}.get(kind or "") or _FORMS.get(name)
    if form is not None and form.fullmatch(text):
        return found[0]
    return f"{found[0][: found.start('text') - found.start()]}{HIDDEN}'"


def _mask(value: Any, name: str, depth: int) -> object:
    if depth > _DEEPEST:
        return HIDDEN
    if isinstance(value, Mapping):
        return {
            str(key) if _NAME.fullmatch(str(key)) else HIDDEN: _mask(one, str(key), depth + 1)
            for key, one in value.items()
            if key != "__metadata"
        }
    if isinstance(value, list | tuple):
        rest = len(value) - _ROWS
        shown = [_mask(one, name, depth + 1) for one in value[:_ROWS]]
        return [*shown, f"{rest} more"] if rest > 0 else shown
    if value is None or isinstance(value, bool):
        return value
    form = _FORMS.get(name)
    text = value.isoformat() if isinstance(value, date) else str(value).strip()
    return text if form is not None and form.fullmatch(text) else HIDDEN

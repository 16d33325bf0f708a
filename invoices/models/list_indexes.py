"""The indexes of the invoice list: one for each order, one for each way to narrow it down to few.

Under row-level security PostgreSQL looks up in an index only what a leakproof operator compares: equality and order of texts, numbers
and days, the beginning of a text; not LIKE. So each filter of the list is an equality or a range.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Index, Q

_NEWEST_FIRST = ("-invoice_date", "-id")
# What the list is narrowed down by: passing over a million invoices that do not fit then reads the index alone.
_FILTERS = (
    "copy_standing",
    "payment_standing",
    "sync_standing",
    "needs_look",
    "state",
    "kind",
    "currency",
    "subsidiary",
)


def _by(column: str, name: str) -> Index:
    return Index(fields=["organization", column, *_NEWEST_FIRST], name=name)


def _only(condition: Q, name: str) -> Index:
    return Index(fields=["organization", *_NEWEST_FIRST], condition=condition, name=name)


def _order(*fields: Any, name: str, include: tuple[str, ...] = ()) -> Index:
    return Index("organization", *fields, name=name, include=include)


LIST_INDEXES = [
    _order(F("invoice_date").desc(), F("id").desc(), name="invoice_by_day", include=_FILTERS),
    _order("number", "id", name="invoice_in_order_of_number", include=("invoice_date", *_FILTERS)),
    _order("due_date", "id", name="invoice_by_due_date"),
    _order(F("due_date").desc(nulls_last=True), F("id").desc(), name="invoice_by_last_due_date"),
    _order("currency", "gross_amount", "id", name="invoice_by_amount"),
    _order("client", "id", name="invoice_by_client"),
    _by("copy_standing", "invoice_by_copy_standing"),
    _by("payment_standing", "invoice_by_payment_standing"),
    _by("sync_standing", "invoice_by_sync_standing"),
    _by("subsidiary", "invoice_by_subsidiary"),
    _by("currency", "invoice_by_currency"),
    _only(Q(needs_look=True), "invoice_to_look_at"),
    _only(Q(state="draft"), "invoice_draft"),
    _only(Q(kind="credit_note"), "invoice_credit_note"),
    Index(
        fields=["organization", "psa_number"], condition=~Q(psa_number=""), name="invoice_by_psa"
    ),
]

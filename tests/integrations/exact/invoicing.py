"""A customer at the sandbox and a sales invoice for it, as the Exact invoice route would send it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from integrations.exact import accounts, items
from integrations.exact.client import ExactClient
from integrations.exact.sales_invoices import SalesInvoiceDraft


def customer(exact: ExactClient, **changes: Any) -> accounts.Account:
    values = {"name": f"Acme {uuid4()}", "country": "NL", "payment_condition": "30", **changes}
    return accounts.create(exact, accounts.AccountDraft.model_validate(values))


def item_id(exact: ExactClient, code: str = "HOSTING") -> UUID:
    return next(
        one.exact_id for page in items.list_items(exact) for one in page.rows if one.code == code
    )


def draft(exact: ExactClient, buyer: accounts.Account, **changes: Any) -> SalesInvoiceDraft:
    line = {"item_id": item_id(exact), "vat_code": "2", "quantity": "3", "net_price": "33.37"}
    return SalesInvoiceDraft.model_validate(
        {
            "customer_id": buyer.exact_id,
            "journal": "70",
            "currency": "EUR",
            "your_ref": "Website",
            "lines": [
                {**line, "description": "10 - Hosting", "notes": "May"},
                {**line, "quantity": "1", "from_date": "2024-05-01", "to_date": "2024-05-31"},
            ],
            **changes,
        }
    )

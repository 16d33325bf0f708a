"""What may be written where: the rules of each endpoint, by its path.

An endpoint without an entry can only be read. See `resources/` for adding one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from exact_sandbox.books.cash_flow import BANK, CASH
from exact_sandbox.rules import (
    accounts,
    contacts,
    divisions,
    document_attachments,
    documents,
    printed_sales_invoices,
    receivables,
    sales_entries,
    sales_entry_lines,
    sales_invoice_lines,
    sales_invoices,
    users,
    webhook_subscriptions,
)
from exact_sandbox.rules.cash_flow_entries import CashFlowRules
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.items import ITEMS
from exact_sandbox.rules.lists import LISTS
from exact_sandbox.values import Record


@dataclass(frozen=True, slots=True)
class Rules:
    """Create returns the key of the new record; each raises Refused when the books say no."""

    create: Callable[[Context, Record], str] | None = None
    update: Callable[[Context, str, Record], None] | None = None
    delete: Callable[[Context, str], None] | None = None
    prepare: Callable[[Context, Record], None] | None = None  # before the store is held


_BANK, _CASH = CashFlowRules(BANK), CashFlowRules(CASH)
RULES: dict[str, Rules] = {
    "crm/Accounts": Rules(accounts.create, accounts.update, accounts.delete),
    "crm/Contacts": Rules(contacts.create, contacts.update, contacts.delete),
    "documents/Documents": Rules(documents.create, documents.update, documents.delete),
    "documents/DocumentAttachments": Rules(
        document_attachments.create, delete=document_attachments.delete
    ),
    "salesentry/SalesEntries": Rules(
        sales_entries.create,
        sales_entries.update,
        sales_entries.delete,
    ),
    "salesentry/SalesEntryLines": Rules(
        sales_entry_lines.create,
        sales_entry_lines.update,
        sales_entry_lines.delete,
    ),
    "salesinvoice/SalesInvoices": Rules(
        sales_invoices.create,
        sales_invoices.update,
        sales_invoices.delete,
    ),
    "salesinvoice/SalesInvoiceLines": Rules(
        sales_invoice_lines.create,
        sales_invoice_lines.update,
        sales_invoice_lines.delete,
    ),
    "salesinvoice/PrintedSalesInvoices": Rules(printed_sales_invoices.create),
    "system/Divisions": Rules(delete=divisions.delete),
    "system/Users": Rules(users.create, users.update),
    "financialtransaction/BankEntries": Rules(_BANK.create, delete=_BANK.delete),
    "financialtransaction/BankEntryLines": Rules(_BANK.add_line),
    "financialtransaction/CashEntries": Rules(_CASH.create, delete=_CASH.delete),
    "financialtransaction/CashEntryLines": Rules(_CASH.add_line),
    "cashflow/Receivables": Rules(update=receivables.update),
    "webhooks/WebhookSubscriptions": Rules(
        webhook_subscriptions.create,
        webhook_subscriptions.update,
        webhook_subscriptions.delete,
        webhook_subscriptions.prepare,
    ),
    **{entry.path: Rules(entry.create, entry.update, entry.delete) for entry in (*LISTS, ITEMS)},
}

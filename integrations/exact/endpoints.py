"""Every path of Exact Online that the connector calls, once.

The list of all resources: https://start.exactonline.nl/docs/HlpRestAPIResources.aspx
"""

from __future__ import annotations

AUTHORIZE = "/api/oauth2/auth"
TOKEN = "/api/oauth2/token"  # noqa: S105  # an address, not a secret

ME = "/api/v1/current/Me"

_DIVISION = "/api/v1/{division}"
HRM_DIVISIONS = f"{_DIVISION}/hrm/Divisions"
SYSTEM_DIVISIONS = f"{_DIVISION}/system/Divisions"
JOURNALS = f"{_DIVISION}/financial/Journals"
GL_ACCOUNTS = f"{_DIVISION}/financial/GLAccounts"
VAT_CODES = f"{_DIVISION}/vat/VATCodes"
PAYMENT_CONDITIONS = f"{_DIVISION}/cashflow/PaymentConditions"
COST_CENTERS = f"{_DIVISION}/hrm/Costcenters"
COST_UNITS = f"{_DIVISION}/hrm/Costunits"
ITEMS = f"{_DIVISION}/logistics/Items"
ACCOUNTS = f"{_DIVISION}/crm/Accounts"
ACCOUNTS_SYNC = f"{_DIVISION}/sync/CRM/Accounts"
CONTACTS = f"{_DIVISION}/crm/Contacts"
SALES_ENTRIES = f"{_DIVISION}/salesentry/SalesEntries"
SALES_ENTRY_LINES = f"{_DIVISION}/salesentry/SalesEntryLines"
SALES_INVOICES = f"{_DIVISION}/salesinvoice/SalesInvoices"
SALES_INVOICE_LINES = f"{_DIVISION}/salesinvoice/SalesInvoiceLines"
PRINTED_SALES_INVOICES = f"{_DIVISION}/salesinvoice/PrintedSalesInvoices"
DOCUMENTS = f"{_DIVISION}/documents/Documents"
DOCUMENT_ATTACHMENTS = f"{_DIVISION}/documents/DocumentAttachments"
PAYMENT_TERMS_SYNC = f"{_DIVISION}/sync/Cashflow/PaymentTerms"
RECEIVABLES_BULK = f"{_DIVISION}/bulk/Cashflow/Receivables"
TRANSACTION_LINES = f"{_DIVISION}/financialtransaction/TransactionLines"
SYNC_TIMESTAMP = f"{_DIVISION}/read/sync/Sync/SyncTimestamp"
DELETED_SYNC = f"{_DIVISION}/sync/Deleted"
WEBHOOK_SUBSCRIPTIONS = f"{_DIVISION}/webhooks/WebhookSubscriptions"

"""Every path of Exact Online that the connector calls, once.

The list of all resources: https://start.exactonline.nl/docs/HlpRestAPIResources.aspx
"""

from __future__ import annotations

AUTHORIZE = "/api/oauth2/auth"
TOKEN = "/api/oauth2/token"  # noqa: S105  # an address, not a secret

ME = "/api/v1/current/Me"

_DIVISION = "/api/v1/{division}"
SYSTEM_DIVISIONS = f"{_DIVISION}/system/Divisions"
HRM_DIVISIONS = f"{_DIVISION}/hrm/Divisions"
JOURNALS = f"{_DIVISION}/financial/Journals"
GL_ACCOUNTS = f"{_DIVISION}/financial/GLAccounts"
VAT_CODES = f"{_DIVISION}/vat/VATCodes"
PAYMENT_CONDITIONS = f"{_DIVISION}/cashflow/PaymentConditions"
ACCOUNTS = f"{_DIVISION}/crm/Accounts"
ACCOUNTS_SYNC = f"{_DIVISION}/sync/CRM/Accounts"
SALES_ENTRIES = f"{_DIVISION}/salesentry/SalesEntries"
SALES_ENTRY_LINES = f"{_DIVISION}/salesentry/SalesEntryLines"
RECEIVABLES = f"{_DIVISION}/cashflow/Receivables"
PAYMENT_TERMS_SYNC = f"{_DIVISION}/sync/Cashflow/PaymentTerms"
DELETED_SYNC = f"{_DIVISION}/sync/Deleted"

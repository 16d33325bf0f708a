"""The columns of an invoice file: one row per line, the invoice's own columns repeated on each."""

from __future__ import annotations

REQUIRED = (
    "invoice_number",
    "invoice_date",
    "currency",
    "customer_name",
    "line_no",
    "description",
    "line_net",
)
ONE_OF = ("tax_rate_pct", "tax_code")

# Column of the file → field of SourceInvoice.
INVOICE = {
    "invoice_number": "number",
    "invoice_type": "kind",
    "invoice_date": "invoice_date",
    "due_date": "due_date",
    "delivery_date": "delivery_date",
    "currency": "currency",
    "reference": "reference",
    "original_invoice_number": "original_number",
    "invoice_net": "net_amount",
    "invoice_vat": "vat_amount",
    "invoice_gross": "gross_amount",
}
CLIENT = {
    "customer_name": "name",
    "customer_vat": "vat_number",
    "customer_coc": "coc_number",
    "customer_code": "code",
    "customer_email": "email",
    "address": "address_line1",
    "postcode": "postcode",
    "city": "city",
    "country": "country",
}
CONTACT = {
    "contact_first_name": "first_name",
    "contact_last_name": "last_name",
    "contact_email": "email",
    "contact_phone": "phone",
}
LINE = {
    "description": "description",
    "quantity": "quantity",
    "unit_price": "unit_price",
    "discount_pct": "discount_percentage",
    "line_net": "net_amount",
    "period_from": "period_from",
    "period_to": "period_to",
    "cost_center": "cost_center",
    "cost_unit": "cost_unit",
    "item_code": "item_code",
    "vat_code": "vat_code",
}
LINE_ONLY = {*LINE, "line_no", "tax_rate_pct", "tax_code", "service_type"}
DATES = {"invoice_date", "due_date", "delivery_date", "period_from", "period_to"}
NUMBERS = {
    "quantity",
    "unit_price",
    "discount_pct",
    "line_net",
    "tax_rate_pct",
    "invoice_net",
    "invoice_vat",
    "invoice_gross",
}
ALL = (
    "invoice_number",
    "invoice_type",
    "invoice_date",
    "due_date",
    "delivery_date",
    "currency",
    "customer_name",
    "customer_vat",
    "customer_coc",
    "customer_code",
    "customer_email",
    "address",
    "postcode",
    "city",
    "country",
    "contact_first_name",
    "contact_last_name",
    "contact_email",
    "contact_phone",
    "reference",
    "original_invoice_number",
    "line_no",
    "description",
    "quantity",
    "unit_price",
    "discount_pct",
    "line_net",
    "tax_rate_pct",
    "tax_code",
    "service_type",
    "period_from",
    "period_to",
    "cost_center",
    "cost_unit",
    "item_code",
    "vat_code",
    "invoice_net",
    "invoice_vat",
    "invoice_gross",
)

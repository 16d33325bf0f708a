"""Addresses of copying an invoice to Exact."""

from __future__ import annotations

from django.urls import path

from invoices import copy_views, panel_views

_INVOICE = "invoices/<int:invoice_id>/"
_REQUEST = "copy-requests/<int:copy_request_id>/"

urlpatterns = [
    path(f"{_INVOICE}copy/", copy_views.copy, name="invoice_copy"),
    path(f"{_INVOICE}copy/new/", copy_views.create_new, name="invoice_copy_new"),
    path(f"{_INVOICE}copy/update/", copy_views.update_existing, name="invoice_copy_update"),
    path(f"{_INVOICE}copy/customers/", copy_views.customers, name="invoice_copy_customers"),
    path(f"{_INVOICE}copy/items/", copy_views.items, name="invoice_copy_items"),
    path(f"{_INVOICE}copy-panel/", panel_views.copy_panel, name="invoice_copy_panel"),
    path(f"{_INVOICE}send/", panel_views.send, name="invoice_send"),
    path(f"{_REQUEST}cancel/", panel_views.cancel, name="copy_request_cancel"),
    path(f"{_REQUEST}retry/", panel_views.retry, name="copy_request_retry"),
]

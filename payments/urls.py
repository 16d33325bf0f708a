"""Addresses of the payments pages."""

from __future__ import annotations

from django.urls import path

from payments import views

urlpatterns = [
    path("payments/", views.payment_list, name="payment_list"),
    path("payments/sync/<int:connection_id>/", views.sync_now, name="payments_sync_now"),
    path("payments/invoices/<int:invoice_id>/", views.invoice_payments, name="invoice_payments"),
]

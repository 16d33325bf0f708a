"""Addresses of what Exact has of an invoice."""

from __future__ import annotations

from django.urls import path

from invoices.booked import views

urlpatterns = [
    path(
        "invoices/<int:invoice_id>/read-back/",
        views.read_back_now,
        name="invoice_read_back",
    ),
]

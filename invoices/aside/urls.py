"""Addresses of setting invoices aside."""

from __future__ import annotations

from django.urls import path

from invoices.aside import views

_INVOICE = "invoices/<int:invoice_id>/"

urlpatterns = [
    path(f"{_INVOICE}set-aside/", views.set_aside, name="invoice_set_aside"),
    path(f"{_INVOICE}set-aside/undo/", views.take_back, name="invoice_set_aside_undo"),
    path("invoices/bulk/<int:bulk_id>/set-aside/", views.set_aside_many, name="bulk_set_aside"),
]

"""Addresses of what a copied invoice offers."""

from __future__ import annotations

from django.urls import path

from invoices.copied import views

urlpatterns = [path("invoices/<int:invoice_id>/copied/", views.card, name="invoice_copied")]

"""Addresses of copying many invoices."""

from __future__ import annotations

from django.urls import path

from invoices.bulk import views

_BULK = "invoices/bulk/<int:bulk_id>/"

urlpatterns = [
    path("invoices/bulk/", views.bulk_list, name="bulk_list"),
    path("invoices/bulk/selection/", views.bulk_selection, name="bulk_selection"),
    path(_BULK, views.bulk_copy, name="bulk_copy"),
    path(f"{_BULK}preflight/", views.bulk_preflight, name="bulk_preflight"),
    path(f"{_BULK}progress/", views.bulk_progress, name="bulk_progress"),
    path(f"{_BULK}start/", views.bulk_start, name="bulk_start"),
    path(f"{_BULK}stop/", views.bulk_stop, name="bulk_stop"),
    path(f"{_BULK}retry/", views.bulk_retry, name="bulk_retry"),
    path(f"{_BULK}result.csv", views.bulk_csv, name="bulk_csv"),
]

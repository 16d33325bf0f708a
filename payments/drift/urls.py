"""Addresses of the drift report."""

from __future__ import annotations

from django.urls import path

from payments.drift import accept_views, views

urlpatterns = [
    path("drift/", views.drift, name="drift"),
    path("drift/report.csv", views.drift_csv, name="drift_csv"),
    path("drift/<int:connection_id>/compare/", views.compare_all, name="drift_compare"),
    path(
        "drift/<int:connection_id>/invoices/<int:invoice_id>/accept/",
        accept_views.accept_invoice,
        name="drift_accept_invoice",
    ),
    path(
        "drift/<int:connection_id>/entries/<uuid:entry_id>/accept/",
        accept_views.accept_entry,
        name="drift_accept_entry",
    ),
    path("drift/accepted/<int:accepted_id>/undo/", accept_views.take_back, name="drift_take_back"),
]

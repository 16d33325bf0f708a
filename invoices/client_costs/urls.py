"""The address of the clients' cost centers and units."""

from __future__ import annotations

from django.urls import path

from invoices.client_costs import views

urlpatterns = [
    path(
        "settings/marketplace/<int:connection_id>/client-costs/",
        views.client_costs,
        name="connection_client_costs",
    )
]

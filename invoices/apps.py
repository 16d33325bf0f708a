"""The invoices application."""

from __future__ import annotations

from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    """Invoices of the organization and their copies in Exact."""

    name = "invoices"

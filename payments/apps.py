"""The payments application."""

from __future__ import annotations

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments registered in Exact, brought back to the invoices."""

    name = "payments"

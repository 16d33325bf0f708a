"""The payments application."""

from __future__ import annotations

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments registered in Exact, brought back to the invoices."""

    name = "payments"

    def ready(self) -> None:
        """This function will let the lanes ask when payments are due, and the metrics how old they are."""
        from connector import metrics  # noqa: PLC0415
        from integrations.lanes import register_work  # noqa: PLC0415  # models are loaded only now
        from payments import figures, sync  # noqa: PLC0415

        register_work(sync.work)
        metrics.register(figures.read)

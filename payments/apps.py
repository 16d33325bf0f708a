"""The payments application."""

from __future__ import annotations

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments registered in Exact, brought back to the invoices."""

    name = "payments"

    def ready(self) -> None:
        """This function will let the lanes ask when payments are due, webhooks bring that forward, metrics see it, and PSAs hear of it."""
        from connector import metrics  # noqa: PLC0415
        from connector.tenancy import mails  # noqa: PLC0415
        from integrations import health, hooks, status  # noqa: PLC0415  # models are loaded only now
        from integrations.lanes import register_work  # noqa: PLC0415
        from integrations.webhooks import nudges, topics  # noqa: PLC0415
        from payments import figures, recovery, status_lines, sync, webhooks  # noqa: PLC0415
        from payments.psa_reports import stopping, wiring  # noqa: PLC0415

        mails.register_kind(stopping.CALLBACK_STOPPED)
        register_work(sync.work)
        metrics.register(figures.read)
        status.more_lines.append(status_lines.describe)
        health.run_sources.append(status_lines.list_runs)
        hooks.on_restore.append(recovery.start_over)
        nudges.readings[topics.PAYMENTS.name] = webhooks.bring_forward
        wiring.connect()

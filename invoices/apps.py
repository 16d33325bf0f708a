"""The invoices application."""

from __future__ import annotations

from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    """Invoices of the organization and their copies in Exact."""

    name = "invoices"

    def ready(self) -> None:
        """This function will register the copies' work with the lanes and answer what connections ask about invoices."""
        from connector import metrics  # noqa: PLC0415
        from connector.tenancy import activity, mails  # noqa: PLC0415
        from integrations import health, hooks, lanes, status  # noqa: PLC0415  # models are loaded only now
        from invoices import (  # noqa: PLC0415
            break_digest,
            connection_copies,
            figures,
            open_invoices,
            recovery,
            status_lines,
        )
        from invoices.activity import list_invoice_events  # noqa: PLC0415
        from invoices.bulk import ended  # noqa: PLC0415
        from invoices.connection_health import runs  # noqa: PLC0415
        from invoices.posting import CopyWork  # noqa: PLC0415
        from invoices.reconciling import CheckWork  # noqa: PLC0415

        lanes.register_work(CopyWork())
        lanes.register_work(recovery.RecoveryWork())
        lanes.register_work(CheckWork())
        hooks.division_lock_checks.append(connection_copies.has_documents)
        hooks.on_disconnect.append(connection_copies.cancel_for_connection)
        hooks.waiting_work.append(connection_copies.count_waiting)
        hooks.open_invoices.append(open_invoices.read)
        hooks.on_restore.append(recovery.begin)
        hooks.recovery_waits.append(recovery.waits_for)
        activity.register_source(list_invoice_events)
        metrics.register(figures.read)
        mails.register_kind(ended.BULK_ENDED)
        mails.register_kind(break_digest.BREAKS_FOUND)
        status.more_lines.append(status_lines.describe)
        health.run_sources.append(runs.list_runs)

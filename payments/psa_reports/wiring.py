"""Ties the callbacks to the layers below: to the writer of payment statuses, to a restore and to the metrics."""

from __future__ import annotations

from connector import metrics
from integrations import hooks
from invoices import payment_status
from payments.psa_reports import figures, recovery, reporting


def connect() -> None:
    """This function will do it once, when the program starts."""
    payment_status.on_settled.append(reporting.keep_up)
    hooks.on_restore.append(recovery.tell_all)
    metrics.register(figures.read)

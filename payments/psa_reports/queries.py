"""What the page about callbacks reads."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, QuerySet

from payments.psa_reports.models import PsaPaymentReport, ReportState


def find_reports(state: str = "") -> QuerySet[PsaPaymentReport]:
    """This function will return what is, was or will be told, the newest change first; of one state when one is given."""
    rows = PsaPaymentReport.objects.select_related("invoice")
    if state:
        rows = rows.filter(state=state)
    return rows.order_by("-changed_at", "-id")


def count_by_state() -> dict[str, int]:
    """This function will count the reports of each state."""
    rows = PsaPaymentReport.objects.order_by().values_list("state").annotate(Count("id"))
    return dict.fromkeys(ReportState.values, 0) | dict(rows)


def changed_since(moment: datetime) -> QuerySet[PsaPaymentReport]:
    """This function will return the reports of changes at or after a moment (UTC)."""
    return PsaPaymentReport.objects.filter(changed_at__gte=moment)

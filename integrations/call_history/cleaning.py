"""Deletes history that is older than the organization keeps it, in small batches, so that no lock is held for long."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from connector.tenancy import organizations
from connector.tenancy.models import Organization
from connector.tenancy.scope import tenant_transaction
from integrations.models import ExactCallBody, WorkRun

# Bodies, and runs that changed nothing, are kept this long whatever the organization chose.
SHORT = timedelta(days=30)
_BATCH = 200
# A day adds some two thousand runs to an organization at most; what is left waits for the next day.
_MOST_BATCHES = 100
_DAYS_A_MONTH = 30.44


def clean(*, now: datetime) -> None:
    """This function will delete what is too old, for every organization. Call it outside any transaction."""
    for organization_id in organizations.list_ids():
        for _ in range(_MOST_BATCHES):
            if not _clean_batch(organization_id, now=now):
                break


def _clean_batch(organization_id: int, *, now: datetime) -> bool:
    """Delete one batch of each; False when nothing is left to delete."""
    with tenant_transaction(organization_id):
        months = Organization.objects.values_list("history_months", flat=True).get(
            pk=organization_id
        )
        is_quiet = Q(created_count=0, updated_count=0, skipped_count=0, failed_count=0)
        old = Q(started_at__lt=now - timedelta(days=months * _DAYS_A_MONTH))
        runs = WorkRun.objects.filter(old | (is_quiet & Q(started_at__lt=now - SHORT)))
        run_ids = list(runs.order_by("started_at", "id").values_list("pk", flat=True)[:_BATCH])
        WorkRun.objects.filter(pk__in=run_ids).delete()
        bodies = ExactCallBody.objects.filter(at__lt=now - SHORT)
        body_ids = list(bodies.order_by("at", "id").values_list("pk", flat=True)[:_BATCH])
        ExactCallBody.objects.filter(pk__in=body_ids).delete()
    return _BATCH in (len(run_ids), len(body_ids))

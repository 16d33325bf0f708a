"""A webhook of Exact brings the next reading of payments forward."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Least

from integrations.models import ExactConnection
from invoices.models import PostedDocument
from payments.models import SyncCursor


def bring_forward(
    connection: ExactConnection, *, created: Sequence[UUID] | None, now: datetime
) -> bool:
    """This function will make the next run due now; False when all that happened are entries that we booked.

    A reading that Exact refuses keeps its own pace: each refusal counts against us.
    """
    if created is not None and _are_ours(connection, set(created)):
        return False
    cursor = SyncCursor.objects.filter(connection=connection)
    # A reading that is under way may be past what happened, so its end must not forget this.
    cursor.update(nudged_at=now)
    cursor.filter(refused_at=None).update(next_at=Least(F("next_at"), now))
    return True


def _are_ours(connection: ExactConnection, entries: set[UUID]) -> bool:
    ours = PostedDocument.objects.filter(connection=connection, entry_exact_id__in=entries)
    return ours.values("entry_exact_id").distinct().count() == len(entries)

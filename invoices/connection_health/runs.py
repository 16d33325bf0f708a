"""When what is in Exact is compared with our documents: the nightly pass and the weekly one over everything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from integrations.health import Run
from integrations.models import ExactConnection
from invoices.models import ReconciliationCursor


def list_runs(connection: ExactConnection, now: datetime) -> Sequence[Run]:
    """This function will tell when the connection's documents were compared with Exact, and are next."""
    del now
    cursors = list(ReconciliationCursor.objects.filter(connection=connection).order_by("next_at"))
    ended = [cursor.read_from for cursor in cursors if cursor.full_at is not None]
    under_way = any(cursor.began_at is not None for cursor in cursors)
    return [
        Run(
            _("Comparing documents with Exact"),
            max(ended, default=None),
            cursors[0].next_at if cursors and connection.is_working else None,
            _("under way") if under_way else "",
        )
    ]

"""Tries again what a bulk copy could not copy: what is mended by now, and no more (B-10). A few statements, whatever the number.

What is still lacking is written down with each copy, so that the run's page names the causes of today.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _, ngettext

from connector.tenancy.models import User
from integrations import queries
from invoices.bulk.before import judge_again
from invoices.causes.finding import stored_causes
from invoices.causes.grouping import Stopped, group
from invoices.connection_health import retrying
from invoices.copy_refusals import CopyRefused
from invoices.locking import lock_invoices
from invoices.models import BulkCopy, CopyRequest, CopyState
from invoices.preflight.verdicts import Verdict

_REASONS_SHOWN = 3


@dataclass
class Again:
    """How many are tried again, how many still need somebody, and how many of these for which reason."""

    count: int = 0
    stay: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def why(self) -> str:
        """The most frequent reasons, each with its number; an invoice may have several."""
        shown = self.reasons.most_common(_REASONS_SHOWN)
        parts = [_("%(reason)s (%(n)s)") % {"reason": reason, "n": n} for reason, n in shown]
        if more := len(self.reasons) - len(shown):
            parts.append(
                ngettext("and %(n)s more reason", "and %(n)s more reasons", more) % {"n": more}
            )
        return ", ".join(parts)


def retry(bulk: BulkCopy, *, user: User, now: datetime) -> Again:
    """This function will ask again for what was refused and now lacks nothing, as far as the connections work."""
    judged = judge_again(bulk)
    # All at once and in one order, as whoever copies one of them does.
    lock_invoices(verdict.invoice_id for _row, verdict in judged)
    lacking = [(request, verdict) for request, verdict in judged if verdict.causes]
    again = Again(stay=len(lacking))
    stopped = (Stopped(one.invoice_id, one.connection_id, one.causes) for _row, one in lacking)
    for one in group(stopped):
        again.reasons[one.sentence] += one.count
    ready: dict[int, list[int]] = {}
    for request, verdict in judged:
        if not verdict.causes:
            ready.setdefault(request.connection_id, []).append(request.pk)
    for connection in queries.list_connections().filter(pk__in=ready):
        ids = ready[connection.pk]
        try:
            tried = retrying.retry_all(request_ids=ids, connection=connection, user=user, now=now)
        except CopyRefused as refusal:
            again.stay += len(ids)
            again.reasons[refusal.sentence] += len(ids)
            continue
        again.count += tried.count
        again.stay += tried.refused.total()
        again.reasons += tried.refused
    _note(lacking)
    if again.count:
        BulkCopy.objects.filter(pk=bulk.pk).update(ended_at=None)
    return again


def _note(lacking: Sequence[tuple[CopyRequest, Verdict]]) -> None:
    """Keep what is lacking now with those copies that were held for something else."""
    other = {
        request.pk: verdict
        for request, verdict in lacking
        if stored_causes(request) != verdict.causes
    }
    if not other:
        return
    rows = CopyRequest.objects.select_for_update(no_key=True).filter(
        pk__in=other, state=CopyState.NEEDS_CHOICE
    )
    changed = []
    for row in rows.order_by("pk"):
        if problem := other[row.pk].problem:
            for name, value in problem.columns().items():
                setattr(row, name, value)
            changed.append(row)
    names = ["problem_code", "problem_sentence", "problem_remedy", "problem_raw", "problem_causes"]
    CopyRequest.objects.bulk_update(changed, names, batch_size=500)

"""Tries again what a bulk copy could not copy: what is mended by now, and no more (B-10).

Of each connection that is `retrying.retry_all`; here they are put together for the person who asked.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _, ngettext

from connector.tenancy.models import User
from integrations import queries
from invoices.bulk.reading import newest_requests
from invoices.connection_health import retrying
from invoices.connection_health.retrying import Retried
from invoices.copy_refusals import CopyRefused
from invoices.models import BulkCopy, CopyState

_REASONS_SHOWN = 3


def retry(bulk: BulkCopy, *, user: User, now: datetime) -> Retried:
    """This function will ask again for what was refused and now lacks nothing, as far as the connections work."""
    refused = newest_requests(bulk).filter(state=CopyState.NEEDS_CHOICE)
    ids: dict[int, list[int]] = {}
    for pk, connection_id in refused.values_list("pk", F("connection_id")):
        ids.setdefault(connection_id, []).append(pk)
    found = Retried()
    for connection in queries.list_connections().filter(pk__in=ids):
        wanted = ids[connection.pk]
        try:
            retried = retrying.retry_all(
                request_ids=wanted, connection=connection, user=user, now=now
            )
        except CopyRefused as refusal:
            found.refuse(refusal.sentence, len(wanted))
            continue
        found.count += retried.count
        found.stay += retried.stay
        found.refused += retried.refused
    if found.count:
        BulkCopy.objects.filter(pk=bulk.pk).update(ended_at=None)
    return found


def why(retried: Retried) -> str:
    """This function will name the most frequent reasons, each with its number; an invoice may have several."""
    shown = retried.refused.most_common(_REASONS_SHOWN)
    parts = [_("%(reason)s (%(n)s)") % {"reason": reason, "n": n} for reason, n in shown]
    if more := len(retried.refused) - len(shown):
        parts.append(
            ngettext("and %(n)s more reason", "and %(n)s more reasons", more) % {"n": more}
        )
    return ", ".join(parts)

"""The end of a bulk copy: noted once nothing of it is under way, and mailed to who started it, if they chose so.

How each invoice goes stands at its copy request, so nobody is there when the last one ends; this looks now and then.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy

from connector.tenancy import mails, totals
from integrations.figures import list_organization_ids
from invoices.bulk.reading import Outcome, item_rows, read_progress
from invoices.models import BulkCopy

BULK_ENDED = mails.MailKind(
    "bulk_ended",
    gettext_lazy("A bulk copy that you started has ended"),
    gettext_lazy("With how many were copied, and how many need you. Sent to nobody else."),
    to_concerned=True,
    to_admins=False,
    by_default=False,
)
_RUNNING = (
    "EXISTS (SELECT FROM invoices_bulkcopy WHERE started_at IS NOT NULL AND ended_at IS NULL)"
)


def tell(*, now: datetime) -> int:
    """This function will note which bulk copies have ended, mail whom it concerns, and return how many ended.

    Call it outside any transaction. Only organizations in which one runs are opened.
    """
    return totals.work_where(list_organization_ids(), _RUNNING, partial(_end_all, now))


def _end_all(now: datetime) -> int:
    running = BulkCopy.objects.filter(started_at__isnull=False, ended_at=None)
    locked = running.select_for_update(of=("self",), skip_locked=True, no_key=True)
    return sum(_end(bulk, now) for bulk in locked.select_related("created_by").order_by("pk"))


def _end(bulk: BulkCopy, now: datetime) -> bool:
    if item_rows(bulk).filter(outcome=Outcome.UNDER_WAY).exists():
        return False
    BulkCopy.objects.filter(pk=bulk.pk).update(ended_at=now)
    mails.send_after_commit(
        BULK_ENDED.name,
        template="invoices/emails/bulk_ended.txt",
        write=partial(_write, bulk),
        concerned=bulk.created_by,
    )
    return True


def _write(bulk: BulkCopy) -> mails.Letter:
    progress = read_progress(bulk)
    return mails.Letter(
        _("Bulk copy to Exact: %(result)s") % {"result": progress.words},
        {
            "progress": progress,
            "address": f"{settings.PUBLIC_URL}{reverse('bulk_copy', args=[bulk.pk])}",
        },
    )

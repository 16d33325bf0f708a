"""What was found to be otherwise in Exact, told by one mail a day: each break once, in the morning after it was found.

Documents are compared at night, so that a morning's mail holds what that night found.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from connector.tenancy import mails, totals
from integrations.figures import list_organization_ids
from invoices.models import ReconciliationBreak

BREAKS_FOUND = mails.MailKind(
    "breaks_found",
    gettext_lazy("Exact has something otherwise than it was copied"),
    gettext_lazy("One mail in the morning after it was found, not one per invoice."),
)
MORNING = time(6)
_SHOWN = 20
_UNTOLD = """EXISTS (
    SELECT FROM invoices_reconciliationbreak WHERE closed_at IS NULL AND told_at IS NULL
)"""


def tell(*, now: datetime) -> int:
    """This function will mail the breaks that were found before this morning and are open, and return how many.

    Call it outside any transaction. Only organizations that have such breaks are opened.
    """
    return totals.work_where(list_organization_ids(), _UNTOLD, partial(_tell_in_organization, now))


def last_morning(now: datetime) -> datetime:
    """This function will return when the last morning began, where the installation is (UTC in, aware out)."""
    local = timezone.localtime(now)
    this = local.replace(hour=MORNING.hour, minute=0, second=0, microsecond=0)
    return this if this <= local else this - timedelta(days=1)


def _tell_in_organization(now: datetime) -> int:
    untold = ReconciliationBreak.objects.filter(
        closed_at=None, told_at=None, first_seen_at__lt=last_morning(now)
    )
    ids = list(
        untold.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)
    )
    if not ids:
        return 0
    ReconciliationBreak.objects.filter(pk__in=ids).update(told_at=now)
    mails.send_after_commit(
        BREAKS_FOUND.name,
        template="invoices/emails/breaks_found.txt",
        write=partial(_write, ids),
    )
    return len(ids)


def _write(ids: list[int]) -> mails.Letter:
    shown = ReconciliationBreak.objects.filter(pk__in=ids).select_related("invoice", "connection")
    subject = ngettext(
        "Exact has %(n)s invoice otherwise than it was copied",
        "Exact has %(n)s invoices otherwise than they were copied",
        len(ids),
    )
    return mails.Letter(
        subject % {"n": len(ids)},
        {
            "breaks": shown.order_by("pk")[:_SHOWN],
            "more": max(0, len(ids) - _SHOWN),
            "address": f"{settings.PUBLIC_URL}{reverse('invoice_list')}?look=on",
        },
    )

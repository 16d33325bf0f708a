"""Our own number as Exact's entry number (D-5): Exact then refuses a second document by itself, which is a guard."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from connector.sentences import sentence
from invoices import copy_states
from invoices.models import CopyRequest, PostedDocument
from invoices.models.copying import ACTIVE_COPY_STATES

_AGAIN = timedelta(minutes=1)


def settle_delay(request: CopyRequest, journal_code: str, entry_number: int | None) -> timedelta:
    """This function will return how long Exact may take to commit: short where it refuses our number a second time."""
    guarded = entry_number is not None and _are_kept(request, journal_code)
    return timedelta(
        seconds=settings.COPY_SETTLE_SECONDS_GUARDED if guarded else settings.COPY_SETTLE_SECONDS
    )


def _are_kept(request: CopyRequest, journal_code: str) -> bool:
    """Whether the journal was seen to keep a number of ours; its settings in Exact may make it give its own."""
    seen = (
        PostedDocument.objects.filter(connection=request.connection, journal_code=journal_code)
        .exclude(copy_request__entry_number=None)
        .order_by("-id")
        .values_list("entry_number", "copy_request__entry_number")
        .first()
    )
    return seen is not None and seen[0] == seen[1]


def is_on_its_way(
    request: CopyRequest, journal_code: str, entry_number: int | None, *, now: datetime
) -> bool:
    """This function will put a request off whose number goes to Exact with another invoice at this moment.

    Of two sends with one number a lost answer could not be told apart; once the other has ended, Exact decides.
    """
    if entry_number is None:
        return False
    other = (
        CopyRequest.objects.filter(
            connection=request.connection,
            journal_code=journal_code,
            entry_number=entry_number,
            state__in=ACTIVE_COPY_STATES,
        )
        .exclude(pk=request.pk)
        .first()
    )
    if other is None:
        return False
    progress = sentence(
        "Another invoice with number %(number)s is being copied first", number=entry_number
    )
    copy_states.wait(request, at=now + _AGAIN, progress=progress)
    return True

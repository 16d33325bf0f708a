"""When a document is compared with Exact again: soon after it was made, or at night with all others."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from integrations.models import ExactConnection
from invoices.models import CopyRequest, PostedDocument, ReconciliationCursor

# Exact's clock is not ours.
CLOCK_MARGIN = timedelta(hours=1)
_NIGHT_BEGINS = time(1, 30)
_NIGHT_MINUTES = 210


def is_soon(request: CopyRequest) -> bool:
    """This function will tell whether the document that is being adopted is read back soon; else it is at night.

    Soon are the first documents of a connection, and those with a foreign currency or more than one VAT code.
    """
    draft = (request.payload or {}).get("draft", {})
    own_currency = request.connection.division_currency or "EUR"
    if draft.get("currency") not in {None, own_currency}:
        return True
    if len({line.get("vat_code") for line in draft.get("lines", ())}) > 1:
        return True
    first = settings.COPY_FIRST_READ_BACKS
    documents = PostedDocument.objects.filter(connection=request.connection).order_by()
    return len(documents.values_list("pk")[:first]) < first


def expect(request: CopyRequest, *, now: datetime) -> None:
    """This function will have a route's documents compared each night, from the first that is adopted on."""
    ReconciliationCursor.objects.get_or_create(
        connection=request.connection,
        route=request.route,
        defaults={
            "organization_id": request.organization_id,
            "read_from": now - CLOCK_MARGIN,
            "next_at": next_night(request.connection, now=now),
        },
    )


def next_night(connection: ExactConnection, *, now: datetime) -> datetime:
    """This function will return the connection's own moment of the coming night, so that not all come at once."""
    local = timezone.localtime(now)
    begins = datetime.combine(local.date(), _NIGHT_BEGINS, tzinfo=local.tzinfo)
    moment = begins + timedelta(minutes=connection.pk * 37 % _NIGHT_MINUTES)
    return moment if moment > now else moment + timedelta(days=1)

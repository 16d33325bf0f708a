"""What every page of the setup window shows besides its own: where setup stands, and how fresh its lists are."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from integrations import lanes, readiness, reference_lists, status
from integrations.models import ConnectionState, ExactConnection, Item, ListKind, Route
from integrations.views import shared

STEPS = ("settings", "mapping", "check")
_SLOW = timedelta(seconds=60)
_PLACED = {Route.BOOKING: ListKind.LEDGER_ACCOUNTS, Route.EXACT_INVOICE: ListKind.ITEMS}


def _needed(connection: ExactConnection, step: str) -> list[ListKind]:
    if step == "settings":
        return [ListKind.JOURNALS]
    if step == "mapping":
        placed = _PLACED[Route(connection.route)]
        return [placed, ListKind.VAT_CODES, ListKind.PAYMENT_CONDITIONS]
    return readiness.lists_for(connection)


def build(connection: ExactConnection, step: str) -> dict[str, object]:
    """This function will return what the setup window's templates need for the step."""
    now = timezone.now()
    needed = _needed(connection, step)
    reading = reference_lists.reading(connection, needed, now=now)
    login_needed = shared.needs_login(connection)
    can_read = connection.division is not None and not login_needed
    is_fetching = reading.missing and can_read
    return {
        "connection": connection,
        "login_needed": login_needed,
        "step": step,
        "is_editing": connection.state != ConnectionState.SETUP_INCOMPLETE,
        "is_fetching": is_fetching,
        "is_reading": bool(reading.waiting) and can_read,
        "lists_total": reading.total,
        "lists_read": reading.total - reading.waiting,
        "items_so_far": _count_items(connection) if is_fetching and ListKind.ITEMS in needed else 0,
        "is_slow": reading.asked_at is not None and now - reading.asked_at > _SLOW,
        "list_problems": reading.problems,
        "refreshed_at": reading.read_at,
        "silence": status.stands_still() if is_fetching else "",
        "lane": lanes.lane_status(connection, purpose=lanes.Purpose.BACKGROUND),
    }


def _count_items(connection: ExactConnection) -> int:
    return Item.objects.filter(connection=connection, is_gone=False).count()

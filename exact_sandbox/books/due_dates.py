"""Computes due dates from payment conditions."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta

_LAST = datetime(9999, 12, 31)  # noqa: DTZ001 - stored dates carry no zone


def due_date(entry_date: datetime, *, days: int, end_of_months: int) -> datetime:
    """Return the date an invoice is due, at most the last one of the calendar.

    Month endings come first, then days: 17 January with 2 month endings gives 31 March, with 15
    days more 15 April.
    https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowPaymentConditions
    """
    start = entry_date
    if end_of_months:
        month_index = entry_date.year * 12 + entry_date.month - 1 + end_of_months
        year, month = divmod(month_index, 12)
        month += 1
        if year > _LAST.year:
            return _LAST
        start = entry_date.replace(year=year, month=month, day=monthrange(year, month)[1])
    return days_after(start, days)


def days_after(date: datetime, days: int) -> datetime:
    """Return the date so many days later, at most the last one of the calendar."""
    return date + timedelta(days=min(days, (_LAST - date).days))

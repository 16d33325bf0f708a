"""Computes due dates from payment conditions."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta


def due_date(entry_date: datetime, *, days: int, end_of_months: int) -> datetime:
    """Return the date an invoice is due.

    Month endings come first, then days: 17 January with 2 month endings gives 31 March, with 15
    days more 15 April.
    https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CashflowPaymentConditions
    """
    start = entry_date
    if end_of_months:
        month_index = entry_date.year * 12 + entry_date.month - 1 + end_of_months
        year, month = divmod(month_index, 12)
        month += 1
        start = entry_date.replace(year=year, month=month, day=monthrange(year, month)[1])
    return start + timedelta(days=days)

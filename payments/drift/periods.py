"""Which invoice dates the report is about: a month, a quarter, or any days; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

CUSTOM = "custom"
_MONTHS_OFFERED = 13
_QUARTERS_OFFERED = 5
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")


class BadPeriod(ValueError):
    """The days do not make a period; it reads well to a person."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last day; `key` is what an address calls it."""

    key: str
    first: date
    last: date

    @property
    def label(self) -> str:
        """What a person calls it."""
        if self.key == CUSTOM:
            first, last = (
                date_format(self.first, "DATE_FORMAT"),
                date_format(self.last, "DATE_FORMAT"),
            )
            return _("%(first)s to %(last)s") % {"first": first, "last": last}
        found = _QUARTER.fullmatch(self.key)
        if found:
            return _("Quarter %(number)s of %(year)s") % {"number": found[2], "year": found[1]}
        return date_format(self.first, "F Y")

    @property
    def parameters(self) -> dict[str, str]:
        """What an address needs to name it."""
        if self.key != CUSTOM:
            return {"period": self.key}
        return {"period": CUSTOM, "from": self.first.isoformat(), "to": self.last.isoformat()}


def month_of(day: date) -> Period:
    """This function will return the month of a day."""
    first = day.replace(day=1)
    return Period(f"{first:%Y-%m}", first, _next_month(first) - timedelta(days=1))


def quarter_of(day: date) -> Period:
    """This function will return the quarter of a day."""
    number = (day.month - 1) // 3 + 1
    first = date(day.year, 3 * number - 2, 1)
    after = _next_month(_next_month(_next_month(first)))
    return Period(f"{first.year}-Q{number}", first, after - timedelta(days=1))


def list_offered(today: date) -> list[Period]:
    """This function will return the months and quarters to choose from, the newest first."""
    return [*_backwards(month_of(today), _MONTHS_OFFERED), *_backwards_by_quarter(today)]


def read_period(asked: Mapping[str, str], *, today: date) -> Period:
    """This function will return the period that an address asks for; without one the last month that is over.

    Raises BadPeriod, in words.
    """
    key = asked.get("period", "")
    if not key:
        return month_of(today.replace(day=1) - timedelta(days=1))
    if key == CUSTOM:
        first, last = _day(asked.get("from", "")), _day(asked.get("to", ""))
        if first > last:
            raise BadPeriod(_("The first day comes after the last one. Swap them."))
        return Period(CUSTOM, first, last)
    try:
        if found := _MONTH.fullmatch(key):
            return month_of(date(int(found[1]), int(found[2]), 1))
        if found := _QUARTER.fullmatch(key):
            return quarter_of(date(int(found[1]), 3 * int(found[2]), 1))
    except (ValueError, OverflowError):
        pass
    raise BadPeriod(_("There is no such period. Choose one from the list."))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadPeriod(
            _("Give the first and the last day of the period, each as 2026-11-30.")
        ) from None


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _backwards(period: Period, count: int) -> Iterator[Period]:
    for _place in range(count):
        yield period
        period = month_of(period.first - timedelta(days=1))


def _backwards_by_quarter(today: date) -> Iterator[Period]:
    period = quarter_of(today)
    for _place in range(_QUARTERS_OFFERED):
        yield period
        period = quarter_of(period.first - timedelta(days=1))

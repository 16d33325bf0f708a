"""Stops calling an endpoint of Exact that keeps refusing, before Exact stops us. Pure.

Exact counts the answers 400, 401, 403 and 404 by app, user, division and endpoint, and blocks the endpoint for an hour
after more than ten within an hour:
https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Simulation-gen-apilimits
After five we stop. One call is tried after a quarter of an hour; as long as it is refused the next one waits twice as
long (RELIABILITY D5, D6). The other endpoints go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

from connector.sentences import sentence
from integrations.exact.errors import Outcome
from integrations.exact.limits import LimitKind

ERRORS_AN_HOUR = 5
FIRST_COOL_DOWN = timedelta(minutes=15)
LONGEST_COOL_DOWN = timedelta(hours=2)
_HOUR = timedelta(hours=1)
_COUNTED_STATUSES = frozenset({400, 401, 403, 404})

Verdict = Literal["good", "error", "no_answer"]


@dataclass(frozen=True, slots=True)
class Breaker:
    """One endpoint: its errors of the last hour, until when it is left alone, and how often that was for nothing."""

    errors: tuple[datetime, ...] = ()
    open_until: datetime | None = None
    failed_probes: int = 0

    def held_until(self, now: datetime) -> datetime | None:
        """This function will return until when the endpoint is not called; None: it may be."""
        if self.open_until is None or self.open_until <= now:
            return None
        # A time further away than any cool-down is a wrong clock.
        return min(self.open_until, now + LONGEST_COOL_DOWN)

    def after(self, verdict: Verdict, now: datetime) -> Breaker:
        """This function will return the breaker after one more answer of its endpoint."""
        recent = tuple(at for at in self.errors if now - _HOUR < at <= now)
        open_until = self.open_until
        if open_until is not None and not recent and open_until + _HOUR < now:
            open_until = None  # nobody called for long, and Exact has forgotten all of it
        if verdict == "no_answer":
            return Breaker(recent, open_until, self.failed_probes)
        if verdict == "good":
            # Exact still counts the errors of the hour, so the next one stops the endpoint again.
            return Breaker(recent)
        recent = (*recent, now)
        if open_until is None and len(recent) < ERRORS_AN_HOUR:
            return Breaker(recent)
        failed_probes = 0 if open_until is None else self.failed_probes + 1
        pause = min(LONGEST_COOL_DOWN, FIRST_COOL_DOWN * 2 ** min(failed_probes, 10))
        return Breaker(recent, now + pause, failed_probes)

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to remember."""
        return not self.errors and self.open_until is None


def verdict_on(status: int | None, outcome: Outcome, limit: LimitKind) -> Verdict:
    """This function will tell what an answer means for its endpoint's breaker.

    A 429 that names no limit may be Exact's block of the endpoint, and counts.
    """
    if status in _COUNTED_STATUSES or (status == 429 and limit == "unknown"):
        return "error"
    return "good" if outcome is Outcome.EXECUTED else "no_answer"


def key_of(user: str, path_template: str) -> str:
    """This function will return by what errors are counted inside a division: the Exact user and the path."""
    return f"{user} {path_template.split('(', maxsplit=1)[0]}"


def endpoint_of(key: str) -> str:
    """This function will return the path's last part of a breaker's key, "SalesEntries" for instance."""
    return key.rsplit("/", 1)[-1]


def from_stored(stored: Mapping[str, Any]) -> dict[str, Breaker]:
    """This function will read breakers as `to_stored` wrote them."""
    return {
        key: Breaker(
            tuple(datetime.fromisoformat(at) for at in one["errors"]),
            datetime.fromisoformat(one["open_until"]) if one["open_until"] else None,
            one["failed_probes"],
        )
        for key, one in stored.items()
    }


def to_stored(breakers: Mapping[str, Breaker]) -> dict[str, Any]:
    """This function will return the breakers as JSON; times are UTC."""
    return {
        key: {
            "errors": [at.astimezone(UTC).isoformat() for at in one.errors],
            "open_until": one.open_until.astimezone(UTC).isoformat() if one.open_until else None,
            "failed_probes": one.failed_probes,
        }
        for key, one in breakers.items()
        if not one.is_idle
    }


_NAMES = {
    "SalesEntries": _("sales entries"),
    "SalesInvoices": _("sales invoices"),
    "PrintedSalesInvoices": _("sending of invoices"),
    "Accounts": _("customers"),
    "Contacts": _("contacts"),
    "Documents": _("documents"),
    "DocumentAttachments": _("files"),
    "PaymentTerms": _("payments"),
}


def reason(endpoint: str) -> str:
    """This function will say to a person why this part of Exact is left alone."""
    name = _NAMES.get(endpoint, endpoint)
    return sentence(
        "Exact refused several calls for %(what)s within an hour; they wait, so that Exact does not block them for longer",
        what=name,
    )

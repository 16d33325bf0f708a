"""What the invoices of a list add up to: per currency, and within that by what is known of their payment."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Sum

from invoices import payment_standing
from invoices.payment_standing import OPEN_AMOUNT, in_books
from invoices.queries import InvoiceFilter, matching

_NOTHING = Decimal(0)
_ORDER = [standing for standing, _ in payment_standing.CHOICES]


@dataclass(frozen=True, slots=True)
class StandingTotal:
    """The invoices of one currency and payment standing; credit notes count as negative."""

    standing: str
    count: int
    gross_amount: Decimal
    open_amount: Decimal

    @property
    def label(self) -> str:
        """The standing in words."""
        return payment_standing.label_of(self.standing)

    @property
    def amount(self) -> Decimal:
        """What is worth knowing of it: what is open, and of what is settled its total."""
        return self.open_amount if payment_standing.is_open(self.standing) else self.gross_amount


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    """What the invoices of one currency add up to; credit notes count as negative."""

    currency: str
    standings: tuple[StandingTotal, ...]

    @property
    def count(self) -> int:
        """How many they are."""
        return sum(one.count for one in self.standings)

    @property
    def gross_amount(self) -> Decimal:
        """Their totals, added up."""
        return sum((one.gross_amount for one in self.standings), _NOTHING)

    @property
    def open_amount(self) -> Decimal:
        """What is still to be paid of them, as far as is known."""
        return sum((one.open_amount for one in self.standings), _NOTHING)


def list_totals(chosen: InvoiceFilter) -> list[CurrencyTotal]:
    """This function will return what the matching invoices add up to, with one query."""
    rows = (
        matching(chosen)
        .order_by()
        .values("currency", "payment_standing")
        .annotate(
            count=Count("id"),
            gross=Sum(in_books(F("gross_amount"))),
            open=Sum(in_books(OPEN_AMOUNT)),
        )
    )
    found: dict[str, list[StandingTotal]] = {}
    for row in rows:
        standing = row["payment_standing"]
        still_open = row["open"] if payment_standing.is_open(standing) else _NOTHING
        total = StandingTotal(standing, row["count"], row["gross"], still_open)
        found.setdefault(row["currency"], []).append(total)
    return [
        CurrencyTotal(currency, tuple(sorted(totals, key=lambda one: _ORDER.index(one.standing))))
        for currency, totals in sorted(found.items())
    ]

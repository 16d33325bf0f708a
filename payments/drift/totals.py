"""Both sides of a period added up per currency, with what lies between them, to the cent. Pure but for `group_*`.

From our side to Exact's there are steps: what Exact does not have goes off, what it has differently or twice or nobody here
knows comes on. `Total.rest` is what no step explains; it is nothing, or the report is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Sum, TextChoices, Value, When
from django.utils.translation import gettext_lazy as _

from payments.drift.kinds import FLAG, OF_INVOICES, Drift, Standing

_NOTHING = Decimal(0)


class Step(TextChoices):
    """What lies between the two sides."""

    NOT_COPIED = "not_copied", _("Missing in Exact")
    DELETED = "deleted", _("Deleted in Exact")
    ON_ITS_WAY = "on_its_way", _("On its way to Exact")
    SET_ASIDE = "set_aside", _("Set aside here")
    AMOUNT = "amount", _("Other amounts in Exact")
    TWICE = "twice", _("Earlier copies that still stand")
    ONLY_IN_EXACT = "only_in_exact", _("Missing here")


@dataclass
class Total:
    """One currency. Amounts as the books have them: a credit note's are negative."""

    currency: str
    ours: Decimal = _NOTHING
    exact: Decimal = _NOTHING
    invoices: int = 0
    steps: dict[Step, Decimal] = field(default_factory=dict)
    counts: dict[Step, int] = field(default_factory=dict)

    @property
    def difference(self) -> Decimal:
        """What Exact has more than we do."""
        return self.exact - self.ours

    @property
    def rest(self) -> Decimal:
        """What no step explains."""
        return self.difference - sum(self.steps.values(), _NOTHING)

    @property
    def rows(self) -> list[tuple[str, int, Decimal]]:
        """The steps in words, with how many they are of."""
        return [
            (str(step.label), self.counts[step], self.steps[step])
            for step in Step
            if step in self.steps
        ]

    def go(self, step: Step, amount: Decimal, count: int) -> None:
        """This function will add a step."""
        self.steps[step] = self.steps.get(step, _NOTHING) + amount
        self.counts[step] = self.counts.get(step, 0) + count


Groups = Sequence[Mapping[str, Any]]


def add_up(
    groups: Iterable[Mapping[str, Any]], entries: Iterable[Mapping[str, Any]] = ()
) -> list[Total]:
    """This function will make the totals of groups of invoices and entries; the currency with most invoices first."""
    totals: dict[str, Total] = {}

    def of(currency: str) -> Total:
        return totals.setdefault(currency, Total(currency))

    for group in groups:
        ours, here, there = group["ours"], of(group["currency"]), of(group["exact_currency"])
        here.ours += ours
        here.invoices += group["count"]
        if group["place"]:
            here.go(Step(group["place"]), -ours, group["count"])
        elif here is there:
            there.exact += group["booked"]
            if group["booked"] != ours or group["differing"]:
                here.go(Step.AMOUNT, group["booked"] - ours, group["differing"])
        else:
            there.exact += group["booked"]
            here.go(Step.AMOUNT, -ours, group["count"])
            there.go(Step.AMOUNT, group["booked"], group["count"])
        if group["earlier_count"]:
            there.exact += group["earlier"]
            there.go(Step.TWICE, group["earlier"], group["earlier_count"])
    for entry in entries:
        there = of(entry["currency"])
        there.exact += entry["total"]
        there.go(Step.ONLY_IN_EXACT, entry["total"], entry["count"])
    return sorted(totals.values(), key=lambda total: (-total.invoices, total.currency))


def group_invoices(invoices: QuerySet[Any]) -> Groups:
    """This function will add up what `facts.compare` found, by everything that a count or a total asks, with one query.

    There are a few dozen groups at most, and each invoice is compared once.
    """
    places = {
        Step.NOT_COPIED: Q(is_not_copied=True),
        Step.DELETED: Q(is_deleted=True),
        Step.ON_ITS_WAY: Q(current=None, is_on_its_way=True),
        Step.SET_ASIDE: Q(current=None),
    }
    flags = [f"{FLAG}{drift.value}" for drift in OF_INVOICES]
    return list(
        invoices.order_by()
        .annotate(
            place=Case(
                *(When(condition, then=Value(place)) for place, condition in places.items()),
                default=Value(""),
                output_field=CharField(),
            )
        )
        .values("currency", "exact_currency", "place", "standing", "is_accepted", *flags)
        .annotate(
            ours=Sum("our_gross"),
            booked=Sum("current_gross"),
            earlier=Sum("earlier_gross", default=_NOTHING),
            count=Count("pk"),
            earlier_count=Count("earlier_gross"),
            differing=Count("pk", filter=~Q(current_gross=F("our_gross"))),
        )
    )


def group_entries(entries: QuerySet[Any]) -> Groups:
    """This function will add up what `entries.only_in_exact` found, by currency and whether it is accepted; one query."""
    rows = entries.order_by().values("currency", "is_accepted")
    return list(rows.annotate(total=Sum("gross"), count=Count("pk")))


def count(invoices: Groups, entries: Groups) -> dict[str, int]:
    """This function will count what of each kind nobody has accepted, and what is of each standing.

    `open` is all that somebody has to look at: an invoice that differs in three ways counts once.
    """
    counted = dict.fromkeys(
        ["open", *(str(one.value) for one in (*Drift, *Standing))],
        0,
    )
    for group in invoices:
        counted[group["standing"] or "open"] += group["count"]
        for drift in OF_INVOICES:
            if group[f"{FLAG}{drift.value}"] and not group["is_accepted"]:
                counted[drift.value] += group["count"]
    for entry in entries:
        if entry["is_accepted"]:
            counted[Standing.ACCEPTED.value] += entry["count"]
        else:
            counted["open"] += entry["count"]
            counted[Drift.ONLY_IN_EXACT.value] += entry["count"]
    return counted

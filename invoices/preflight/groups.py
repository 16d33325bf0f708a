"""Verdicts of many invoices put together for a person: how many are ready, and what stops the others, by cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _, ngettext

from connector.sentences import Money
from integrations.models import ExactConnection
from invoices.causes.grouping import Stopped, group
from invoices.mending import MendingPlace, with_places
from invoices.models import Invoice
from invoices.preflight.verdicts import Kind, Verdict

# What a page shows of each; how many there are besides, it says.
_CAUSES_SHOWN = 30
_INVOICES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Shared:
    """What several invoices have in common: a cause, or why they are left out. Some of them, and how many more."""

    sentence: str
    count: int
    place: MendingPlace | None
    advice: str
    invoices: Sequence[Invoice]

    @property
    def more(self) -> int:
        """How many invoices are not shown."""
        return self.count - len(self.invoices)


@dataclass(frozen=True, slots=True)
class Group:
    """One of the groups: how many invoices, what they come to, and by what they are stopped, the most frequent first.

    `totals` is one for each currency, including VAT; credit notes count as negative. `invoices` are some of a group that nothing
    stops, which has no causes to show them under.
    """

    count: int = 0
    totals: Sequence[Money] = ()
    shared: Sequence[Shared] = ()
    more: int = 0
    invoices: Sequence[Invoice] = ()

    @property
    def more_invoices(self) -> int:
        """How many invoices are not shown, where they are not under causes."""
        return self.count - len(self.invoices)


@dataclass(frozen=True, slots=True)
class Preflight:
    """All groups."""

    ready: Group
    needs_choice: Group
    blocked: Group
    left_out: Group

    @property
    def held(self) -> int:
        """How many cannot go before somebody has chosen or mended something."""
        return self.needs_choice.count + self.blocked.count

    @property
    def words(self) -> str:
        """How it stands in a few words, as "191 ready, 9 blocked"."""
        choice = self.needs_choice.count
        parts = [_("%(n)s ready") % {"n": self.ready.count}]
        if choice:
            parts.append(
                ngettext("%(n)s needs a choice", "%(n)s need a choice", choice) % {"n": choice}
            )
        if self.blocked.count:
            parts.append(_("%(n)s blocked") % {"n": self.blocked.count})
        if self.left_out.count:
            parts.append(_("%(n)s left out") % {"n": self.left_out.count})
        return ", ".join(parts)


def gather(
    verdicts: Iterable[Verdict], connections: Mapping[int, ExactConnection], *, back: str = ""
) -> Preflight:
    """This function will put verdicts together, with one query. `connections` are by id, `back` is where mending returns."""
    of_kind: dict[Kind, list[Verdict]] = {kind: [] for kind in Kind}
    for verdict in verdicts:
        of_kind[verdict.kind].append(verdict)
    stopped = {
        kind: _by_cause(of_kind[kind], connections, back)
        for kind in (Kind.NEEDS_CHOICE, Kind.BLOCKED)
    } | {Kind.LEFT_OUT: _by_reason(of_kind[Kind.LEFT_OUT])}
    ids = {pk for rows in stopped.values() for row in rows[:_CAUSES_SHOWN] for pk in row.shown}
    ready = [one.invoice_id for one in of_kind[Kind.READY][:_INVOICES_SHOWN]]
    invoices = Invoice.objects.select_related("client").in_bulk(ids | set(ready))
    groups = {kind: _group(of_kind[kind], stopped.get(kind, []), invoices) for kind in Kind}
    shown = [invoices[pk] for pk in ready if pk in invoices]
    groups[Kind.READY] = replace(groups[Kind.READY], invoices=shown)
    return Preflight(*groups.values())


@dataclass(frozen=True, slots=True)
class _Stop:
    sentence: str
    invoice_ids: Sequence[int]
    place: MendingPlace | None = None
    advice: str = ""

    @property
    def shown(self) -> Sequence[int]:
        return self.invoice_ids[:_INVOICES_SHOWN]


def _by_cause(
    verdicts: Sequence[Verdict], connections: Mapping[int, ExactConnection], back: str
) -> list[_Stop]:
    found = group(Stopped(one.invoice_id, one.connection_id, one.causes) for one in verdicts)
    placed = with_places(found, connections, back=back)
    return [
        _Stop(one.group.sentence, one.group.invoice_ids, one.place, one.advice) for one in placed
    ]


def _by_reason(verdicts: Sequence[Verdict]) -> list[_Stop]:
    ids: dict[str, list[int]] = defaultdict(list)
    for one in verdicts:
        ids[one.left_out].append(one.invoice_id)
    found = [_Stop(reason, invoice_ids) for reason, invoice_ids in ids.items()]
    return sorted(found, key=lambda one: -len(one.invoice_ids))


def _group(
    verdicts: Sequence[Verdict], stops: Sequence[_Stop], invoices: Mapping[int, Invoice]
) -> Group:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for one in verdicts:
        amounts[one.currency] += one.amount
    return Group(
        len(verdicts),
        [Money(amount, currency) for currency, amount in sorted(amounts.items())],
        [
            Shared(
                one.sentence,
                len(one.invoice_ids),
                one.place,
                one.advice,
                [invoices[pk] for pk in one.shown if pk in invoices],
            )
            for one in stops[:_CAUSES_SHOWN]
        ],
        max(0, len(stops) - _CAUSES_SHOWN),
    )

"""How many calls of Exact's budget a copied invoice costs: posts, look-ups, read-backs and the nightly comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from django.utils import timezone

from integrations import lanes
from invoices.models import PostedDocument, ReconciliationCursor
from tests.torture.chaos import disturb, shorten_minutes
from tests.torture.offices import Office, make_invoices, open_offices
from tests.torture.outcome import Outcome, Size, StageFactory, how_many
from tests.torture.programs import wait_until
from tests.torture.stage import Stage, say
from tests.torture.truth import Truth, compare
from tests.torture.working import ask_for_all, wait_for_all

# Percent of faulty answers, and the calls an invoice may cost then. A short run has too few faults to be that exact.
_BARS = {0: 1.02, 1: 1.05, 15: 1.25}
_SLACK_OF_SHORT = 0.25


class Calls:
    """Known customers, no kills: only Exact's answers are faulty, those to look-ups like those to posts."""

    name: ClassVar[str] = "calls"
    bar: ClassVar[str] = "calls per copied invoice at 0 / 1 / 15 % faults ≤ 1.02 / 1.05 / 1.25"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Copy as many invoices at each part of faults, and count the sandbox's log: posts, look-ups and read-backs.

        A night reads 60 documents a call whatever was copied, so its calls are told beside the others. The first 50 of a
        connection are read back; over the few invoices of a short run that is much, so it does without.
        """
        figures: dict[str, float] = {}
        count = how_many(size, short=40, long=4_000)
        passed, told = True, []
        with stage_factory() as stage:
            stage.sandbox.lift_limits()
            stage.start_beat()
            few = {"COPY_FIRST_READ_BACKS": "0"} if size is Size.SHORT else {}
            stage.start_workers(1, children=4, environment=few)
            for percent, most in _BARS.items():
                if percent == 1 and size is Size.SHORT:
                    continue
                copying, in_all, truth = _measure(stage, percent, count, size)
                figures |= {
                    f"calls at {percent} %": round(copying, 3),
                    f"with the night at {percent} %": round(in_all, 3),
                }
                slack = _SLACK_OF_SHORT if percent and size is Size.SHORT else 0
                passed &= copying <= most + slack and truth.is_good
                told.append(f"{copying:.3f} ({in_all:.3f} with the night) at {percent} %")
                say(f"{told[-1]}: {truth.sentence()}")
        sentence = f"{'; '.join(told)}; {count} invoices each"
        return Outcome(figures | {"invoices each": count}, passed, sentence)


def _measure(stage: Stage, percent: int, count: int, size: Size) -> tuple[float, float, Truth]:
    """The calls an invoice costs until it is in Exact and was read back, and with its comparison at night."""
    offices = open_offices(stage.sandbox, size.pick(short=2, long=4))
    made = make_invoices(offices, count)
    before = _calls(stage, offices)
    stage.sandbox.clear_faults()
    if percent:
        disturb(stage.sandbox, percent=percent)
    ask_for_all(offices, made)
    wait_for_all(offices, seconds=size.pick(short=300, long=3_600), meanwhile=shorten_minutes)
    _wait(lambda: any(_is_to_be_read_back(office) for office in offices), "All is read back")
    copying = _calls(stage, offices) - before
    let_night_come(offices)
    truth = compare(stage.sandbox, offices)
    copied = max(1, truth.copied)
    return copying / copied, (_calls(stage, offices) - before) / copied, truth


def let_night_come(offices: Sequence[Office]) -> None:
    """This function will have everything compared with Exact now, and wait for that."""
    for office in offices:
        now = timezone.now()
        with office.rows():
            ReconciliationCursor.objects.update(next_at=now)
            lanes.ring(office.connection, at=now)

    _wait(lambda: any(_is_to_be_compared(office) for office in offices), "The night is over")


def _wait(is_going_on: Callable[[], bool], what: str) -> None:
    def is_over() -> bool:
        shorten_minutes()
        return not is_going_on()

    wait_until(is_over, 600, what)


def _is_to_be_compared(office: Office) -> bool:
    with office.rows():
        is_due = ReconciliationCursor.objects.filter(next_at__lte=timezone.now()).exists()
    return is_due or _is_to_be_read_back(office)


def _is_to_be_read_back(office: Office) -> bool:
    with office.rows():
        return bool(PostedDocument.objects.filter(check_due_at__isnull=False).exists())


def _calls(stage: Stage, offices: Sequence[Office]) -> int:
    return sum(stage.sandbox.count(division=office.division) for office in offices)

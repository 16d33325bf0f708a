"""The storm over the other route: Exact makes, numbers, books and mails thousands of invoices, and none of it twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from integrations.models import Numbering, Route
from invoices.models import PostedDocument
from tests.torture.chaos import disturb, kill_now_and_then
from tests.torture.offices import Office, make_invoices, open_offices, with_new_clients
from tests.torture.outcome import Outcome, Size, StageFactory, how_many
from tests.torture.programs import wait_until
from tests.torture.stage import Stage, say
from tests.torture.truth_written import compare
from tests.torture.working import ask_for_all, wait_for_all

# Of each office; accounts and contacts are made in the storm as well.
_CLIENTS = 5


class StormWritten:
    """What is written to Exact here are accounts, contacts, invoices, and the order to number and send them."""

    name: ClassVar[str] = "storm-written"
    bar: ClassVar[str] = (
        "the storm where Exact writes and sends the invoices: 0 lost, 0 made twice, 0 mailed twice, 0 mismatched"
    )

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Copy everything through the storm."""
        with stage_factory() as stage:
            stage.sandbox.lift_limits()
            offices = open_writing_offices(stage, size.pick(short=2, long=12))
            made = make_invoices(offices, how_many(size, short=24, long=4_000))
            say(f"{sum(map(len, made.values()))} invoices in {len(offices)} divisions")
            disturb_writing(stage)
            stage.start_beat()
            stage.start_workers(2, children=size.pick(short=2, long=4))
            chaos = kill_now_and_then(stage, size)
            patience = size.pick(short=300, long=4 * 3600)
            ask_for_all(offices, made, meanwhile=chaos.tick)
            wait_for_all(offices, seconds=patience, meanwhile=chaos.tick)
            wait_for_numbers(offices, seconds=patience, meanwhile=chaos.tick)
            truth = compare(stage.sandbox, offices)
        return Outcome(
            truth.figures() | dict(chaos.done),
            truth.is_good,
            f"{truth.sentence()}; {chaos.told()}",
        )


def open_writing_offices(stage: Stage, count: int) -> list[Office]:
    """This function will open offices for which Exact writes the invoices; their clients are new to it."""
    route = {"route": Route.EXACT_INVOICE, "numbering": Numbering.EXACT}
    return [
        with_new_clients(office, [f"New {place} of {office.division}" for place in range(_CLIENTS)])
        for office in open_offices(stage.sandbox, count, **route)
    ]


def disturb_writing(stage: Stage) -> None:
    """This function will disturb whatever this route asks of Exact."""
    for place, path in enumerate(("/salesinvoice/", "/salesentry/", "/crm/")):
        disturb(stage.sandbox, path=path, seed=20 * (place + 1))


def wait_for_numbers(
    offices: Sequence[Office], *, seconds: float, meanwhile: Callable[[], object]
) -> None:
    """This function will wait until the number of everything that Exact printed is read."""

    def is_over() -> bool:
        meanwhile()
        return not any(map(_lacks_a_number, offices))

    wait_until(is_over, seconds, "Every number is read")


def _lacks_a_number(office: Office) -> bool:
    with office.rows():
        return PostedDocument.objects.filter(number_due_at__isnull=False).exists()

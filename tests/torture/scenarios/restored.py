"""The database is restored to a time in the middle of a storm, while Exact keeps what it got since (RELIABILITY F3, F4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from integrations.models import DivisionLane, Numbering
from invoices.models import PostedDocument
from tests.torture.chaos import Chaos, disturb
from tests.torture.offices import (
    Office,
    make_invoices,
    open_offices,
    with_new_clients,
)
from tests.torture.outcome import Outcome, Size, StageFactory, how_many
from tests.torture.programs import wait_until
from tests.torture.restoring import Backup, DiskCopy, Dump, PointInTime
from tests.torture.scenarios.storm_written import (
    disturb_writing,
    open_writing_offices,
    wait_for_numbers,
)
from tests.torture.stage import Stage, say
from tests.torture.truth import Truth, compare
from tests.torture.truth_written import WrittenTruth, compare as compare_written
from tests.torture.working import active, ask_for_all, revive, wait_for_all

# The numbers of invoices that come after the backup, and how many clients of an office they are for.
_LATE, _LATE_CLIENTS = 10_000, 3


class Restored:
    """Some copies are in the backup, some are under way in it, of some it knows no wish, and of some not even the invoice."""

    def __init__(
        self,
        name: str,
        way: Callable[[Stage], Backup],
        *,
        is_told: bool = False,
        is_written: bool = False,
    ) -> None:
        self.name = name
        self.bar = "; ".join(
            (
                "restored in the middle of a storm",
                "with the steps of docs/operations.md" if is_told else "nobody says so",
                "nothing lost, made or mailed twice, or mismatched"
                if is_written
                else "0 lost, 0 duplicated, 0 mismatched, 0 customers made twice",
            )
        )
        self._way = way
        self._is_told = is_told
        self._is_written = is_written

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Copy through a storm, go back to its middle, and copy everything again."""
        with stage_factory() as stage:
            backup = self._way(stage)
            backup.prepare()
            offices = self._open(stage, size)
            made = make_invoices(offices, how_many(size, short=36, long=6_000))
            chaos = self._storm(stage, size)
            at = _copy(offices, made, backup, chaos, size)
            known = _stop(stage, offices)
            backup.restore()
            forgotten = known - sum(map(_known, offices))
            say(f"restored to {at:%H:%M:%S}: {forgotten} of {known} documents are forgotten")
            if self._is_told:
                stage.manage("recovery", "begin", "--backup-at", at.isoformat(), "--by", "Olga")
            logged_in = _copy_again(stage, offices, made, chaos, size)
            truth: Truth | WrittenTruth
            if self._is_written:
                wait_for_numbers(offices, seconds=_patience(size), meanwhile=chaos.tick)
                truth = compare_written(stage.sandbox, offices)
                doubled = 0
            else:
                truth = compare(stage.sandbox, offices)
                doubled = _doubled_customers(stage, offices)
        figures = truth.figures() | {"forgotten": forgotten, "logged in again": logged_in}
        return Outcome(
            figures | {"customers made twice": doubled} | dict(chaos.done),
            truth.is_good and not doubled and forgotten > 0,
            f"{truth.sentence()}; {forgotten} documents were forgotten; {doubled} customers made twice; {chaos.told()}",
        )

    def _open(self, stage: Stage, size: Size) -> list[Office]:
        """Half of those that book let Exact give the number: nothing there refuses a second entry."""
        stage.sandbox.lift_limits()
        count = size.pick(short=2, long=12)
        if self._is_written:
            return open_writing_offices(stage, count)
        offices = open_offices(stage.sandbox, count)
        for office in offices[::2]:
            with office.rows():
                office.connection.numbering = Numbering.EXACT
                office.connection.save()
        return offices

    def _storm(self, stage: Stage, size: Size) -> Chaos:
        if self._is_written:
            disturb_writing(stage)
        else:
            disturb(stage.sandbox)
            stage.sandbox.fault(
                "commit_then_drop", path="/crm/Accounts", probability=0.2, times=None, seed=9
            )
        stage.start_beat()
        stage.start_workers(2, children=size.pick(short=2, long=4))
        chaos = Chaos(stage)
        chaos.every(size.pick(short=5, long=10), chaos.kill_child)
        return chaos


def _late_invoices(offices: Sequence[Office], made: dict[int, list[int]]) -> dict[int, list[int]]:
    """Take in what the PSA makes after the backup, a quarter of what there was before; it sends the same again.

    They are for clients that Exact does not know yet.
    """
    count = max(len(offices), sum(map(len, made.values())) // 4)
    return make_invoices([_with_late_clients(one) for one in offices], count, seed=6, first=_LATE)


def _with_late_clients(office: Office) -> Office:
    names = [f"Later {place} van {office.division} B.V." for place in range(_LATE_CLIENTS)]
    return with_new_clients(office, names)


def _doubled_customers(stage: Stage, offices: Sequence[Office]) -> int:
    """How many of the clients that came after the backup are booked on several accounts."""
    accounts: dict[str, set[str]] = defaultdict(set)
    for office in offices:
        for entry in stage.sandbox.entries(office.division):
            if (name := entry["customer_name"]).startswith("Later "):
                accounts[name].add(entry["customer"])
    assert len(accounts) == len(offices) * _LATE_CLIENTS
    doubled = {name: found for name, found in accounts.items() if len(found) > 1}
    for name, found in doubled.items():
        say(f"{name} is booked on {', '.join(sorted(found))}")
    return len(doubled)


def _copy(
    offices: Sequence[Office],
    made: dict[int, list[int]],
    backup: Backup,
    chaos: Chaos,
    size: Size,
) -> datetime:
    """Ask for everything in turns, and back up in between; it returns the time to go back to.

    When it returns, most is copied and the rest is under way.
    """
    half, quarter, rest = (_part(made, *ends) for ends in ((0, 0.5), (0.5, 0.75), (0.75, 1)))
    ask_for_all(offices, half, meanwhile=chaos.tick)
    _work(offices, half, chaos, size, left=0.5)
    backup.base()
    ask_for_all(offices, quarter, meanwhile=chaos.tick)
    _work(offices, quarter, chaos, size, left=0.5)
    at = backup.mark()
    ask_for_all(offices, rest, meanwhile=chaos.tick)
    late = _late_invoices(offices, made)
    ask_for_all(offices, late, meanwhile=chaos.tick)
    _work(offices, late, chaos, size, left=0.5)
    return at


def _part(made: dict[int, list[int]], begin: float, end: float) -> dict[int, list[int]]:
    return {
        place: ids[round(len(ids) * begin) : round(len(ids) * end)] for place, ids in made.items()
    }


def _work(
    offices: Sequence[Office], part: dict[int, list[int]], chaos: Chaos, size: Size, *, left: float
) -> None:
    """Wait until at most this share of the part is under way."""
    goal = sum(map(len, part.values())) * left

    def is_done() -> bool:
        chaos.tick()
        return active(offices) <= goal

    wait_until(is_done, size.pick(short=120, long=3_600), "A part is copied")


def _stop(stage: Stage, offices: Sequence[Office]) -> int:
    """Kill whatever works, in the middle of it; it returns how many documents were known then."""
    for program in [*stage.workers, *stage.beats]:
        program.kill()
    return sum(map(_known, offices))


def _known(office: Office) -> int:
    with office.rows():
        return PostedDocument.objects.count()


def _patience(size: Size) -> float:
    return size.pick(short=180, long=4 * 3_600)


def _copy_again(
    stage: Stage,
    offices: Sequence[Office],
    made: dict[int, list[int]],
    chaos: Chaos,
    size: Size,
) -> int:
    """The PSA sends again, and people ask again at once, and for what is left when it is over; it returns the log-ins that were lost."""
    for program in [*stage.workers, *stage.beats]:
        program.start()
    late = _late_invoices(offices, made)
    everything = {place: [*ids, *late[place]] for place, ids in made.items()}
    for place, office in enumerate(offices):
        office.asked = []
        office.ask_for_rest(everything[place])
    logged_in = 0

    def is_over() -> bool:
        nonlocal logged_in
        chaos.tick()
        logged_in += revive(stage.sandbox, offices)
        return not DivisionLane.objects.filter(is_stopped=True).exists()

    patience = _patience(size)
    wait_until(is_over, patience, "The recovery ends")
    wait_for_all(offices, seconds=patience, meanwhile=is_over)
    for place, office in enumerate(offices):
        office.ask_for_rest(everything[place])
        office.asked = everything[place]
    wait_for_all(offices, seconds=patience, meanwhile=is_over)
    return logged_in


SCENARIOS = [
    Restored("restored", PointInTime, is_told=True),
    Restored("restored-untold", PointInTime),
    Restored("restored-dump", Dump),
    Restored("restored-disk", DiskCopy),
    Restored("restored-written", DiskCopy, is_written=True),
]

"""SIGKILL at each of the twelve named places of the code: every invoice meets the kill at each place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.torture.kills import ENDS, IN_WEB, IN_WORKER, QUICK, Kills
from tests.torture.offices import Office, make_invoices, open_offices
from tests.torture.outcome import Outcome, Size, StageFactory, how_many
from tests.torture.people import copy_by_hand
from tests.torture.stage import Stage, say
from tests.torture.truth import Truth, compare
from tests.torture.working import ask_for_all, revive, wait_for_all

BAR = "each invoice killed there once; 0 lost, 0 duplicated, 0 mismatched"
# A turn of the lane has many invoices; each turn is killed at its end.
_ONCE_A_TURN = "after_lane_release"


@dataclass(frozen=True)
class Crash:
    """Every invoice, or turn, meets a kill at each of the places."""

    name: str
    places: Sequence[str]
    short: int
    long: int
    bar: str = BAR

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Ask for copies, kill web and workers, and count."""
        with stage_factory() as stage:
            stage.sandbox.lift_limits()
            kills = Kills(stage.ground, self.places)
            offices = open_offices(stage.sandbox, size.pick(short=2, long=24))
            made = make_invoices(offices, how_many(size, short=self.short, long=self.long))
            say(f"{sum(map(len, made.values()))} invoices in {len(offices)} divisions")
            stage.start_beat(environment=QUICK)
            self._start_workers(stage, kills)
            self._ask(stage, kills, offices, made)
            seconds = wait_for_all(
                offices,
                seconds=size.pick(short=300, long=5_400),
                meanwhile=lambda: (stage.supervise(), revive(stage.sandbox, offices)),
            )
            return self._judge(compare(stage.sandbox, offices), kills, seconds, len(offices))

    @property
    def _ends(self) -> list[str]:
        return [place for place in self.places if place in ENDS]

    def _start_workers(self, stage: Stage, kills: Kills) -> None:
        """Two workers; when an invoice can pass only one of several ends, one worker for each end."""
        if len(self._ends) < 2:
            stage.start_workers(2, children=3, environment=kills.environment())
            return
        for end in self._ends:
            others = [place for place in self._ends if place != end]
            stage.start_workers(1, children=2, environment=kills.environment(without=others))

    def _ask(
        self, stage: Stage, kills: Kills, offices: Sequence[Office], made: dict[int, list[int]]
    ) -> None:
        if not set(self.places) & set(IN_WEB):
            ask_for_all(offices, made)
            return
        stage.start_web(environment=kills.environment())
        deaths = copy_by_hand(offices, made, stage.ground.web_url)
        say(f"the web server died {deaths} times under a person's click")

    def _judge(self, truth: Truth, kills: Kills, seconds: float, lanes: int) -> Outcome:
        met = {place: kills.at(place) for place in self.places}
        most = truth.asked * 9 // 10
        enough = (
            all(met[place] >= most for place in met if place not in {_ONCE_A_TURN, *ENDS})
            and met.get(_ONCE_A_TURN, lanes) >= lanes
            and (not self._ends or sum(met[place] for place in self._ends) >= most)
        )
        figures = truth.figures() | {"kills": kills.count(), "seconds": round(seconds)}
        sentence = f"{kills.count()} kills; {truth.sentence()}"
        if not enough:
            sentence += f"; too few kills: {met}"
        return Outcome(figures, truth.is_good and enough, sentence)


SCENARIOS = [
    *(
        Crash(f"crash-{place.replace('_', '-')}", (place,), short=8, long=1_000)
        for place in (*IN_WEB, *IN_WORKER)
    ),
    Crash("crash-everywhere", (*IN_WEB, *IN_WORKER), short=4, long=240),
]

"""SIGKILL between Exact's answer to a token call and its commit: the log-in is lost, and no invoice with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from django.db.models import F

from integrations.models import ExactGrant
from tests.torture.kills import QUICK, Kills
from tests.torture.offices import Office, make_invoices, open_offices
from tests.torture.outcome import Outcome, Size, StageFactory, how_many
from tests.torture.stage import Stage, say
from tests.torture.truth import compare
from tests.torture.working import ask_for_all, revive, wait_for_all

_PLACE = "after_refresh_response"
# Exact refreshes from 570 seconds on.
_OLDER = 590


class CrashAfterRefresh:
    """Each invoice is asked for when its connection's token is old, and the worker dies with the new one in its hands."""

    name: ClassVar[str] = "crash-after-refresh-response"
    bar: ClassVar[str] = "each invoice killed there once; 0 lost, 0 duplicated, 0 mismatched"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Ask for one invoice of each organization at a time; a person logs in again where that is needed."""
        with stage_factory() as stage:
            stage.sandbox.lift_limits()
            kills = Kills(stage.ground, (_PLACE,))
            offices = open_offices(stage.sandbox, size.pick(short=3, long=24))
            made = make_invoices(offices, how_many(size, short=3, long=1_000))
            stage.start_beat(environment=QUICK)
            stage.start_workers(1, children=4, environment=kills.environment())
            logins = 0
            while any(made.values()):
                logins += self._round(stage, offices, made)
            truth = compare(stage.sandbox, offices)
        enough = kills.count() >= truth.asked * 9 // 10
        figures = truth.figures() | {"kills": kills.count(), "log-ins by a person": logins}
        sentence = f"{kills.count()} kills, {logins} log-ins by a person; {truth.sentence()}"
        return Outcome(figures, truth.is_good and enough, sentence)

    def _round(self, stage: Stage, offices: Sequence[Office], made: dict[int, list[int]]) -> int:
        stage.sandbox.advance_clock(_OLDER)
        older = timedelta(seconds=_OLDER)
        for office in offices:
            with office.rows():
                ExactGrant.objects.update(
                    issued_at=F("issued_at") - older, expires_at=F("expires_at") - older
                )
        ask_for_all(offices, {place: [ids.pop()] for place, ids in made.items() if ids})
        logins = 0

        def meanwhile() -> None:
            nonlocal logins
            stage.supervise()
            logins += revive(stage.sandbox, offices)

        wait_for_all(offices, seconds=300, meanwhile=meanwhile)
        say(f"{sum(map(len, made.values()))} invoices to go, {logins} log-ins")
        return logins

"""The figures of a run, per module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.mutation.workspace import Mutant


@dataclass(frozen=True, slots=True)
class ModuleScore:
    """How many mutants of a module there were and what became of them; a timeout counts as killed too."""

    module: str
    mutants: int
    killed: int
    timeouts: int
    survived: int
    equivalent: int

    @property
    def percent(self) -> float:
        """The killed ones of those that can be killed."""
        return 100 * self.killed / max(1, self.mutants - self.equivalent)


def score(module: str, mutants: Sequence[Mutant], survivors: Sequence[Mutant]) -> ModuleScore:
    """This function will count the module's mutants; `survivors` are those that are not known to be equivalent."""
    own = [mutant for mutant in mutants if mutant.module == module]
    killed = sum(mutant.is_killed for mutant in own)
    survived = sum(mutant.module == module for mutant in survivors)
    return ModuleScore(
        module=module,
        mutants=len(own),
        killed=killed,
        timeouts=sum(mutant.status == "timeout" for mutant in own),
        survived=survived,
        equivalent=len(own) - killed - survived,
    )


def table(scores: Sequence[ModuleScore]) -> str:
    """This function will write the scores, and their sum, as a table in Markdown."""
    total = ModuleScore(
        "together",
        *(
            sum(getattr(one, name) for one in scores)
            for name in ("mutants", "killed", "timeouts", "survived", "equivalent")
        ),
    )
    rows = [
        f"| {one.module} | {one.mutants} | {one.killed} | {one.timeouts} | {one.survived} | {one.equivalent} | {one.percent:.1f} % |"
        for one in [*scores, total]
    ]
    head = "| Module | Mutants | Killed | of these by time-out | Survived | Equivalent | Score |"
    return "\n".join([head, "|---|---|---|---|---|---|---|", *rows])

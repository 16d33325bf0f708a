"""Results: one JSON line a finished scenario, kept so that a long run can be resumed, and the table of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from connector.local.servers import SOURCE_ROOT
from tests.torture.ground import RESULTS

KEPT = RESULTS / "results.jsonl"
FORMAT = "{:<28} {:<7} {:<6} {:>7}  {}"


@dataclass(frozen=True)
class Result:
    """One finished scenario."""

    scenario: str
    bar: str
    size: str
    passed: bool
    sentence: str
    figures: dict[str, float]
    seconds: float
    commit: str
    at: str

    def line(self) -> str:
        """This function will return its row of the table."""
        verdict = "passed" if self.passed else "FAILED"
        return FORMAT.format(
            self.scenario, self.size, verdict, f"{self.seconds:.0f} s", self.sentence
        )


def keep(result: Result) -> None:
    """This function will add a result to those that are kept."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    with KEPT.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(result)) + "\n")


def read(path: Path = KEPT) -> list[Result]:
    """This function will return the results that are kept, oldest first."""
    if not path.exists():
        return []
    return [Result(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def newest(results: Iterable[Result], *, size: str) -> dict[str, Result]:
    """This function will return the last result of each scenario."""
    return {result.scenario: result for result in results if result.size == size}


def commit() -> str:
    """This function will return the commit that is checked out, with a + when files differ from it."""
    name = _git("rev-parse", "--short", "HEAD")
    return name + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")


def now() -> str:
    """This function will return the time in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _git(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603  # our own arguments
        ["git", *arguments],  # noqa: S607
        cwd=SOURCE_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def report(results: Iterable[Result]) -> str:
    """This function will write the results as a table in Markdown."""
    rows = [
        "| Scenario | Bar | Result | Seconds | When | Commit |",
        "|---|---|---|---:|---|---|",
    ]
    for one in results:
        verdict = "" if one.passed else "**not reached**: "
        when = one.at[:16].replace("T", " ")
        rows.append(
            f"| {one.scenario} | {one.bar} | {verdict}{one.sentence} | {one.seconds:.0f} | {when} | {one.commit} |"
        )
    return "\n".join(rows) + "\n"

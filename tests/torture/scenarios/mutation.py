"""Whether the tests would notice a mistake in the code that must not be wrong: see tests/mutation."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import ClassVar

from tests.torture.apart import succeeds
from tests.torture.outcome import Outcome, Size, StageFactory


class Mutation:
    """It runs in pytest, on the servers of the tests. Short is the smallest part: the harness works."""

    name: ClassVar[str] = "mutation"
    bar: ClassVar[str] = "each module ≥ 90 % of its mutants killed"

    def run(self, stage_factory: StageFactory, size: Size) -> Outcome:
        """Mutate everything that changed since the last run, and what survived then."""
        parts = ["money"] if size is Size.SHORT else []
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "scores.json"
            passed = succeeds("tests.mutation", "--json", str(path), *parts)
            scores: dict[str, float] = json.loads(path.read_text()) if path.exists() else {}
        if not scores:
            return Outcome({}, passed=False, sentence="mutmut did not run; see what it says above")
        lowest = min(scores, key=lambda module: scores[module])
        sentence = f"{len(scores)} modules; the lowest is {lowest} with {scores[lowest]:.1f} %"
        return Outcome(scores, passed, sentence)

"""One module a scenario, or a list named SCENARIOS; see `tests.torture.outcome.Scenario`."""

from __future__ import annotations

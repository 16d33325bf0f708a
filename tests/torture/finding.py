"""Finds the scenarios: every module of `tests.torture.scenarios`. Importing them needs Django's settings."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from tests.torture import scenarios
from tests.torture.outcome import Scenario


def find_scenarios() -> dict[str, Scenario]:
    """This function will return every scenario by name, in the order of their modules and of SCENARIOS."""
    found: dict[str, Scenario] = {}
    for module in pkgutil.iter_modules(scenarios.__path__):
        loaded = importlib.import_module(f"{scenarios.__name__}.{module.name}")
        for scenario in _of(loaded):
            assert scenario.name not in found, f"Two scenarios are named {scenario.name}"
            found[scenario.name] = scenario
    return found


def _of(module: ModuleType) -> list[Scenario]:
    listed: list[Scenario] | None = getattr(module, "SCENARIOS", None)
    if listed is not None:
        return listed
    return [
        value()
        for value in vars(module).values()
        if isinstance(value, type)
        and value.__module__ == module.__name__
        and {"name", "bar", "run"} <= set(dir(value))
    ]

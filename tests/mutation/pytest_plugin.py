"""A pytest plugin for the process of one mutant: it joins a database that is there already, and runs fast tests first.

Making the database, or only looking whether it is up to date, takes longer than most of the tests. `__main__` makes it
once; the tests roll back what they write.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db.backends.base.creation import BaseDatabaseCreation

STATISTICS = Path("mutmut-stats.json")


def _join(self: BaseDatabaseCreation, *_: Any, **__: Any) -> str:
    name = str(self._get_test_db_name())  # type: ignore[attr-defined]
    self.connection.close()
    self.connection.settings_dict["NAME"] = name
    return name


def pytest_configure() -> None:
    """Use the database as it is."""
    BaseDatabaseCreation.create_test_db = _join  # type: ignore[method-assign]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Most mutants are noticed by many tests: the fastest of them is enough."""
    if STATISTICS.exists():
        seconds = json.loads(STATISTICS.read_text(encoding="utf-8"))["duration_by_test"]
        items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))

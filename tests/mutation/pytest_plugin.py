"""A pytest plugin for the process of one mutant: it joins a database that is there already, and runs fast tests first.

Making a database, or only looking whether it is up to date, takes longer than most of the tests. `__main__` makes one for
each process that runs at a time; the tests roll back what they write.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.db.backends.base.creation import BaseDatabaseCreation

STATISTICS = Path("mutmut-stats.json")


PROCESSES = int(os.environ.get("MUTATION_PROCESSES", "2"))


def _join(self: BaseDatabaseCreation, *_: Any, **__: Any) -> str:
    name = f"{self._get_test_db_name()}_{_free_place()}"  # type: ignore[attr-defined]
    self.connection.close()
    self.connection.settings_dict["NAME"] = name
    return name


def _free_place() -> int:
    """The number of a database that no other process uses; it is ours until the process ends."""
    while True:
        for place in range(PROCESSES):
            file = os.open(f"database-{place}.lock", os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
            else:
                return place
        time.sleep(0.05)


def pytest_configure() -> None:
    """Use the database as it is; and let neither chance nor a busy machine kill a mutant."""
    BaseDatabaseCreation.create_test_db = _join  # type: ignore[method-assign]
    hypothesis.settings.register_profile("mutation", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("mutation")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Most mutants are noticed by many tests: the fastest of them is enough."""
    if STATISTICS.exists():
        seconds = json.loads(STATISTICS.read_text(encoding="utf-8"))["duration_by_test"]
        items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))

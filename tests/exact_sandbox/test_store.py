"""The store: whole changes, one moment for reads, rowversions that only rise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exact_sandbox.clock import Clock
from exact_sandbox.database import Database
from exact_sandbox.options import Options
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.values import Record


@pytest.fixture(params=["memory", "file"])
def database(request, tmp_path) -> Iterator[Database]:
    opened = Database(tmp_path / "books.db" if request.param == "file" else None, Clock())
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path) -> Iterator[tuple[Database, Database]]:
    """Two connections to one file, as two processes have."""
    path = Path(tmp_path) / "shared.db"
    one, two = Database(path, Clock()), Database(path, Clock())
    yield one, two
    one.close()
    two.close()


def add(database: Database, key: str) -> int:
    record: Record = {"ID": key, "Division": 1}
    database.insert("accounts", record)
    return int(record["Timestamp"])


def test_rowversions_rise_inside_and_outside_of_transactions(database):
    stamps = [add(database, "a")]
    with database.transaction():
        stamps += [add(database, "b"), add(database, "c")]
    stamps.append(add(database, "d"))

    assert stamps == sorted(set(stamps))


def test_rowversions_of_two_connections_never_meet(other):
    one, two = other

    stamps = [
        add(database, f"{turn}-{id(database)}") for turn in range(5) for database in (one, two)
    ]

    assert stamps == sorted(set(stamps))


def test_a_change_that_fails_leaves_nothing(database):
    with pytest.raises(AssertionError), database.transaction():
        assert add(database, "a") == 0

    assert database.records("accounts") == []


def test_what_is_read_together_is_of_one_moment(other):
    one, two = other
    with one.reading():
        before = len(one.records("accounts"))
        add(two, "a")
        assert len(one.records("accounts")) == before

    assert len(one.records("accounts")) == before + 1


def test_a_change_inside_a_read_is_a_mistake_that_shows(database):
    with pytest.raises(AssertionError), database.reading(), database.transaction():
        pass

    add(database, "a")  # and it goes on working


def test_a_copy_is_read_again_after_another_connections_change_and_after_a_failure(other):
    one, two = other
    reloads: list[str] = []
    one.watch(lambda: reloads.append("reload"))

    one.refresh()
    assert reloads == []
    add(two, "a")
    one.refresh()
    assert reloads == ["reload"]
    with pytest.raises(ZeroDivisionError), one.transaction():
        raise ZeroDivisionError
    assert reloads == ["reload", "reload"]


def test_a_change_begins_with_what_others_have_changed_meanwhile(tmp_path):
    """Who waits for another process' change must not build on what was before it."""
    options = Options(data=tmp_path / "books.db")
    one, other = Sandbox(options), Sandbox(options, joining=True)
    one.freeze_clock(True)
    other.refresh()
    began = other.clock.seconds()

    one.advance_clock(60)
    with other.database.transaction():
        other.advance_clock(60)

    one.refresh()
    assert one.clock.seconds() == other.clock.seconds() == began + 120
    one.close()
    other.close()


def test_clearing_keeps_the_counters(database):
    last = add(database, "a")

    with database.transaction():
        database.clear()

    assert database.records("accounts") == []
    assert add(database, "b") > last

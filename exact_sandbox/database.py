"""Keeps the records: one SQLite database, one connection, one request at a time inside it.

Every insert and update gives the record the next `Timestamp`, a counter for the whole database
like SQL Server's rowversion, which the sync endpoints read from.
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from exact_sandbox.clock import Clock
from exact_sandbox.resources import table_columns, table_keys
from exact_sandbox.schema import INDEXES, own_tables
from exact_sandbox.values import CONVERTED_TYPES, Record, Value, from_store, to_store

_SQL_TYPES = {"Guid": "TEXT", "String": "TEXT COLLATE NOCASE", "Binary": "TEXT"}


class Database:
    """The store; all access goes through `transaction()` or the read helpers, under one lock."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(
            str(path) if path else ":memory:",
            check_same_thread=False,
            isolation_level=None,
        )
        self._connection.row_factory = sqlite3.Row
        if path:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
        self._create_tables()
        self._tell_planner()
        self._timestamp = self._largest_timestamp()

    def close(self) -> None:
        """Close the connection; nothing works afterwards."""
        with self.lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the database; what happens inside is kept whole or not at all."""
        with self.lock:
            if self._depth:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth = 0

    def execute(self, sql: str, parameters: Iterable[object] = ()) -> list[sqlite3.Row]:
        """Run one statement and return its rows."""
        with self.lock:
            return self._connection.execute(sql, tuple(parameters)).fetchall()

    def next_timestamp(self) -> int:
        """Return the next rowversion."""
        self._timestamp += 1
        return self._timestamp

    def insert(self, table: str, record: Record) -> None:
        """Store a new record; its Timestamp is given here."""
        columns = table_columns()[table]
        if "Timestamp" in columns:
            record["Timestamp"] = self.next_timestamp()
        names = [name for name in record if name in columns]
        quoted = ", ".join(f'"{name}"' for name in names)
        marks = ", ".join("?" * len(names))
        self.execute(
            f'INSERT INTO "{table}" ({quoted}) VALUES ({marks})',  # noqa: S608 - names of the catalogue
            [to_store(columns[name], record[name]) for name in names],
        )

    def update(self, table: str, key: tuple[str, Value], changes: Record) -> None:
        """Change a record found by one column; its Timestamp moves on."""
        columns = table_columns()[table]
        if "Timestamp" in columns:
            changes = {**changes, "Timestamp": self.next_timestamp()}
        names = [name for name in changes if name in columns]
        assignments = ", ".join(f'"{name}" = ?' for name in names)
        self.execute(
            f'UPDATE "{table}" SET {assignments} WHERE "{key[0]}" = ?',  # noqa: S608 - as above
            [to_store(columns[name], changes[name]) for name in names] + [key[1]],
        )

    def delete(self, table: str, **equals: Value) -> None:
        """Remove the records whose columns equal the values."""
        condition = " AND ".join(f'"{name}" = ?' for name in equals)
        self.execute(f'DELETE FROM "{table}" WHERE {condition}', equals.values())  # noqa: S608

    def find(self, table: str, **equals: Value) -> Record | None:
        """Return the first record whose columns equal the values, or None."""
        return next(iter(self.records(table, **equals)), None)

    def records(self, table: str, *, order: str = "rowid", **equals: Value) -> list[Record]:
        """Return the records whose columns equal the values."""
        columns = table_columns()[table]
        condition = " AND ".join(f'"{name}" = ?' for name in equals) or "1"
        rows = self.execute(
            f'SELECT * FROM "{table}" WHERE {condition} ORDER BY {order}',  # noqa: S608 - as above
            [to_store(columns[name], value) for name, value in equals.items()],
        )
        converted = _converted_columns(table)
        found = []
        for row in rows:
            record = dict(row)
            for name, edm_type in converted:
                if record[name] is not None:
                    record[name] = from_store(edm_type, record[name])
            found.append(record)
        return found

    def setting(self, name: str, default: str = "") -> str:
        """Return a setting of the sandbox itself."""
        rows = self.execute("SELECT value FROM settings WHERE name = ?", [name])
        return str(rows[0][0]) if rows else default

    def set_setting(self, name: str, value: str) -> None:
        """Store a setting of the sandbox itself."""
        self.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [name, value])

    def clear(self) -> None:
        """Empty every table; the rowversion goes on, so old cursors stay behind."""
        names = [
            row[0]
            for row in self.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        for name in names:
            self.execute(f'DELETE FROM "{name}"')  # noqa: S608 - the names of our own tables

    def _create_tables(self) -> None:
        self._connection.executescript(own_tables())
        for table, columns in table_columns().items():
            parts = [
                f'"{name}" {_SQL_TYPES.get(edm_type, "INTEGER")}'
                for name, edm_type in columns.items()
            ]
            key = table_keys()[table]
            parts.append(f'UNIQUE ("{key}")')
            self.execute(f'CREATE TABLE IF NOT EXISTS "{table}" ({", ".join(parts)})')
            # Pages are read in the order of the key, within a division.
            self.execute(
                f'CREATE INDEX IF NOT EXISTS "{table}_page" ON "{table}" ("Division", "{key}")',
            )
            if "Timestamp" in columns:
                self.execute(
                    f'CREATE INDEX IF NOT EXISTS "{table}_timestamp" ON "{table}" ("Division", "Timestamp")',
                )
        for table, names in INDEXES:
            quoted = ", ".join(f'"{name}"' for name in names)
            self.execute(
                f'CREATE INDEX IF NOT EXISTS "{table}_{"_".join(names)}" ON "{table}" ({quoted})',
            )

    def _tell_planner(self) -> None:
        """Tell SQLite how the indexes will look when full, so that it plans well from the start."""
        self.execute("ANALYZE")
        self.execute("DELETE FROM sqlite_stat1")
        for table, index in self.execute(
            "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'"
        ):
            columns = len(self.execute(f'PRAGMA index_info("{index}")'))
            # Rows, then rows for each value of the first column, of the first two, and so on.
            numbers = [100_000, *([30_000, 5_000][: columns - 1]), 1 if "_page" in index else 3]
            self.execute(
                "INSERT INTO sqlite_stat1 VALUES (?, ?, ?)",
                [table, index, " ".join(map(str, numbers))],
            )
        self.execute("ANALYZE sqlite_master")

    def _largest_timestamp(self) -> int:
        largest = [
            self.execute(f'SELECT max("Timestamp") FROM "{table}"')[0][0] or 0  # noqa: S608
            for table, columns in table_columns().items()
            if "Timestamp" in columns
        ]
        return max([*largest, int(self.setting("timestamp", "1000"))])


@cache
def _converted_columns(table: str) -> list[tuple[str, str]]:
    """Return the columns of a table whose stored form is not what Python works with."""
    return [
        (name, edm_type)
        for name, edm_type in table_columns()[table].items()
        if edm_type in CONVERTED_TYPES
    ]


def new_id() -> str:
    """Return a fresh id as Exact writes it."""
    return str(uuid.uuid4())

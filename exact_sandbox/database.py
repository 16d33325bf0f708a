"""Keeps the records of Exact in tables made from the catalogue.

Every insert and update gives the record the next `Timestamp`, a counter for the whole database
like SQL Server's rowversion, which the sync endpoints read from.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from exact_sandbox.clock import Clock
from exact_sandbox.odata.functions import add_functions
from exact_sandbox.resources import table_columns, table_keys
from exact_sandbox.schema import DEFAULTS, FILTERED, FLAGS, INDEXES, own_tables
from exact_sandbox.store import Store
from exact_sandbox.values import CONVERTED_TYPES, Record, Value, from_store, to_store
from exact_sandbox.webhooks.topics import triggers

_SQL_TYPES = {"Guid": "TEXT", "String": "TEXT COLLATE NOCASE", "Binary": "TEXT"}
FIRST_TIMESTAMP = 1_000


class Database(Store):
    """The books and all that is kept with them; every change is made in `transaction()`."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self.clock = clock
        # Called before a transaction is kept, inside it, and after.
        self.before_commit: list[Callable[[], None]] = []
        self.after_commit: list[Callable[[], None]] = []
        self._timestamp: int | None = None  # known while a transaction has given out one
        super().__init__(path, own_tables())
        add_functions(self._connection)

    def next_timestamp(self) -> int:
        """Return the next rowversion; only inside a transaction, which makes it unique."""
        if not self.in_transaction:
            raise AssertionError("A rowversion is given out inside a transaction only.")
        if self._timestamp is None:
            self._timestamp = self.counter("timestamp")
        self._timestamp += 1
        return self._timestamp

    def skip_timestamps(self, count: int) -> None:
        """Leave out so many rowversions, which the caller has given out; only inside a transaction."""
        self._timestamp = self.next_timestamp() - 1 + count

    def _began(self) -> None:
        self._timestamp = None

    def _ending(self) -> None:
        for action in self.before_commit:
            action()
        if self._timestamp is not None:
            self.set_counter("timestamp", self._timestamp)

    def _ended(self) -> None:
        for action in self.after_commit:
            action()

    def insert(self, table: str, record: Record) -> None:
        """Store a new record; its Timestamp is given here."""
        columns = table_columns()[table]
        with self.transaction():
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
        with self.transaction():
            if "Timestamp" in columns:
                changes = {**changes, "Timestamp": self.next_timestamp()}
            names = [name for name in changes if name in columns]
            if not names:
                return
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

    def counter(self, name: str) -> int:
        """Return a number that only goes up, also over a reset."""
        rows = self.execute("SELECT value FROM counters WHERE name = ?", [name])
        return int(rows[0][0]) if rows else 0

    def set_counter(self, name: str, value: int) -> None:
        """Store a number that only goes up."""
        self.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", [name, value])

    def _shape(self) -> str:
        tables = (table_columns(), table_keys(), DEFAULTS, INDEXES, own_tables())
        return repr((*tables, list(triggers())))

    def _create_more(self) -> None:
        """Create a table for each kind of record."""
        for table, columns in table_columns().items():
            key = table_keys()[table]
            types = {name: _sql_type(table, name, edm_type) for name, edm_type in columns.items()}
            parts = [f'"{name}" {sql_type}' for name, sql_type in types.items()]
            parts.append(f'UNIQUE ("{key}")')
            self.execute(f'CREATE TABLE IF NOT EXISTS "{table}" ({", ".join(parts)})')
            self.add_columns(table, types)
            for name, indexed in _indexes(table):
                quoted = ", ".join(f'"{column}"' for column in indexed)
                self.execute(f'CREATE INDEX IF NOT EXISTS "{name}" ON "{table}" ({quoted})')
        for name, trigger in triggers():
            self.execute(f'DROP TRIGGER IF EXISTS "{name}"')
            self.execute(trigger)
        self._tell_planner()
        if not self.counter("timestamp"):
            self.set_counter("timestamp", self._largest_timestamp())

    def _tell_planner(self) -> None:
        """Tell SQLite how the indexes will look when full, so that it plans well from the start."""
        self.execute("ANALYZE")
        self.execute("DELETE FROM sqlite_stat1")
        for table, index in self.execute(
            "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'"
        ):
            columns = len(self.execute(f'PRAGMA index_info("{index}")'))
            alone = index.endswith("_page") or index.startswith("sqlite_autoindex")
            shared = 1 if alone else FILTERED.get(index.removeprefix(f"{table}_"), 3)
            # Rows, then rows for each value of the first column, of the first two, and so on.
            numbers = [100_000, *([30_000, 5_000][: columns - 1]), shared]
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
        return max([*largest, FIRST_TIMESTAMP])


def _sql_type(table: str, name: str, edm_type: str) -> str:
    default = DEFAULTS.get(table, {}).get(name, 0 if edm_type in FLAGS else None)
    sql_type = _SQL_TYPES.get(edm_type, "INTEGER")
    return sql_type if default is None else f"{sql_type} DEFAULT {default}"


def _indexes(table: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Return name and columns of the indexes of a record table."""
    # Pages are read in the order of the key, within a division.
    yield f"{table}_page", ("Division", table_keys()[table])
    if "Timestamp" in table_columns()[table]:
        yield f"{table}_timestamp", ("Division", "Timestamp")
    for name in sorted(FILTERED.keys() & table_columns()[table].keys()):
        yield f"{table}_{name}", ("Division", name)
    for indexed, names in INDEXES:
        if indexed == table:
            yield f"{table}_{'_'.join(names)}", names


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

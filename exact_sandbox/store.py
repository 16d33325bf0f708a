"""One SQLite file (or none, in memory) that threads and processes share.

Changes happen in `transaction()`, whole or not at all and one at a time over all processes; reads
that belong together happen in `reading()`, so that they see one moment. Who has to wait, waits.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

WAIT_SECONDS = 60  # for another process to finish its transaction
STATEMENTS_KEPT = 1_000  # prepared statements; most requests then need no new one


class Store:
    """A connection to the file, used by one thread at a time."""

    def __init__(self, path: Path | None, schema: str, *, durable: bool = True) -> None:
        self.shared = path is not None
        self.lock = threading.RLock()
        self._depth = 0
        self._reading = False
        self._watchers: list[Callable[[], None]] = []
        self._connection = sqlite3.connect(
            str(path) if path else ":memory:",
            check_same_thread=False,
            isolation_level=None,
            timeout=WAIT_SECONDS,
            cached_statements=STATEMENTS_KEPT,
        )
        self._connection.row_factory = sqlite3.Row
        if path:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute(f"PRAGMA synchronous={'NORMAL' if durable else 'OFF'}")
        self._schema = schema
        self._version = self._data_version()
        self._create()

    def close(self) -> None:
        """Close the connection; nothing works afterwards."""
        with self.lock:
            self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the store; what happens inside is kept whole or not at all."""
        with self.lock:
            if self._depth:
                if self._reading:
                    raise AssertionError("A change was begun inside reading().")
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                self._notice_others()
                self._began()
                yield
                self._ending()
            except BaseException:
                self._connection.execute("ROLLBACK")
                self._depth = 0
                self._tell_watchers()
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth = 0
            self._ended()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the store for reads that must all see the same moment."""
        with self.lock:
            if self._depth:
                yield
                return
            if self.shared:
                self._connection.execute("BEGIN")
            self._depth, self._reading = 1, True
            try:
                self._notice_others()
                yield
            finally:
                if self.shared:
                    self._connection.execute("COMMIT")
                self._depth, self._reading = 0, False

    @property
    def in_transaction(self) -> bool:
        """Whether changes are being collected; meant for the thread that holds `lock`."""
        return self._depth > 0 and not self._reading

    def execute(self, sql: str, parameters: Iterable[object] = ()) -> list[sqlite3.Row]:
        """Run one statement and return its rows."""
        with self.lock:
            return self._connection.execute(sql, tuple(parameters)).fetchall()

    def watch(self, reload: Callable[[], None]) -> None:
        """Have something called that keeps a copy of stored values whenever the copy may be old."""
        self._watchers.append(reload)

    def refresh(self) -> None:
        """Notice what other processes have changed."""
        if self.shared:
            with self.lock:
                self._notice_others()

    def clear(self) -> None:
        """Empty every table but the counters, which go on."""
        names = self.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
            "AND name <> 'counters'"
        )
        for (name,) in names:
            self.execute(f'DELETE FROM "{name}"')  # noqa: S608 - the names of our own tables

    def _notice_others(self) -> None:
        if not self.shared:
            return
        version = self._data_version()
        if version != self._version:
            self._version = version
            self._tell_watchers()

    def _tell_watchers(self) -> None:
        for reload in self._watchers:
            reload()

    def _data_version(self) -> int:
        """Return SQLite's number that differs after another connection has changed the file."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _create(self) -> None:
        """Create what this version of the sandbox knows and the file does not."""
        version = zlib.crc32(self._shape().encode()) >> 1  # SQLite keeps 31 bits and a sign
        if self.execute("PRAGMA user_version")[0][0] == version:
            return
        self._connection.executescript(self._schema)
        with self.transaction():
            self._add_columns()
            self._create_more()
            self.execute(f"PRAGMA user_version = {version}")

    def _shape(self) -> str:
        """Return a text that differs when the tables of this version of the sandbox differ."""
        return self._schema

    def _create_more(self) -> None:
        """Create tables that are not in the schema; runs inside a transaction."""

    def _add_columns(self) -> None:
        """Give tables that an earlier version wrote the columns they lack."""
        with contextlib.closing(sqlite3.connect(":memory:")) as fresh:
            fresh.executescript(self._schema)
            for (table,) in fresh.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
                columns = fresh.execute(f'PRAGMA table_info("{table}")')
                self.add_columns(
                    table,
                    {
                        name: f"{kind} DEFAULT {default or 'NULL'}"
                        for _, name, kind, _, default, _ in columns
                    },
                )

    def add_columns(self, table: str, declarations: Mapping[str, str]) -> None:
        """Add the columns a table lacks."""
        present = {row["name"] for row in self.execute(f'PRAGMA table_info("{table}")')}
        for name, declaration in declarations.items():
            if name not in present:
                self.execute(f'ALTER TABLE "{table}" ADD COLUMN "{name}" {declaration}')

    def _began(self) -> None:
        """A transaction has begun."""

    def _ending(self) -> None:
        """A transaction is about to be kept."""

    def _ended(self) -> None:
        """A transaction was kept."""

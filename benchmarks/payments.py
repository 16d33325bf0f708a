"""Measures how payments are read: the product against the sandbox, with a database of its own.

The reading runs in a process of its own (`benchmarks.reading`), so that its time and memory are those of a worker.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.books import DELETED_EVERY, fill
from benchmarks.database import environments, run
from benchmarks.programs import running

INVOICES, HOURS = 50_000, 24
_A_MINUTE = 61


@dataclass(frozen=True, slots=True)
class Reading:
    """What some readings cost: calls to Exact by turns of the lane, seconds of the worker's CPU and of the clock, and its peak
    memory in MB.
    """

    name: str
    turns: list[int]
    cpu_seconds: float
    seconds: float
    peak_megabytes: float


def measure(
    folder: Path, environment: dict[str, str], invoices: int = INVOICES, hours: int = HOURS
) -> list[Reading]:
    """Book open invoices, read them for the first time, then changes, then hours of runs."""
    data = folder / "payments.sqlite3"
    # Some of the entries are deleted again.
    fill(data, invoices + invoices // (DELETED_EVERY - 1) + 1)
    if invoices >= INVOICES:
        # Deletions of the minute before the first copy are read as well, as clocks differ; here that were those of the filling.
        time.sleep(_A_MINUTE)
    with running(data, workers=1) as program:
        told = run(
            ["-m", "benchmarks.reading", str(data), str(invoices), str(hours)],
            environment
            | {
                "EXACT_BASE_URL": f"http://127.0.0.1:{program.port}",
                "PAYMENTS_SYNC_SECONDS": "300",
                "PAYMENTS_IDLE_SECONDS": "3600",
            },
        )
    return [Reading(**one) for one in json.loads(told)]


def _by_turn(turns: list[int]) -> str:
    """Few one by one, many by how often there were so many calls."""
    if len(turns) <= 3:
        return " + ".join(str(calls) for calls in turns)
    return ", ".join(
        f"{turns.count(calls)} \N{MULTIPLICATION SIGN} {calls}"
        for calls in sorted(set(turns), reverse=True)
    )


def written(readings: list[Reading], invoices: int = INVOICES) -> str:
    """Return the part of the page."""
    rows = "\n".join(
        f"| {one.name} | {sum(one.turns)} | {_by_turn(one.turns)} | {one.cpu_seconds:.2f} | {one.seconds:.2f} | {one.peak_megabytes:.0f} |"
        for one in readings
    )
    return f"""
## Reading payments

The product's own reading, with PostgreSQL: one division with {invoices:,} open invoices that were copied from here. Wanted:
the first reading in 55 calls at most, 1,000 changed terms in 2 calls and 2 seconds of the worker's CPU, a day in 600 calls, and
memory that stays as it is. The time is the worker's alone; the databases and the sandbox have theirs.

| Reading | Calls | By turns of the lane | CPU, s | Clock, s | Peak memory, MB |
|---|---:|---|---:|---:|---:|
{rows}
"""


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="exact-bench-") as place:
        count = int(os.environ.get("INVOICES", INVOICES))
        with environments(Path(place) / "servers", "payments") as [own]:
            sys.stdout.write(written(measure(Path(place), own, count), count))

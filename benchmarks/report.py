"""Writes the figures of a benchmark as the page docs/benchmarks.md."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, datetime

BOUND_MS = 20
WANTED_A_SECOND = 500


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one kind of read takes, in milliseconds, and the size of its answer in bytes."""

    name: str
    median: float
    p95: float
    size: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything one run measured; sizes in megabytes, times in seconds or milliseconds (mixed)."""

    entries: int
    fill_seconds: float
    file_megabytes: float
    workers: int
    connections: int
    seconds: float
    singles: list[Timing]
    requests_a_second: float
    statuses: dict[str, int]
    mixed_median: float
    mixed_p95: float
    memory_megabytes: list[float]


def written(figures: Figures, *, cores: int, load: float) -> str:
    """Return the page; `load` is the machine's load average, other programs included."""
    rows = "\n".join(
        f"| {timing.name} | {timing.median:.1f} | {timing.p95:.1f} | {timing.size:,} |"
        for timing in figures.singles
    )
    answers = ", ".join(f"{count:,} with {status}" for status, count in figures.statuses.items())
    memory = " + ".join(f"{megabytes:.0f}" for megabytes in figures.memory_megabytes)
    return f"""# Benchmarks of the Exact sandbox

Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {cores} cores ({platform.machine()},
{platform.system()}), Python {platform.python_version()}. The sandbox, its clients and the load generator share these
cores; all talk HTTP over loopback, and every call is counted, limited and logged as always. The machine's load average
was {load:.1f} afterwards: far more than {cores} means that other work took part of the cores.

{figures.entries:,} sales entries in one division, booked by the rules a POST goes through in
{figures.fill_seconds:.0f} seconds; the file is {figures.file_megabytes:.0f} MB.

## Reads, one by one

Wanted: each under {BOUND_MS} ms. {figures.workers} worker processes, one client, times in milliseconds.

| Read | Median | 95 % | Bytes |
|---|---:|---:|---:|
{rows}

## Mixed load

Wanted: {WANTED_A_SECOND} requests a second. {figures.workers} workers, {figures.connections} connections from another process,
{figures.seconds:.0f} seconds: 40 % keyed reads, 25 % pages by YourRef, 15 % syncs without news, 8 % pages of 60,
2 % sync pages of 1,000, 10 % bookings.

**{figures.requests_a_second:,.0f} requests a second**, median {figures.mixed_median:.1f} ms, 95 % under {figures.mixed_p95:.1f} ms; answers: {answers}.

Resident memory of the workers afterwards: {memory} MB.
"""

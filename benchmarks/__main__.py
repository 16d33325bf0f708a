"""Fills a division, measures reads one by one, a mixed load, the reading of payments and the invoice list; writes docs/benchmarks.md.

`make bench`; `python -m benchmarks --help` for a smaller one.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import invoices, payments
from benchmarks.books import fill
from benchmarks.client import Client
from benchmarks.database import environments
from benchmarks.programs import ROOT, Program, running, token_of
from benchmarks.questions import learn, single_cases
from benchmarks.report import Figures, Timing, written


def time_singles(program: Program, token: str, entries: int, times: int) -> list[Timing]:
    """Measure each read alone, one after the other."""
    client = Client(program.port, token)
    timings = []
    for case in single_cases(learn(client, entries)):
        answers = [client.call("GET", case.path) for _ in range(times + 3)][3:]
        if {answer.status for answer in answers} != {200}:
            raise RuntimeError(f"{case.name}: {answers[0].body[:300]!r}")
        taken = sorted(answer.milliseconds for answer in answers)
        timings.append(
            Timing(case.name, statistics.median(taken), _p95(taken), len(answers[0].body))
        )
    client.close()
    return timings


def mixed_load(
    program: Program, token: str, entries: int, seconds: float, connections: int
) -> tuple[float, dict[str, int], list[float]]:
    """Return requests a second, answers by status and the times of a mixed load."""
    arguments = [str(program.port), token, str(entries), str(seconds), str(connections)]
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "benchmarks.load", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    result = json.loads(done.stdout)
    times: list[float] = result["milliseconds"]
    return len(times) / result["seconds"], result["statuses"], times


def measure(chosen: argparse.Namespace, data: Path) -> Figures:
    """Run every measurement on new books in a file."""
    started = time.monotonic()
    fill(data, chosen.entries)
    filled = time.monotonic() - started
    with running(data, chosen.workers) as program:
        token = token_of(data)
        singles = time_singles(program, token, chosen.entries, chosen.times)
        rate, statuses, times = mixed_load(
            program, token, chosen.entries, chosen.seconds, chosen.connections
        )
        memory = program.memory_megabytes()
    return Figures(
        entries=chosen.entries,
        fill_seconds=filled,
        file_megabytes=data.stat().st_size / 1e6,
        workers=chosen.workers,
        connections=chosen.connections,
        seconds=chosen.seconds,
        singles=singles,
        requests_a_second=rate,
        statuses=statuses,
        mixed_median=statistics.median(times),
        mixed_p95=_p95(times),
        memory_megabytes=memory,
    )


def _p95(ordered: list[float]) -> float:
    return ordered[min(int(len(ordered) * 0.95), len(ordered) - 1)]


def main(arguments: list[str]) -> int:
    """Measure, print, and write the report when asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000, help="sales entries to book")
    parser.add_argument("--times", type=int, default=100, help="how often each read is made")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of the mixed load")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument(
        "--invoices", type=int, default=payments.INVOICES, help="open invoices to read"
    )
    parser.add_argument(
        "--hours", type=int, default=payments.HOURS, help="how long payments are read"
    )
    parser.add_argument(
        "--listed", type=int, default=invoices.INVOICES, help="invoices of the list"
    )
    parser.add_argument(
        "--others", type=int, default=invoices.OTHERS, help="organizations beside the listed one"
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=invoices.ROUNDS,
        help="how often each way of the list is opened",
    )
    parser.add_argument(
        "--step", type=int, default=1, help="open the list in every n-th of its ways only"
    )
    parser.add_argument("--report", type=Path, help="Markdown file to write the figures to")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="exact-bench-") as folder:
        figures = measure(chosen, Path(folder) / "books.sqlite3")
        with environments(Path(folder) / "servers", "payments", "list") as [reading, listing]:
            readings = payments.measure(Path(folder), reading, chosen.invoices, chosen.hours)
            listed = invoices.measure(
                listing, chosen.listed, chosen.others, chosen.rounds, chosen.step
            )
    text = written(figures, cores=os.cpu_count() or 1, load=os.getloadavg()[0])
    text += payments.written(readings, chosen.invoices) + invoices.written(listed)
    sys.stdout.write(text)
    if chosen.report:
        chosen.report.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

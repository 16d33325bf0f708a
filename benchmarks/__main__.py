"""Fills a division, measures reads one by one and a mixed load, and writes docs/benchmarks.md.

`make bench`; `python -m benchmarks --help` for a smaller one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.books import USERNAME, fill
from benchmarks.client import Client
from benchmarks.questions import learn, single_cases
from benchmarks.report import Figures, Timing, written
from exact_sandbox.applications import find_application
from exact_sandbox.oauth.grants import log_on_without_pages
from exact_sandbox.options import Options
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import user_by_name

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Program:
    """A sandbox that runs in processes of its own."""

    process: subprocess.Popen[str]
    port: int

    def memory_megabytes(self) -> list[float]:
        """Return the resident memory of each process that serves."""
        return [_resident_megabytes(pid) for pid in _children(self.process.pid)]


@contextlib.contextmanager
def running(data: Path, workers: int) -> Iterator[Program]:
    """Run a sandbox for the length of a `with` block."""
    command = [sys.executable, "-m", "exact_sandbox", "--port", "0", "--data", str(data)]
    command += ["--workers", str(workers), "--minute-limit", "10000000", "--day-limit", "10000000"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    with process, contextlib.ExitStack() as stack:
        stack.callback(process.send_signal, signal.SIGTERM)
        line = process.stdout.readline() if process.stdout else ""
        port = re.search(r":(\d+)", line)
        if port is None:
            raise RuntimeError(f"The sandbox did not start: {line}")
        yield Program(process, int(port[1]))


def token_of(data: Path) -> str:
    """Return a fresh access token."""
    sandbox = Sandbox(Options(data=data), joining=True)
    try:
        application = find_application(sandbox.database, sandbox.options.client_id)
        user = user_by_name(sandbox.database, USERNAME)
        if application is None or user is None:
            raise LookupError("The seed lacks the application or the user.")
        return log_on_without_pages(sandbox, application, user.id)["access_token"]
    finally:
        sandbox.close()


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


def _children(pid: int) -> list[int]:
    """Return the workers of a program, or the program itself when it serves alone."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(child) for child in text.split()] or [pid]


def _resident_megabytes(pid: int) -> float:
    match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"))
    return int(match[1]) / 1024 if match else 0.0


def main(arguments: list[str]) -> int:
    """Measure, print, and write the report when asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000, help="sales entries to book")
    parser.add_argument("--times", type=int, default=100, help="how often each read is made")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of the mixed load")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--report", type=Path, help="Markdown file to write the figures to")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="exact-bench-") as folder:
        figures = measure(chosen, Path(folder) / "books.sqlite3")
    text = written(figures, cores=os.cpu_count() or 1, load=os.getloadavg()[0])
    sys.stdout.write(text)
    if chosen.report:
        chosen.report.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

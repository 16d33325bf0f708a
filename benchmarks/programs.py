"""The sandbox in processes of its own, and who may call it."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.books import USERNAME
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


def _children(pid: int) -> list[int]:
    """Return the workers of a program, or the program itself when it serves alone."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(child) for child in text.split()] or [pid]


def _resident_megabytes(pid: int) -> float:
    match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"))
    return int(match[1]) / 1024 if match else 0.0

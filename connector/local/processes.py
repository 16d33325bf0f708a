"""Start, watch and end operating-system processes on behalf of the local servers and the demo."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import signal
import socket
import subprocess
from pathlib import Path

LOOPBACK = "127.0.0.1"
LINUX = platform.system() == "Linux"


def free_port(preferred: int | None = None) -> int:
    """This function will return ``preferred`` when nothing listens there, else a port the system picks."""
    for candidate in (preferred, 0):
        if candidate is None:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # The servers set this too, so a port in TIME_WAIT counts as free for us as for them.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((LOOPBACK, candidate))
                return int(probe.getsockname()[1])
    raise OSError("This machine has no free port on its loopback address")


def command_of(pid: int) -> str:
    """This function will return the command line of a process, or "" when there is no such process."""
    if LINUX:
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            return ""
    found = subprocess.run(
        ["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return found.stdout.strip()


def working_in(folder: Path) -> list[int]:
    """This function will return the processes whose working folder this is (Linux; elsewhere none)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if entry.readlink() == folder:
                found.append(int(entry.parent.name))
    return found


def dies_with_parent(stop_signal: str) -> list[str]:
    """This function will return a command prefix that ends a process when its parent is killed.

    Linux only (``setpriv`` of util-linux); elsewhere the prefix is empty and the next start
    cleans up what a killed parent left behind.
    """
    setpriv = shutil.which("setpriv") if LINUX else None
    return [setpriv, f"--pdeathsig={stop_signal}", "--"] if setpriv else []


def stop(process: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> None:
    """This function will send each signal in turn, waiting its seconds, and kill what still runs."""
    for number, seconds in steps:
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    if process.poll() is None:
        process.kill()
        process.wait()


def write_private(path: Path, text: str) -> None:
    """This function will replace a file in one step, readable by its owner only."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def tail(path: Path, lines: int = 15) -> str:
    """This function will return the last lines of a log, or "" when there is no log."""
    with contextlib.suppress(OSError):
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    return ""

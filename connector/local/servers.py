"""The local PostgreSQL and Valkey: who uses them holds a lease, and the last one out stops them.

The servers belong to a supervisor process of their own (connector.local.supervisor). A lease is a
shared lock on a file, which the operating system gives back also when its holder is killed; the
supervisor ends the servers as soon as nobody holds one. Several test runs thus share one cluster.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from connector.local import processes

SOURCE_ROOT = Path(__file__).resolve().parents[2]
USERS_LOCK = "users.lock"
SUPERVISOR_LOCK = "supervisor.lock"
RUNNING = "running.json"
ANOTHER_SUPERVISOR = 3


class LocalServersError(Exception):
    """The local servers could not be started; the message says why."""


@dataclass(frozen=True)
class Urls:
    """Where the servers are: the owner runs migrations, the application role runs everything else."""

    database_owner_url: str
    database_url: str
    redis_url: str

    def environment(self) -> dict[str, str]:
        """This function will return the variables that connector.settings reads."""
        return {
            "DATABASE_OWNER_URL": self.database_owner_url,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
        }


class LocalServers:
    """PostgreSQL and Valkey below one folder, usable as a context manager."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        """``durable`` off (tests) lets PostgreSQL trade safety against a power cut for speed."""
        self.folder = folder.resolve()
        self.durable = durable
        self._lease: IO[bytes] | None = None

    def __enter__(self) -> Urls:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Urls:
        """This function will join the running servers or start them. Raises LocalServersError."""
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + 120
        self._lease = _lock(self.folder / USERS_LOCK, fcntl.LOCK_SH, deadline)
        try:
            return self._join(deadline)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """This function will give the lease back and, when nobody else holds one, end the servers."""
        if self._lease is None:
            return
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self._lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._end_supervisor()
        self._lease.close()
        self._lease = None

    def is_running(self) -> bool:
        """This function will tell whether the supervisor, and so both servers, still run."""
        return _is_held(self.folder / SUPERVISOR_LOCK)

    def _join(self, deadline: float) -> Urls:
        spawned = False
        while time.monotonic() < deadline:
            urls = running_urls(self.folder)
            if urls is not None:
                return urls
            if not self.is_running():
                if spawned:
                    log = processes.tail(self.folder / "logs" / "supervisor.log")
                    raise LocalServersError(f"The local servers did not start.\n{log}")
                spawned = self._spawn_supervisor()
            time.sleep(0.05)
        raise LocalServersError(
            f"The local servers in {self.folder} took more than two minutes to start"
        )

    def _spawn_supervisor(self) -> bool:
        """Start one and return once it holds its lock; False when another one was faster."""
        command = [sys.executable, "-m", "connector.local.supervisor", str(self.folder)]
        with (self.folder / "logs" / "supervisor.log").open("ab") as log:
            # A session of its own: Ctrl-C in our terminal must reach us first, the servers last.
            status = subprocess.run(
                [*command, "durable" if self.durable else "fast"],
                cwd=SOURCE_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                check=False,
            ).returncode
        return status != ANOTHER_SUPERVISOR

    def _end_supervisor(self) -> None:
        pid = _running(self.folder).get("pid")
        if not isinstance(pid, int) or not self.is_running():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 40
        while processes.command_of(pid) and time.monotonic() < deadline:
            time.sleep(0.02)


def running_urls(folder: Path) -> Urls | None:
    """This function will return the addresses of the servers running in a folder, or None."""
    if not _is_held(folder / SUPERVISOR_LOCK):
        return None
    record = _running(folder)
    pid, urls = record.get("pid"), record.get("urls")
    # A killed supervisor keeps its lock for the moment in which the system takes it down.
    alive = isinstance(pid, int) and processes.command_of(pid)
    return Urls(**urls) if alive and isinstance(urls, dict) else None


def announce(folder: Path, urls: Urls | None) -> None:
    """This function will tell users of the folder who runs the servers and, once they answer, where."""
    record = {"pid": os.getpid(), "urls": urls and asdict(urls)}
    processes.write_private(folder / RUNNING, json.dumps(record))


def _running(folder: Path) -> dict[str, object]:
    try:
        record = json.loads((folder / RUNNING).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _lock(path: Path, kind: int, deadline: float) -> IO[bytes]:
    file = path.open("ab")
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                file.close()
                raise LocalServersError(
                    f"Another process is still stopping the servers in {path.parent}"
                ) from None
            time.sleep(0.1)
        else:
            return file

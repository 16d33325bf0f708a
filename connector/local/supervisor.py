"""The process that owns the local PostgreSQL and Valkey and ends them when nobody uses them."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from connector.local import postgres, processes, servers, valkey


def main(folder: Path, *, durable: bool) -> int:
    """This function will run both servers until the last lease is gone; returns the exit status."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    with (folder / servers.SUPERVISOR_LOCK).open("ab") as own_lock:
        try:
            fcntl.flock(own_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return servers.ANOTHER_SUPERVISOR
        # What a killed supervisor announced must be gone before the caller sees that one runs.
        (folder / servers.RUNNING).unlink(missing_ok=True)
        # The lock is held from here on; the caller goes on and we are nobody's child any more.
        if os.fork():
            return 0
        servers.announce(folder, None)
        try:
            with _both(folder, durable=durable) as started:
                return _watch(folder, started, stopping)
        except (postgres.PostgresNotStarted, valkey.ValkeyNotStarted) as problem:
            sys.stderr.write(f"{problem}\n")
            return 1
        finally:
            (folder / servers.RUNNING).unlink(missing_ok=True)


@contextlib.contextmanager
def _both(folder: Path, *, durable: bool) -> Iterator[list[subprocess.Popen[bytes]]]:
    state = _state(folder)
    ports, passwords = state["ports"], state["passwords"]
    roles = postgres.Passwords(passwords["superuser"], passwords["owner"], passwords["application"])
    broker = valkey.Valkey(folder, int(ports["valkey"]), passwords["valkey"])
    database = postgres.Postgres(folder, int(ports["postgres"]), roles, durable)
    with contextlib.ExitStack() as cleanup:
        broker_process = broker.start()
        cleanup.callback(valkey.stop, broker_process)
        database_process = database.start()
        cleanup.callback(postgres.stop, database_process)
        owner_url = database.url(postgres.OWNER, roles.owner)
        application_url = database.url(postgres.APPLICATION, roles.application)
        servers.announce(folder, servers.Urls(owner_url, application_url, broker.url))
        yield [broker_process, database_process]


def _watch(folder: Path, started: list[subprocess.Popen[bytes]], stopping: threading.Event) -> int:
    with (folder / servers.USERS_LOCK).open("ab") as users:
        while not stopping.wait(0.5):
            ended = [process for process in started if process.poll() is not None]
            if ended:
                sys.stderr.write(f"A server ended by itself with status {ended[0].returncode}\n")
                return 1
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Removed while no lease can be taken, so that a newcomer waits for a fresh start.
                (folder / servers.RUNNING).unlink(missing_ok=True)
                return 0
    return 0


def _state(folder: Path) -> dict[str, dict[str, str]]:
    """Ports and passwords, chosen at the first start and kept; a port taken since is chosen anew."""
    path = folder / "servers.json"
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    ports = known.get("ports", {})
    names = ("superuser", "owner", "application", "valkey")
    passwords = known.get("passwords") or {name: secrets.token_urlsafe(24) for name in names}
    chosen = {
        name: str(processes.free_port(_number(ports.get(name)))) for name in ("postgres", "valkey")
    }
    state = {"ports": chosen, "passwords": passwords}
    processes.write_private(path, json.dumps(state, indent=2))
    return state


def _number(text: str | None) -> int | None:
    return int(text) if text else None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), durable=sys.argv[2] == "durable"))

"""Real worker processes that can be killed, on the test's own database, broker and sandbox."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.utils import timezone

from exact_sandbox.server import RunningSandbox
from integrations import lanes
from tests.journeys.conftest import exact, running_exact, world

__all__ = ["exact", "running_exact", "world"]

ROOT = Path(__file__).resolve().parents[2]


class Worker:
    """A Celery worker in a process of its own; `crash_at` kills it at a named place."""

    def __init__(
        self,
        environment: dict[str, str],
        crash_at: str = "",
        *,
        children: int = 0,
        more: Sequence[str] = (),
    ) -> None:
        # One process, no pool: killing it is losing the whole host. A pool replaces a child that is killed.
        pool = ["--concurrency", str(children)] if children else ["--pool", "solo"]
        command = [sys.executable, "-m", "celery", "-A", "connector", "worker", *pool, *more]
        options = [
            "--queues",
            "default,exact",
            "--without-gossip",
            "--without-mingle",
            "--loglevel",
            "WARNING",
        ]
        self.environment = environment | ({"CRASH_AT": crash_at} if crash_at else {})
        self._process = subprocess.Popen(  # noqa: S603  # our own program
            [*command, *options],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def child(self) -> psutil.Process:
        """The pool's only child, once it is there."""
        end = time.monotonic() + 20
        while not (children := psutil.Process(self._process.pid).children()):
            assert time.monotonic() < end, "The pool has no child"
            time.sleep(0.05)
        return children[0]

    def kill(self) -> None:
        """SIGKILL, as the out-of-memory killer or a lost host would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def stop(self) -> str:
        """SIGTERM, as a deploy does: it ends by itself. Returns what it logged."""
        self._process.terminate()
        output, _ = self._process.communicate(timeout=40)
        return output.decode()

    def died_by_itself(self) -> bool:
        """Whether the crash point was reached."""
        return self._process.poll() == -signal.SIGKILL


@pytest.fixture
def worker(
    world, exact: RunningSandbox, application_database_url
) -> Iterator[Callable[..., Worker]]:
    """Start workers as the restricted database role of production; whatever is left is killed at the end."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "connector.settings",
        "DATABASE_URL": application_database_url,
        "REDIS_PREFIX": os.environ["REDIS_PREFIX"],
        "SECRET_KEY": django_settings.SECRET_KEY,
        "ENCRYPTION_KEYS": os.environ["ENCRYPTION_KEYS"],
        "EXACT_BASE_URL": exact.base_url,
        "EXACT_ALLOW_ANY_HOST": "1",
        "EXACT_CLIENT_ID": django_settings.EXACT_CLIENT_ID,
        "EXACT_CLIENT_SECRET": django_settings.EXACT_CLIENT_SECRET,
        "COPY_SETTLE_SECONDS": "1",
        "COPY_SETTLE_SECONDS_GUARDED": "1",
        "COPY_SEND_LEASE_SECONDS": "2",
        "LANE_LEASE_SECONDS": "2",
    }
    with current_app.connection_for_write() as broker:
        for queue in ("default", "exact"):
            broker.SimpleQueue(queue).clear()
    started: list[Worker] = []

    def start(
        crash_at: str = "", *, children: int = 0, more: Sequence[str] = (), **settings: str
    ) -> Worker:
        started.append(Worker(environment | settings, crash_at, children=children, more=more))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def sweep_until() -> Callable[..., None]:
    """Ring the due lanes, as beat does, until something is so."""

    def wait(ready: Callable[[], bool], seconds: float = 40.0) -> None:
        end = time.monotonic() + seconds
        while not ready():
            assert time.monotonic() < end, "It did not happen in time"
            lanes.sweep(timezone.now())
            time.sleep(0.25)

    return wait

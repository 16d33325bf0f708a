"""The product as real processes on its own servers, with the sandbox beside it; everything can be killed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import requests
from django.db import connections

from connector.local import processes, valkey
from connector.local.servers import SOURCE_ROOT
from tests.torture.ground import Ground
from tests.torture.programs import Broker, Database, Program, wait_until
from tests.torture.sandbox import SandboxControl

_START_SECONDS = 90.0


class Stage:
    """PostgreSQL, Valkey and the sandbox run from the start; workers, beat and web when a scenario asks for them."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.database = Database(ground.postgres)
        self.broker = Broker(
            valkey.Valkey(ground.folder, ground.ports["valkey"], ground.secrets["VALKEY_PASSWORD"])
        )
        self.sandbox = SandboxControl(ground.sandbox_url, ground.secrets["EXACT_CLIENT_ID"])
        self.workers: list[Program] = []
        self.beats: list[Program] = []
        self.programs: list[Program] = []

    def __enter__(self) -> Self:
        try:
            self.database.start()
            self.broker.start()
            self.exact = self.start_sandbox()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """This function will end everything that was started."""
        for program in reversed(self.programs):
            with contextlib.suppress(ProcessLookupError):
                program.kill()
        connections.close_all()
        self.broker.stop()
        self.database.stop()

    # --- Programs ---

    def start(
        self, name: str, *command: str, environment: Mapping[str, str] | None = None
    ) -> Program:
        """This function will start `python -m command` with the product's environment; its log is `name`.log."""
        program = Program(
            name,
            command,
            {**self.ground.environment(), **(environment or {})},
            self.ground.logs / f"{name}.log",
        )
        self.programs.append(program)
        return program

    def start_sandbox(self) -> Program:
        """This function will start the stand-in for Exact, which keeps its books in a file, and wait for it."""
        program = self.start(
            "sandbox",
            "exact_sandbox",
            *("--port", str(self.ground.ports["sandbox"])),
            *("--data", str(self.ground.folder / "sandbox.sqlite3")),
        )
        wait_until(self.sandbox.is_up, _START_SECONDS, "The sandbox answers")
        return program

    def start_workers(
        self, count: int = 1, *, children: int = 0, environment: Mapping[str, str] | None = None
    ) -> list[Program]:
        """This function will start Celery workers: with a pool of children each, or without one (solo).

        Losing a solo worker is losing a host; a pool replaces a child that was killed at once.
        """
        pool = ["--concurrency", str(children)] if children else ["--pool", "solo"]
        started = [
            self.start(
                f"worker-{len(self.workers) + number}",
                *("celery", "-A", "connector", "worker", "--queues", "exact,default", *pool),
                *("--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
                *("--hostname", f"torture-{len(self.workers) + number}@localhost"),
                environment=environment,
            )
            for number in range(count)
        ]
        self.workers += started
        return started

    def start_beat(self, *, environment: Mapping[str, str] | None = None) -> Program:
        """This function will start beat, which rings what a lost message left behind."""
        beat = self.start(
            "beat",
            *("celery", "-A", "connector", "beat", "--loglevel", "WARNING"),
            *("--pidfile", ""),
            environment=environment,
        )
        self.beats.append(beat)
        return beat

    def start_web(
        self, *, workers: int = 2, environment: Mapping[str, str] | None = None
    ) -> Program:
        """This function will start the web server with its pages, and wait until it answers."""
        self.manage("collectstatic", "--no-input")
        program = self.start(
            "web",
            *("gunicorn", "tests.torture.warm_web", "--preload", "--access-logfile", "-"),
            *("--bind", f"{processes.LOOPBACK}:{self.ground.ports['web']}"),
            *("--workers", str(workers), "--threads", "2", "--no-control-socket"),
            environment=environment,
        )
        wait_until(self._web_answers, _START_SECONDS, "The web server answers")
        return program

    def dismiss(self, programs: Sequence[Program]) -> None:
        """This function will end programs for good."""
        for program in programs:
            program.kill()
            self.programs.remove(program)
        self.workers = [worker for worker in self.workers if worker not in programs]

    def supervise(self) -> int:
        """This function will start programs again that have ended by themselves, as a service manager does; it returns how many.

        Celery ends a worker whose pool lost a child before it was up.
        """
        ended = [program for program in self.programs if not program.is_alive]
        for program in ended:
            program.start()
        return len(ended)

    def manage(self, *command: str) -> str:
        """This function will run a management command to its end and return what it printed."""
        done = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "manage.py", *command],
            cwd=SOURCE_ROOT,
            env={**os.environ, **self.ground.environment()},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def _web_answers(self) -> bool:
        try:
            return requests.get(f"{self.ground.web_url}/health/live", timeout=2).ok
        except requests.RequestException:
            return False


def say(text: str) -> None:
    """This function will print a line of progress with the time."""
    sys.stdout.write(f"  {time.strftime('%H:%M:%S', time.gmtime())} {text}\n")
    sys.stdout.flush()

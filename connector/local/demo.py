"""Run the whole product with sample data and the Exact sandbox until Ctrl-C, or its journey without a person."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from connector.local import processes
from connector.local.installation import Installation, open_installation
from connector.local.servers import SOURCE_ROOT, LocalServers, LocalServersError
from connector.local.welcome import welcome

START_SECONDS = 90
STOP_SECONDS = 8


class DemoFailed(Exception):
    """A part of the demo did not start or ended by itself; the message says which and shows its log."""


@dataclass(frozen=True)
class Program:
    """One running part of the demo."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


def run_demo(folder: Path) -> int:
    """This function will serve the demo until Ctrl-C or SIGTERM and return the exit status."""
    return _guarded(lambda: _serve(open_installation(folder, fixed_ports=True)), folder)


def run_check(folder: Path) -> int:
    """This function will run the journey on a fresh demo and return 0 when every step went well."""
    shutil.rmtree(folder, ignore_errors=True)
    return _guarded(lambda: _walk(open_installation(folder, fixed_ports=False)), folder)


def _serve(installation: Installation) -> None:
    from connector.local import month_end  # noqa: PLC0415 - its steps raise what this module names

    with _running(installation) as (programs, people):
        month_end.prepare(installation.web_url, installation.sandbox_url)
        sys.stdout.write(welcome(installation, people))
        sys.stdout.flush()
        while True:
            time.sleep(0.5)
            _all_alive(programs)


def _walk(installation: Installation) -> None:
    from connector.local import journey  # noqa: PLC0415 - only the check needs what it imports

    with _running(installation) as (programs, _):
        journey.run(installation.web_url, installation.sandbox_url)
        _all_alive(programs)


def _guarded(work: Callable[[], None], folder: Path) -> int:
    began = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write(f"A demo already runs in {folder}; end it with Ctrl-C first.\n")
            return 1
        try:
            work()
        except KeyboardInterrupt:
            sys.stdout.write("\nEverything is stopped; the next start continues with the data.\n")
            return 0
        except (DemoFailed, LocalServersError) as problem:
            sys.stderr.write(f"\n{problem}\n")
            return 1
    sys.stdout.write(f"All steps passed in {time.monotonic() - began:.0f} s\n")
    return 0


def _interrupt(*_: object) -> None:
    # A second Ctrl-C while everything is being stopped would leave half of it behind.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextlib.contextmanager
def _running(installation: Installation) -> Iterator[tuple[list[Program], str]]:
    programs: list[Program] = []
    with _servers(installation.folder) as urls:
        environment = installation.environment(urls)
        owner = {**environment, "DATABASE_URL": environment["DATABASE_OWNER_URL"]}
        try:
            _step("Preparing the database", "migrate", installation, owner)
            _step("Collecting static files", "collectstatic --no-input", installation, environment)
            programs.append(_start_sandbox(installation, environment))
            people = _step(
                "Loading the demo agency", "seed_demo --really", installation, environment
            )
            _say("Starting web, worker and beat")
            programs += [
                _start(name, installation, environment) for name in ("web", "worker", "beat")
            ]
            _wait_for_page(installation.web_port, "/health/live", programs)
            _wait_for_worker(environment, programs)
            yield programs, people
        finally:
            _stop(programs)


@contextlib.contextmanager
def _servers(folder: Path) -> Iterator[dict[str, str]]:
    """The embedded servers, or those that the environment names instead."""
    named = {
        name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)
    }
    if "DATABASE_URL" in named:
        named["DATABASE_OWNER_URL"] = os.environ.get("DATABASE_OWNER_URL", named["DATABASE_URL"])
    if named.keys() >= {"DATABASE_URL", "REDIS_URL"}:
        yield named
        return
    _say("Starting PostgreSQL and Valkey")
    with LocalServers(folder) as urls:
        yield urls.environment() | named


def _command(name: str, installation: Installation) -> list[str]:
    python = [sys.executable, "-m"]
    match name:
        case "sandbox":
            data = str(installation.folder / "sandbox.sqlite3")
            return [
                *python,
                "exact_sandbox",
                "--port",
                str(installation.sandbox_port),
                "--data",
                data,
            ]
        case "web":
            address = f"{processes.LOOPBACK}:{installation.web_port}"
            return [
                *(
                    *python,
                    "gunicorn",
                    "connector.wsgi",
                    "--bind",
                    address,
                ),
                *("--workers", "2", "--threads", "4", "--graceful-timeout", "3"),
                "--no-control-socket",  # its path is one for all gunicorns of a user
            ]
        case "worker":
            return [
                *(*python, "celery", "-A", "connector", "worker", "--queues", "exact,default"),
                *("--concurrency", "2", "--without-gossip", "--without-mingle"),
                *("--hostname", "demo@localhost", "--loglevel", "INFO"),
            ]
        case _:
            pid_file = str(installation.folder / "beat.pid")
            return [
                *python,
                "celery",
                "-A",
                "connector",
                "beat",
                "--loglevel",
                "INFO",
                "--pidfile",
                pid_file,
            ]


def _start_sandbox(installation: Installation, environment: dict[str, str]) -> Program:
    _say("Starting the Exact sandbox")
    program = _start("sandbox", installation, environment)
    _wait_for_page(installation.sandbox_port, "/", [program])
    return program


def _start(name: str, installation: Installation, environment: dict[str, str]) -> Program:
    path = installation.logs / f"{name}.log"
    if name == "beat":
        # Left by a killed run; the lock on the folder says that no other beat can be alive.
        (installation.folder / "beat.pid").unlink(missing_ok=True)
    with path.open("wb") as log:
        process = subprocess.Popen(
            [*processes.dies_with_parent("TERM"), *_command(name, installation)],
            cwd=SOURCE_ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C reaches the demo alone, which then ends its programs in order.
            start_new_session=True,
        )
    return Program(name, process, path)


def _step(what: str, command: str, installation: Installation, environment: dict[str, str]) -> str:
    """Run one management command to its end and return what it printed. Raises DemoFailed."""
    _say(what)
    done = subprocess.run(
        [*processes.dies_with_parent("TERM"), sys.executable, "manage.py", *command.split()],
        cwd=SOURCE_ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    log = installation.logs / f"{command.split(maxsplit=1)[0]}.log"
    log.write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode:
        raise DemoFailed(f"{what} failed (manage.py {command}):\n{processes.tail(log, 30)}")
    return done.stdout


def _wait_for_page(port: int, path: str, programs: list[Program]) -> None:
    deadline = time.monotonic() + START_SECONDS
    answer = "nothing answers"
    while time.monotonic() < deadline:
        _all_alive(programs)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(processes.LOOPBACK, port, timeout=5)
            with contextlib.closing(connection):
                connection.request("GET", path, headers={"Host": f"localhost:{port}"})
                status = connection.getresponse().status
            if status < http.HTTPStatus.BAD_REQUEST:
                return
            answer = f"the answer is {status}"
        time.sleep(0.1)
    last = programs[-1]
    raise DemoFailed(
        f"Port {port} {path}: {answer}. Log of {last.name}:\n{processes.tail(last.log, 30)}"
    )


def _wait_for_worker(environment: dict[str, str], programs: list[Program]) -> None:
    deadline = time.monotonic() + START_SECONDS
    ping = [sys.executable, "-m", "celery", "-A", "connector", "inspect", "ping", "--timeout", "2"]
    while time.monotonic() < deadline:
        _all_alive(programs)
        answered = subprocess.run(
            ping, cwd=SOURCE_ROOT, env=environment, capture_output=True, check=False
        )
        if answered.returncode == 0:
            return
    raise DemoFailed("The worker did not answer")


def _all_alive(programs: list[Program]) -> None:
    for program in programs:
        status = program.process.poll()
        if status is not None:
            raise DemoFailed(
                f"{program.name} ended by itself with status {status}; the end of its log:\n"
                f"{processes.tail(program.log, 30)}"
            )


def _stop(programs: list[Program]) -> None:
    """End all at once; what has not ended after some seconds is killed, which the rows survive."""
    for program in reversed(programs):
        with contextlib.suppress(ProcessLookupError):
            program.process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for program in programs:
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.process.wait(max(0.1, deadline - time.monotonic()))
        # Each program leads a session: this reaches the children of a worker or server as well.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.process.pid, signal.SIGKILL)
        program.process.wait()


def _say(what: str) -> None:
    sys.stdout.write(f"{what} ...\n")
    sys.stdout.flush()

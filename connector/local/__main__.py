"""The command line of the local servers and the demo: ``python -m connector.local --help``."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from connector.catalogs.compiling import compile_stale
from connector.local import demo, servers

LOCAL = servers.SOURCE_ROOT / ".local"


def main(arguments: list[str]) -> int:
    """This function will run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m connector.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("demo", "run the whole product with sample data until Ctrl-C"),
        ("demo-check", "run the demo's journey without a person"),
        ("servers", "start PostgreSQL and Valkey, print where they are, run until Ctrl-C"),
        ("env", "print the export lines of servers that run"),
    ):
        command = commands.add_parser(name, help=text)
        place = "servers" if name == "env" else name
        command.add_argument(
            "--folder", type=Path, default=LOCAL / place, help="where its data is kept"
        )
    commands.add_parser("test", help="run pytest; further arguments are passed on")
    known, rest = parser.parse_known_args(arguments)
    if rest and known.command != "test":
        parser.error(f"unknown arguments: {' '.join(rest)}")
    try:
        return _run(known, rest)
    except servers.LocalServersError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1


def _run(known: argparse.Namespace, rest: list[str]) -> int:
    compile_stale()
    match known.command:
        case "demo":
            return demo.run_demo(known.folder.resolve())
        case "demo-check":
            return demo.run_check(known.folder.resolve())
        case "servers":
            return keep_servers(known.folder)
        case "env":
            return print_environment(known.folder)
        case _:
            return run_tests(rest)


def keep_servers(folder: Path) -> int:
    """This function will hold the servers until Ctrl-C or SIGTERM; it returns 1 when they end before."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    local = servers.LocalServers(folder)
    with local as urls:
        sys.stdout.write(_exports(urls))
        sys.stdout.flush()
        while not stopping.wait(1):
            if not local.is_running():
                sys.stderr.write(f"The servers ended; see {folder / 'logs'}\n")
                return 1
    return 0


def print_environment(folder: Path) -> int:
    """This function will print the export lines of running servers; it returns 1 when none run."""
    urls = servers.running_urls(folder)
    if urls is None:
        sys.stderr.write(f"No servers run in {folder}\n")
        return 1
    sys.stdout.write(_exports(urls))
    return 0


# Test files stay whole on one worker: a file's sandbox or server is then started once. They come in the order of
# tests/order.py, and three at a time for two cores: a third of the time goes into waiting for processes.
_WHOLE = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "--durations=15")


def run_tests(arguments: list[str]) -> int:
    """This function will run pytest and return its status; tests/conftest.py starts the servers."""
    results = servers.SOURCE_ROOT / "test-results"
    results.mkdir(exist_ok=True)
    began = time.monotonic()
    pytest = [sys.executable, "-m", "pytest", f"--junit-xml={results / 'junit.xml'}"]
    status = subprocess.run(
        [*pytest, *(arguments or _WHOLE)],
        cwd=servers.SOURCE_ROOT,
        env=os.environ,
        check=False,
    ).returncode
    sys.stdout.write(f"pytest took {time.monotonic() - began:.0f} s\n")
    return status


def _exports(urls: servers.Urls) -> str:
    return "".join(f"export {name}='{value}'\n" for name, value in urls.environment().items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

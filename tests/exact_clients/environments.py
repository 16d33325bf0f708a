"""Make each foreign client's own virtual environment, once, from its pinned requirements."""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements"
ENVIRONMENTS = HERE.parents[1] / ".local" / "exact-clients"
INSTALL = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--retries", "2"]
# How pip says that it got no answer at all; anything else is a fault of the requirements.
NO_ANSWER = "connection broken by"


class NoPackageIndex(Exception):
    """The package index did not answer, so the client cannot be installed."""


def python_of(client: str) -> Path:
    """This function will return the interpreter of a client's environment, which it makes when it must.

    Raises NoPackageIndex when the index cannot be reached, and RuntimeError when a requirement
    cannot be installed.
    """
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    folder = ENVIRONMENTS / client
    mark = folder / "made-from"
    wanted = _fingerprint(client)
    # Two test processes may want the same environment; the second waits and finds it made.
    with (ENVIRONMENTS / f"{client}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text() != wanted:
            _make(folder, client)
            mark.write_text(wanted)
    return folder / "bin" / "python"


def _files(client: str) -> tuple[Path, Path]:
    return REQUIREMENTS / "build.txt", REQUIREMENTS / f"{client}.txt"


def _fingerprint(client: str) -> str:
    digest = hashlib.sha256(f"{sys.executable} {sys.version}".encode())
    for file in _files(client):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _make(folder: Path, client: str) -> None:
    _run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)])
    into = [*INSTALL, "--python", str(folder / "bin" / "python"), "install", "--require-hashes"]
    for file in _files(client):
        # Built with what build.txt pins, not with what the index offers today.
        _run([*into, "--quiet", "--no-build-isolation", "--requirement", str(file)])


def _run(command: list[str]) -> None:
    done = subprocess.run(  # noqa: S603 - no argument comes from outside
        command, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return
    said = f"{done.stdout}\n{done.stderr}"
    if NO_ANSWER in said:
        raise NoPackageIndex("The package index cannot be reached")
    raise RuntimeError(f"{' '.join(command)} failed:\n{said}")

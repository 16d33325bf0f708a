"""A program that brings its own servers and settings, run from a scenario or the other way round."""

from __future__ import annotations

import os
import subprocess
import sys

from connector.local.servers import SOURCE_ROOT
from tests.torture.ground import SCALE

# What it must not inherit.
_OURS = frozenset({"DATABASE_URL", "REDIS_URL", "REDIS_PREFIX", "DJANGO_SETTINGS_MODULE", *SCALE})


def environment() -> dict[str, str]:
    """This function will return the variables that such a program may inherit."""
    return {name: value for name, value in os.environ.items() if name not in _OURS}


def start(*module: str, **variables: str) -> subprocess.Popen[bytes]:
    """This function will start `python -m module`."""
    return subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-m", *module], cwd=SOURCE_ROOT, env=environment() | variables
    )


def succeeds(*module: str, **variables: str) -> bool:
    """This function will run `python -m module` to its end and tell whether it ended well."""
    return start(*module, **variables).wait() == 0

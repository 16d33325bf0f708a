"""Named places where a test may kill the process, to prove that no crash loses or doubles an invoice.

CRASH_AT names the place, or several with commas between; the process dies there each time. With CRASH_ONCE_IN, the name of a folder, it dies there once
for each thing that passes (an invoice, a page): the folder remembers which were killed, also over restarts, and how many.
Outside tests neither variable is set and nothing happens.
"""

from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path


def crash_point(name: str, about: object = "") -> None:
    """This function will kill the process, as power loss would, when CRASH_AT names this place; `about` is what passes it."""
    if is_planned(name, about):
        die()


def is_planned(name: str, about: object = "") -> bool:
    """This function will tell whether the process has to die here and now; for a place that first leaves half done."""
    if name not in os.environ.get("CRASH_AT", "").split(","):
        return False
    folder = os.environ.get("CRASH_ONCE_IN")
    return not folder or _is_first(Path(folder), name, about)


def die() -> None:
    """This function will kill the process, as power loss would."""
    os.kill(os.getpid(), signal.SIGKILL)


def _is_first(folder: Path, name: str, about: object) -> bool:
    what = about if isinstance(about, bytes) else str(about).encode()
    try:
        (folder / f"{name}-{hashlib.sha256(what).hexdigest()}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True

"""Named places where a test may kill the process, to prove that no crash loses or doubles an invoice.

Outside tests the variable is not set and nothing happens.
"""

from __future__ import annotations

import os
import signal


def crash_point(name: str) -> None:
    """This function will kill the process, as power loss would, when CRASH_AT names this place."""
    if os.environ.get("CRASH_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)

"""The short size of a scenario of `make torture`, run as `python -m tests.torture` runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from connector.local.servers import SOURCE_ROOT
from tests.torture.apart import environment


def run_short(name: str, folder: Path, *, seconds: float = 420) -> dict[str, Any]:
    """Run it in a process of its own, on its own servers, and return its result."""
    path = folder / "result.json"
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", "tests.torture.child", name, "short", str(path)],
        cwd=SOURCE_ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert path.exists(), done.stdout + done.stderr
    result: dict[str, Any] = json.loads(path.read_text())
    assert result["passed"], f"{result['sentence']}\n{done.stdout}{done.stderr}"
    return result

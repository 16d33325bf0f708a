"""The main job on one command, over both routes: started for real, walked through pages and forms, and ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]
# The demo brings its own servers; those of the tests must not take their place.
_OF_THE_TESTS = {"DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_APP_URL", "REDIS_URL"}


def test_the_main_job_runs_from_nothing_and_leaves_no_process_behind(tmp_path):
    folder = tmp_path / "a folder with spaces"
    environment = {name: value for name, value in os.environ.items() if name not in _OF_THE_TESTS}

    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", "connector.local", "demo-check", "--folder", str(folder)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "the invoice becomes paid" in done.stdout
    assert "the invoice is open again" in done.stdout
    assert "one account, contact, invoice, entry and e-mail with a PDF" in done.stdout
    assert "Exact can not make its e-mail, and the page says so" in done.stdout
    assert "191 are ready, and three causes hold nine" in done.stdout
    left = [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if str(folder) in " ".join(process.info["cmdline"] or [])
    ]
    assert left == []

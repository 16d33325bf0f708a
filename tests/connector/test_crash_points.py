"""Kills for tests: nothing without the variable, and with a folder each thing once, also over restarts."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from connector import crash_points


@pytest.fixture
def deaths(monkeypatch) -> list[bool]:
    """How often the process would have died."""
    found: list[bool] = []
    monkeypatch.setattr(crash_points, "die", lambda: found.append(True))
    return found


def test_nothing_dies_when_no_place_is_named(deaths, monkeypatch):
    monkeypatch.delenv("CRASH_AT", raising=False)

    crash_points.crash_point("before_send", 1)

    assert deaths == []


def test_a_named_place_kills_each_time_and_others_never(deaths, monkeypatch):
    monkeypatch.setenv("CRASH_AT", "after_send,before_send")

    for place in ("before_send", "before_send", "after_send", "after_response"):
        crash_points.crash_point(place, 1)

    assert len(deaths) == 3


def test_with_a_folder_each_thing_dies_once_at_each_place(deaths, monkeypatch, tmp_path):
    monkeypatch.setenv("CRASH_AT", "after_send,before_send")
    monkeypatch.setenv("CRASH_ONCE_IN", str(tmp_path))

    for about in (1, 2, 1, b"body", b"body"):
        crash_points.crash_point("before_send", about)
    crash_points.crash_point("after_send", 1)

    assert len(deaths) == 4
    assert len(list(tmp_path.iterdir())) == 4


def test_dying_is_a_kill_that_nothing_can_catch():
    code = "from connector.crash_points import die\ntry:\n    die()\nfinally:\n    print('caught')"

    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert done.returncode == -signal.SIGKILL
    assert done.stdout == ""

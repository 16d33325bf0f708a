"""The benchmark in small, so that it goes on working and nothing becomes slow by far."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import main

pytestmark = pytest.mark.process


def test_a_small_benchmark_runs_and_its_reads_are_not_slow_by_far(tmp_path):
    report = tmp_path / "benchmarks.md"

    small = ["--entries", "300", "--times", "5", "--seconds", "0.5"]
    few = ["--invoices", "40", "--hours", "1"]
    listed = ["--listed", "1000", "--others", "2", "--rounds", "1", "--step", "23"]
    status = main([*small, *few, *listed, "--report", str(report)])

    text = report.read_text("utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.count(" | ") == 3]
    medians = {row[0].removeprefix("| "): float(row[1]) for row in rows[1:]}
    assert status == 0
    assert len(medians) == 12
    assert max(medians.values()) < 500  # milliseconds, on whatever machine this runs
    assert "requests a second**" in text
    assert " with 201" in text
    assert " with 500" not in text
    assert "| 10 changed terms, round 3 | 2 |" in text
    assert " ways to filter and sort it |" in text
    # Of 1,000 invoices so many were never asked for; all steps of their bulk copy are measured.
    assert "| *Copy to Exact* of 145 ticked (POST) |" in text
    assert "| the look before the start of these 145 (GET) |" in text
    assert "| *Start copying* of these 145 (POST) |" in text

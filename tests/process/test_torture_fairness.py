"""A stalled lane and one with endless work beside normal ones, through the product's own turns."""

from __future__ import annotations

import pytest

from tests.process.torture import run_short

pytestmark = pytest.mark.process


def test_reliability_e13_normal_lanes_hardly_notice_a_stalled_and_a_huge_one(tmp_path):
    figures = run_short("fairness", tmp_path)["figures"]

    assert figures["ratio"] <= 1.2
    assert figures["stalled_calls"] >= 2
    assert figures["huge_calls"] >= 100

"""Minutes of several divisions with endless work, through the product's own turns and gate."""

from __future__ import annotations

import pytest

from tests.process.torture import run_short

pytestmark = pytest.mark.process


def test_reliability_d1_backlogged_divisions_use_their_minute_and_are_never_refused(tmp_path):
    figures = run_short("limits", tmp_path)["figures"]

    assert figures["refused_by_us"] == figures["blocks"] == 0
    assert figures["minute_used_percent"] >= 95
    assert figures["full_minutes"] >= 12

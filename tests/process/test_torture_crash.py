"""The short crash scenario of `make torture`: each invoice's web and worker processes die at every named place."""

from __future__ import annotations

import pytest

from tests.process.torture import run_short

pytestmark = pytest.mark.process


def test_reliability_a1_to_a6_and_e1_an_invoice_that_meets_a_kill_at_every_place_is_booked_once(
    tmp_path,
):
    """Killed before and after the wish's commit, in each step of the send, and when the lane is given back."""
    figures = run_short("crash-everywhere", tmp_path)["figures"]

    assert figures["copied"] == figures["invoices"] == 8
    assert figures["kills"] >= 8 * 7

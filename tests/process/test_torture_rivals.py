"""The short size of what `make torture` does with those who want the same at once."""

from __future__ import annotations

import pytest

from tests.process.torture import run_short

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]


def test_reliability_a14_e9_fifty_clicks_at_once_make_one_document(tmp_path):
    figures = run_short("clicks", tmp_path)["figures"]

    assert figures["copied"] == figures["wishes"] == figures["invoices"]


def test_reliability_a17_a_worker_that_slept_past_its_lease_doubles_nothing(tmp_path):
    figures = run_short("zombie", tmp_path)["figures"]

    assert figures["pauses"] == figures["went on meanwhile"] == 2


def test_reliability_e13_e14_a_stalled_and_a_huge_organization_hardly_disturb_the_others(tmp_path):
    figures = run_short("fairness-real", tmp_path)["figures"]

    assert figures["copied by the huge one"] > 0
    assert figures["copied"] == figures["invoices"]

"""The short size of what `make torture` does to the broker, the database, the workers and the buttons."""

from __future__ import annotations

import pytest

from tests.process.torture import run_short

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]


def test_reliability_e5_work_goes_on_after_a_half_open_line_to_the_broker(tmp_path):
    assert run_short("recovery-broker", tmp_path)["figures"]["seconds"] <= 30


def test_reliability_f6_work_goes_on_after_the_database_was_restarted_and_after_it_crashed(
    tmp_path,
):
    assert run_short("recovery-database", tmp_path)["figures"]["seconds"] <= 60


def test_reliability_e2_another_host_takes_over_the_lanes_of_one_that_is_gone(tmp_path):
    figures = run_short("recovery-host", tmp_path)["figures"]

    assert figures["copied"] == figures["invoices"]


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

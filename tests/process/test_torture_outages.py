"""The short size of what `make torture` does to the broker, the database and the workers."""

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

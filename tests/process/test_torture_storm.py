"""The short storms of `make torture`: faulty answers and dying processes, counted in the books of the sandbox."""

from __future__ import annotations

import pytest

from tests.process.torture import run_short

pytestmark = pytest.mark.process


def test_reliability_a7_a8_a11_and_e2_a_storm_of_faults_and_kills_loses_and_doubles_nothing(
    tmp_path,
):
    """Answers that are lost, late or refused, while worker processes are killed at random."""
    figures = run_short("storm", tmp_path)["figures"]

    assert figures["copied"] == figures["invoices"] == 60
    assert figures["children killed"] > 0


def test_reliability_e4_and_f5_crashes_of_database_and_broker_lose_and_double_nothing(tmp_path):
    """PostgreSQL is killed, the broker forgets everything and is killed, and soon after the last fault all is done."""
    figures = run_short("disasters", tmp_path)["figures"]

    assert figures["copied"] == figures["invoices"] == 60
    assert figures["PostgreSQL crashed"] == 3
    assert figures["broker flushed"] > 1
    assert figures["drained seconds"] <= 60


def test_reliability_a28_a_storm_where_exact_writes_and_sends_makes_and_mails_nothing_twice(
    tmp_path,
):
    """Accounts, contacts, invoices and the order to number and send them, through the same faults and kills."""
    figures = run_short("storm-written", tmp_path)["figures"]

    assert figures["sent"] + figures["unsure whether sent"] == figures["invoices"] == 24
    assert figures["made twice"] == figures["mailed twice"] == 0
    assert figures["children killed"] > 0

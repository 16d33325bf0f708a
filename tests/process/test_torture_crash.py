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

    assert figures["copied"] == figures["invoices"] == 4
    assert figures["kills"] >= 4 * 7


def test_reliability_c4_a_worker_killed_with_new_tokens_in_its_hands_costs_a_log_in_and_no_invoice(
    tmp_path,
):
    """Exact has traded the token, and the new one died with the worker: a person logs in, and the copies go on."""
    figures = run_short("crash-after-refresh-response", tmp_path)["figures"]

    assert figures["copied"] == figures["invoices"] == figures["kills"] == 3


def test_reliability_g1_a_worker_killed_in_the_middle_of_a_page_reads_it_again(tmp_path):
    """Every page of payments dies once before its commit, of the first list, of what is compared and of the feeds.

    Then each invoice has the status of Exact's books, and the term that was lost in each division was found once.
    """
    figures = run_short("crash-mid-page-commit", tmp_path)["figures"]

    assert figures["kills"] >= 4
    assert figures["wrong status"] == 0
    assert figures["found"] == 2

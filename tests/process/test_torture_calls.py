"""What a copied invoice costs of Exact's calls, counted by the sandbox."""

from __future__ import annotations

import pytest

from tests.process.torture import run_short

pytestmark = pytest.mark.process


def test_an_invoice_of_a_known_customer_costs_one_call_and_faults_cost_little_more(tmp_path):
    figures = run_short("calls", tmp_path)["figures"]

    assert figures["calls at 0 %"] == 1
    # Forty invoices have few faults, so the bar of the long run (1.25) is not held to the last digit here.
    assert figures["calls at 15 %"] <= 1.5

"""The harness of `make torture` itself: real processes, nothing broken, every invoice in Exact once."""

from __future__ import annotations

import pytest

from tests.process.torture import run_short

pytestmark = pytest.mark.process


def test_invoices_of_two_organizations_are_copied_by_real_workers(tmp_path):
    figures = run_short("calm", tmp_path)["figures"]

    assert figures["copied"] == figures["invoices"] == 20

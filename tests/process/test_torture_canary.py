"""The short search of `make torture` for secrets and personal words in what real processes leave behind."""

from __future__ import annotations

import pytest

from tests.process.torture import run_short

pytestmark = pytest.mark.process


def test_reliability_j21_and_j22_no_secret_and_no_personal_word_is_where_it_does_not_belong(
    tmp_path,
):
    """In logs, broker, clear-text columns, error pages and mails, after intake, copies, faults and a lost log-in."""
    figures = run_short("canary", tmp_path)["figures"]

    assert figures["hits"] == 0
    assert figures["mails"] > 0
    assert figures["copied"] > 0
    assert figures["secrets"] >= 15
    assert figures["characters read"] > 10_000

"""Eight processes want two log-ins' tokens for two simulated hours: RELIABILITY C1 to C3 and D7."""

from __future__ import annotations

import pytest

from tests.process.torture import run_short

pytestmark = pytest.mark.process


def test_c1_to_c3_processes_that_race_for_tokens_lose_none(tmp_path):
    figures = run_short("token_race", tmp_path)["figures"]

    assert figures["races"] == figures["tokens_refused"] == 0
    assert figures["lost_answers"] > 0
    assert figures["logins_asked_for"] <= figures["lost_answers"]

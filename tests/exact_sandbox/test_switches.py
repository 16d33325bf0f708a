"""What each switch says about itself, for whoever wants to be tested in every position."""

from __future__ import annotations

import pytest

from exact_sandbox.switches import SWITCHES


@pytest.mark.parametrize("name", [name for name, switch in SWITCHES.items() if switch.unsure])
def test_every_unsure_fact_names_its_positions(exact, name):
    switch = SWITCHES[name]

    assert switch.default in switch.tried
    assert len(switch.tried) > 1, "Give it positions or samples, or say that it is not unsure."
    for position in switch.tried:
        exact.switch(**{name: position})

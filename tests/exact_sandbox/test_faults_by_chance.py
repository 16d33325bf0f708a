"""Faults that come to a part of the requests: which ones is decided by a seed, the same each time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from exact_sandbox.faults import FAULTS, Faults
from exact_sandbox.schema import state_tables
from exact_sandbox.store import Store


@pytest.fixture
def faults() -> Iterator[Faults]:
    store = Store(None, state_tables())
    yield Faults(store)
    store.close()


def drawn(faults: Faults, times: int, path: str = "/api/v1/1/crm/Accounts") -> list[str]:
    """Return what happens to so many requests."""
    taken = (faults.take("GET", path) for _ in range(times))
    return [fault.fault if fault else "" for fault in taken]


def order(faults: Faults, name: str, **more: Any) -> None:
    faults.add({"fault": name, "times": None, **more})


def test_the_same_seed_and_requests_bring_the_same_faults(faults):
    order(faults, "generic_500", probability=0.3, seed=7)
    first = drawn(faults, 200)
    faults.clear()
    order(faults, "generic_500", probability=0.3, seed=7)

    assert drawn(faults, 200) == first
    assert 40 < first.count("generic_500") < 80


def test_another_seed_brings_others(faults):
    order(faults, "generic_500", probability=0.5, seed=1)
    first = drawn(faults, 50)
    faults.clear()
    order(faults, "generic_500", probability=0.5, seed=2)

    assert drawn(faults, 50) != first


def test_requests_that_do_not_fit_are_not_drawn_for(faults):
    order(faults, "generic_500", path="Accounts", probability=0.5, seed=3)
    expected = drawn(faults, 20)
    faults.clear()
    order(faults, "generic_500", path="Accounts", probability=0.5, seed=3)

    assert drawn(faults, 10) == expected[:10]
    assert set(drawn(faults, 30, "/api/v1/1/financial/Journals")) == {""}
    assert drawn(faults, 10) == expected[10:]


def test_a_mix_is_as_repeatable_as_its_parts(faults):
    order(faults, "generic_500", probability=0.2, seed=1)
    order(faults, "commit_then_drop", probability=0.2, seed=2)
    mixed = drawn(faults, 300)
    alone = {}
    for name, seed in (("generic_500", 1), ("commit_then_drop", 2)):
        faults.clear()
        order(faults, name, probability=0.2, seed=seed)
        alone[name] = drawn(faults, 300)

    # The order given first wins where both come.
    assert mixed == [
        one or other
        for one, other in zip(alone["generic_500"], alone["commit_then_drop"], strict=True)
    ]
    assert {"generic_500", "commit_then_drop", ""} == set(mixed)


def test_times_bounds_how_often_chance_strikes(faults):
    faults.add({"fault": "generic_500", "probability": 0.5, "seed": 5, "times": 3})

    assert drawn(faults, 100).count("generic_500") == 3
    assert faults.as_json() == []


@pytest.mark.parametrize(("probability", "expected"), [(0, 0), (1, 20), (1.0, 20)])
def test_never_and_always(faults, probability, expected):
    order(faults, "slow", probability=probability)

    assert drawn(faults, 20).count("slow") == expected


@pytest.mark.parametrize(
    "bad",
    [{"probability": 1.5}, {"probability": -0.1}, {"probability": "often"}, {"seed": 10**30}],
)
def test_a_bad_figure_is_refused_in_a_sentence(exact, bad):
    answer = exact.control("POST", "/_sandbox/faults", {"fault": "slow", **bad})

    assert answer.status_code == 422
    assert answer.json()["error"].endswith(".")


def test_over_http_the_same_requests_fail_each_time(exact):
    def statuses() -> list[int]:
        exact.control("DELETE", "/_sandbox/faults")
        exact.fault("generic_500", path="Journals", probability=0.4, seed=11, times=None)
        return [exact.call("GET", "financial/Journals", top="1").status_code for _ in range(20)]

    first = statuses()

    assert set(first) == {200, 500}
    assert statuses() == first


def test_every_fault_can_be_ordered_and_says_what_it_does(faults):
    for name, meaning in FAULTS.items():
        assert meaning.endswith(".")
        faults.add({"fault": name})

    assert [each["fault"] for each in faults.as_json()] == list(FAULTS)

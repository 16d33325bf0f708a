"""Example data: as much as asked, the same each time, and booked like everything else."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.exact_sandbox.exact_client import BE, DE, NL

SEED = "/_sandbox/seed"


def loaded(exact, **asked):
    answer = exact.control("POST", SEED, {"division": exact.division, **asked})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize("division", [NL, BE, DE])
def test_it_books_as_much_as_was_asked(exact, division):
    exact.division = division

    told = loaded(exact, sales_entries=60, customers=7, paid=0.5, partly_paid=0.5, credit_notes=0.2)

    entries = exact.truth()
    states = Counter(
        tuple(sorted({term["status"] for term in entry["terms"]})) for entry in entries
    )
    assert len(entries) == told["sales_entries"] == 60
    assert len({entry["customer"] for entry in entries}) == told["customers"] == 7
    assert sum(float(entry["amount"]) < 0 for entry in entries) == told["credit_notes"] > 0
    assert states[50,] == told["paid"] > 0
    assert states[20, 50] == told["partly_paid"] > 0
    assert exact.books_are_good()


def test_the_same_seed_gives_the_same_data(exact):
    def fingerprint():
        return [
            (entry["your_ref"], entry["customer_name"], entry["amount"], entry["description"])
            for entry in exact.truth()
        ]

    loaded(exact, sales_entries=30, seed=7)
    first = fingerprint()
    exact.control("POST", "/_sandbox/reset")
    loaded(exact, sales_entries=30, seed=7)
    assert fingerprint() == first
    exact.control("POST", "/_sandbox/reset")
    loaded(exact, sales_entries=30, seed=8)
    assert fingerprint() != first


def test_it_takes_the_customers_that_are_there(exact):
    assert loaded(exact, sales_entries=5, customers=0, paid=1)["customers"] == 0
    assert all(
        term["status"] == 50
        for entry in exact.truth()
        for term in entry["terms"]
        if float(entry["amount"]) > 0
    )


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 422),
        ({"division": 5}, 422),
        ({"division": NL, "paid": 2}, 422),
        ({"division": NL, "sales_entries": -1}, 422),
        ({"division": NL, "sales_entries": 100_001}, 422),
        ({"division": NL, "days_back": 3650}, 422),
        ({"division": NL, "entries": 5}, 422),
    ],
)
def test_what_cannot_be_loaded_changes_nothing(exact, asked, status):
    assert exact.control("POST", SEED, asked).status_code == status
    assert exact.truth() == []

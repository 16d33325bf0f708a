"""A division of the sandbox for all payments tests, and an organization that is connected to it for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector import http
from tests.exact import unlimited_sandbox
from tests.payments.books import Books, Division


@pytest.fixture(scope="package")
def division() -> Iterator[Division]:
    # The tests of the package share it: signing in and the seed cost more than the tests themselves.
    with (
        unlimited_sandbox() as running,
        http.session() as transport,
    ):
        yield Division.open(running, transport)


@pytest.fixture
def books(transactional_db, division) -> Iterator[Books]:
    yield Books.start(division)
    division.sandbox.sandbox.switches.reset("zero_when_matched")
    division.sandbox.sandbox.switches.reset("receivable_sign")
    division.sandbox.sandbox.faults.clear()

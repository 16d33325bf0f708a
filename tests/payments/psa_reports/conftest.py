"""An agency with a PSA that is called on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.payments.psa_reports.psa import Agency, Clock, Psa, running_psa


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def psa() -> Iterator[Psa]:
    with running_psa() as running:
        yield running


@pytest.fixture
def agency(transactional_db, settings, clock) -> Agency:
    settings.PSA_CALLBACKS_TO_LOCALHOST = True
    return Agency(clock)

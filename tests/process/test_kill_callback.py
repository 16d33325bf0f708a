"""A worker killed between the PSA's answer and its note (RELIABILITY G15), as the restricted role of production."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from payments.psa_reports.models import CallbackLine, CallbackTurn, ReportState
from tests.payments.psa_reports.psa import Agency, Clock, running_psa

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "import django; django.setup(); from payments import tasks; tasks.tell_psas()"


@pytest.fixture
def tell(application_database_url):
    """Do a worker's turn in a process of its own; `crash_at` kills it there. Returns how it ended."""

    def run(crash_at: str = "") -> int:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "connector.settings",
            "DATABASE_URL": application_database_url,
            "SECRET_KEY": django_settings.SECRET_KEY,
            "PSA_CALLBACKS_TO_LOCALHOST": "1",
            "CRASH_AT": crash_at,
        }
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False, timeout=60)  # noqa: S603  # our own program
        return done.returncode

    return run


def test_reliability_g15_what_was_told_before_the_kill_is_told_once_more_and_then_no_more(tell):
    agency = Agency(Clock())
    with running_psa() as psa:
        agency.calls(psa.url)
        invoice = agency.invoice("inv-1")
        agency.clock.later(seconds=-5)
        agency.settle(invoice)

        assert tell(crash_at="psa_answered") == -signal.SIGKILL
        assert len(psa.calls) == 1
        assert agency.report(invoice).state == ReportState.WAITING
        assert agency.tell() == 0, "the dead one's lease is still running"
        for leases in (CallbackLine, CallbackTurn):
            leases.objects.update(lease_until=agency.clock())
        CallbackLine.objects.update(due_at=agency.clock())
        assert tell() == 0

    first, second = psa.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.data == second.data
    assert agency.report(invoice).state == ReportState.TOLD

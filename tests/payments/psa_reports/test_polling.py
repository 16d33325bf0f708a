"""The list that a program reads with a cursor: nothing is lost, whoever commits when (RELIABILITY G15)."""

from __future__ import annotations

import random
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection as database

from connector import database_identity
from connector.tenancy.scope import tenant_transaction
from invoices.models import Invoice, PaymentStatus
from payments.psa_reports.models import PsaPaymentReport
from tests.payments.psa_reports.poller import Poller
from tests.payments.psa_reports.psa import Agency

PARTLY = PaymentStatus.PARTLY_PAID


def test_reliability_g15_each_state_comes_once_page_by_page_and_again_only_when_it_changed(agency):
    poller = Poller(agency, limit=2)
    invoices = [agency.invoice(f"inv-{number}") for number in range(5)]
    assert poller.poll() == []

    for invoice in invoices:
        agency.settle(invoice, PARTLY, "10.00")
    agency.settle(agency.invoice("from-a-file", source="csv_file"))

    assert poller.poll() == [f"inv-{number}" for number in range(5)]
    assert poller.poll() == []
    agency.settle(invoices[3])
    agency.settle(invoices[4], PARTLY, "10.00")
    assert poller.poll() == ["inv-3"]
    state = poller.given[-1]
    assert (state["status"], state["paid_amount"], state["open_amount"]) == (
        "paid",
        "121.00",
        "0.00",
    )
    assert Poller(Agency(agency.clock)).poll() == [], "another organization sees nothing of it"


def test_a_first_question_may_leave_out_what_changed_long_ago(agency, clock):
    agency.settle(agency.invoice("old"))
    clock.later(days=1)
    agency.settle(agency.invoice("new"))
    since = clock() - timedelta(hours=1)

    assert Poller(agency).poll(changed_since=since.isoformat()) == ["new"]
    assert Poller(agency).poll(changed_since="0001-01-01T00:00:00Z") == ["old", "new"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "YXxifGM="}, "cursor"),
        ({"cursor": "YXwtMXwx"}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"changed_since": "yesterday"}, "changed_since"),
    ],
)
def test_a_wrong_question_is_answered_with_what_to_change(agency, query, field):
    answer = Poller(agency).ask(**query)

    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [field]


def test_reliability_g18_a_cursor_of_a_database_that_was_restored_begins_anew(agency, monkeypatch):
    poller = Poller(agency)
    agency.settle(agency.invoice("inv-1"))
    assert poller.poll() == ["inv-1"]

    monkeypatch.setattr(
        database_identity, "current_names", lambda: ["database:another", "tables:1"]
    )

    assert poller.poll() == ["inv-1"]
    assert poller.poll() == []


def test_reliability_g15_a_change_that_is_committed_late_is_not_passed_by(agency):
    """The earlier transaction ends last: whoever has read on by then must get it all the same."""
    slow, fast = agency.invoice("slow"), agency.invoice("fast")
    poller = Poller(agency)
    is_written, may_end = threading.Event(), threading.Event()

    def settle_slowly() -> None:
        with tenant_transaction(agency.organization.pk):
            agency.settle(slow)
            is_written.set()
            may_end.wait(10)
        database.close()

    thread = threading.Thread(target=settle_slowly)
    thread.start()
    assert is_written.wait(10)
    agency.settle(fast)
    before = poller.poll()
    may_end.set()
    thread.join()

    assert before == []
    assert sorted(poller.poll()) == ["fast", "slow"]
    assert poller.poll() == []


def test_reliability_g15_nothing_is_lost_while_many_write_and_one_reads(agency):
    invoices = [agency.invoice(f"inv-{number}") for number in range(12)]
    poller = Poller(agency, limit=3)
    is_over = threading.Event()

    def write(own: list[Invoice], seed: int) -> None:
        chance = random.Random(seed)
        for turn in range(12):
            with tenant_transaction(agency.organization.pk):
                agency.settle(chance.choice(own), PARTLY, f"{turn + 1}.00")
                time.sleep(chance.random() * 0.01)
        database.close()

    def read() -> None:
        while not is_over.is_set():
            poller.poll()
        database.close()

    reader = threading.Thread(target=read)
    writers = [
        threading.Thread(target=write, args=(invoices[number::4], number)) for number in range(4)
    ]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    is_over.set()
    reader.join()
    poller.poll()

    with agency.rows():
        stored = {
            report.invoice.source_id: f"{report.invoice.paid_amount:.2f}"
            for report in PsaPaymentReport.objects.select_related("invoice")
        }
    assert len(stored) > 4
    assert poller.kept() == stored

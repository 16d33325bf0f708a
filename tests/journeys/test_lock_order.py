"""Whoever goes through a page of Exact's documents locks their invoices in one order, so nobody waits for a waiting one (F1)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection as database, connections
from django.utils import timezone

from integrations import recovering
from integrations.models import LaneMember
from invoices import copy_requests
from invoices.models import CopyState, Invoice, PostedDocument, ReconciliationCursor
from tests.journeys.backups import Backup
from tests.journeys.test_reconciliation import book_again
from tests.journeys.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

_WAITING = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def _until_one_waits() -> None:
    end = time.monotonic() + 30
    with database.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(_WAITING)
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < end, "Nobody waits for the lock"
            time.sleep(0.02)


def _free_beside(world: World, held: Invoice, work: Callable[[], object]) -> set[int]:
    """The ids of invoices that are free while somebody holds one of them and the work waits for it."""

    def in_its_thread() -> None:
        work()
        connections.close_all()

    thread = threading.Thread(target=in_its_thread)
    with world.rows():
        Invoice.objects.select_for_update(no_key=True).get(pk=held.pk)
        thread.start()
        _until_one_waits()
        free = Invoice.objects.select_for_update(no_key=True, skip_locked=True)
        found = set(free.values_list("pk", flat=True))
    thread.join()
    return found


def test_reliability_f1_a_recovery_waits_for_an_invoice_without_holding_others(world):
    invoices = [world.invoice(number=f"F-2711{place}") for place in range(6)]
    backup = Backup(world.organization.pk)
    for invoice in reversed(invoices):
        assert world.copy(invoice).state == CopyState.COPIED
    backup.restore()
    now = timezone.now()
    recovering.begin(backup_at=now, who="Olga", now=now)

    free = _free_beside(world, invoices[0], world.work_off)

    assert free == {one.pk for one in invoices}


def test_reliability_f1_a_night_waits_for_an_invoice_without_holding_others(world):
    given_up, *invoices = [world.invoice(number=f"F-2712{place}") for place in range(5)]
    for invoice in invoices:
        assert world.copy(invoice).state == CopyState.COPIED
    request = world.request(given_up)
    with world.rows():
        copy_requests.cancel(copy_request=request, user=None, now=timezone.now())
        PostedDocument.objects.update(checked_at=None, check_due_at=None)
    [document] = world.documents(invoices[0])
    book_again(world, document, description=f"Late [{request.marker}]")
    with world.rows():
        ReconciliationCursor.objects.update(next_at=timezone.now())
    LaneMember.objects.update(due_at=timezone.now())

    free = _free_beside(world, given_up, world.work_off)

    assert free == {given_up.pk, *(one.pk for one in invoices)}

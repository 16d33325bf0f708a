"""Copies whose answers were lost are looked up in one call: what is wrong with one of them stays with that one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.exact import sales_entries
from integrations.models import DivisionLane
from invoices import adopting, drafting, poison, posting
from invoices.models import CopyRequest, CopyState
from tests import factories


@pytest.fixture
def known(world):
    """A world whose client is linked, so that only the entry itself is at stake."""
    world.client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection,
        client=world.client,
        customer_exact_id=world.customer().exact_id,
    )
    return world


def lost(world) -> CopyRequest:
    """A copy that is booked, whose answer was lost and whose first look failed: its next look is not due yet."""
    world.fault("commit_then_drop")
    world.fault("maintenance_html", method="GET")
    request = world.copy(world.invoice(client=world.client))
    assert request.state == CopyState.UNKNOWN
    DivisionLane.objects.update(resume_at=None, unanswered_count=0)
    with world.rows():
        CopyRequest.objects.filter(pk=request.pk).update(
            next_at=timezone.now() + timedelta(minutes=5)
        )
    return request


def test_reliability_e3_a_copy_at_whose_looks_workers_die_is_looked_up_alone(known, monkeypatch):
    kills = lost(known)
    with known.rows():
        CopyRequest.objects.filter(pk=kills.pk).update(unfinished_steps=poison.MOST_UNFINISHED)
    find = sales_entries.find_sent

    def find_or_die(client, sent):
        assert kills.your_ref not in [one.your_ref for one in sent], "A worker dies at this one"
        return find(client, sent)

    monkeypatch.setattr(sales_entries, "find_sent", find_or_die)
    known.fault("commit_then_drop")

    other = known.copy(known.invoice(client=known.client))

    assert other.state == CopyState.COPIED


def test_reliability_e3_a_look_from_which_no_worker_came_back_is_repeated_alone(known):
    """Which of several copies the worker died at nobody knows, so the next look takes nobody along."""
    first, second = lost(known), lost(known)
    with known.rows():
        CopyRequest.objects.filter(pk=second.pk).update(unfinished_steps=1, next_at=timezone.now())
    known.resume()

    assert known.fresh(second).state == CopyState.COPIED
    assert known.fresh(first).state == CopyState.UNKNOWN


@pytest.mark.parametrize("part", ["stored_draft", "adopt"])
def test_reliability_e3_a_copy_that_cannot_be_read_keeps_no_other_from_being_found(
    known, monkeypatch, part
):
    broken, third = lost(known), lost(known)
    module = drafting if part == "stored_draft" else adopting
    work = getattr(module, part)

    def work_or_fail(request, *arguments, **options):
        if request.pk == broken.pk:
            raise ValueError("This one cannot be read")
        return work(request, *arguments, **options)

    monkeypatch.setattr(module, part, work_or_fail)
    known.fault("commit_then_drop")

    due = known.copy(known.invoice(client=known.client))

    assert due.state == CopyState.COPIED
    assert known.fresh(third).state == CopyState.COPIED
    assert known.fresh(broken).state == CopyState.UNKNOWN


def test_reliability_e3_a_shared_look_that_exact_refuses_is_made_alone(known):
    lost(known)
    known.fault("commit_then_drop")
    known.fault("validation_400", method="GET", text="Bad Request - Error in query syntax.")

    due = known.copy(known.invoice(client=known.client))

    assert due.state == CopyState.COPIED


def test_reliability_a11_a_look_that_is_due_waits_a_moment_for_company_while_there_is_other_work(
    known,
):
    """One look serves all whose time comes meanwhile, so bad hours of Exact cost few calls of the day."""
    first, second = lost(known), lost(known)
    with known.rows():
        CopyRequest.objects.filter(pk=first.pk).update(next_at=timezone.now())
    other = known.request(known.invoice(client=known.client))
    known.forget_calls()

    known.resume()

    assert known.calls() == ["POST SalesEntries", "GET SalesEntries"]
    assert {known.fresh(one).state for one in (first, second, other)} == {CopyState.COPIED}


def test_reliability_a11_a_lost_answer_without_other_work_is_looked_up_at_once(known):
    known.fault("commit_then_drop")
    known.forget_calls()

    assert known.copy(known.invoice(client=known.client)).state == CopyState.COPIED
    assert known.calls() == ["POST SalesEntries", "GET SalesEntries"]


def test_reliability_a11_one_that_waited_for_company_goes_before_other_work(known):
    waiting = lost(known)
    with known.rows():
        CopyRequest.objects.filter(pk=waiting.pk).update(
            next_at=timezone.now() - posting.COMPANY_COMES_WITHIN
        )
    known.request(known.invoice(client=known.client))
    known.forget_calls()

    known.resume()

    assert known.calls() == ["GET SalesEntries", "POST SalesEntries"]

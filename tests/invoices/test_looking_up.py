"""What a look at Exact makes of copies whose answers were lost: RELIABILITY A3, A10, A22, E3."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from connector.tenancy.scope import tenant_transaction
from integrations.exact import errors
from integrations.lanes import LaneJob
from invoices import looking_up
from invoices.models import (
    CopyRequest,
    CopyState,
)
from invoices.routes.booking import BookingRoute
from tests.factories import NOW
from tests.invoices.lost_copies import (
    another,
    made,
    make_request,
    stored,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def exact(monkeypatch):
    """What Exact answers to each look in turn, and for which copies it was asked."""
    answers: list[Any] = []
    asked: list[list[int]] = []

    def find_sent(_route, _client, sent):
        asked.append([request.pk for request, _ in sent])
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(BookingRoute, "find_sent", find_sent)
    return answers, asked


def look(request: CopyRequest) -> None:
    client: Any = None
    job = LaneJob(
        organization_id=request.organization_id,
        connection_id=request.connection_id,
        client=client,
        fence=7,
        worker="worker-3",
        now=lambda: NOW,
        still_ours=lambda: True,
    )
    with tenant_transaction(request.organization_id):
        fresh = CopyRequest.objects.select_related("invoice", "connection").get(pk=request.pk)
    looking_up.look_up(job, fresh)


def test_a_look_that_finds_the_mark_ends_the_copy(exact):
    request = make_request()
    exact[0].append([made(), made(request, entry_id=uuid4())])

    look(request)

    assert exact[1] == [[request.pk]]
    assert stored(request).request.state == CopyState.COPIED


def test_a22_an_invoice_that_is_in_exact_twice_is_for_a_person(exact):
    request = make_request()
    exact[0].append(
        [made(request, entry_number=5), made(request, entry_id=uuid4(), entry_number=6)]
    )

    look(request)

    after = stored(request)
    assert (after.request.state, after.request.problem_code) == (CopyState.CONFLICT, "booked_twice")
    assert after.request.problem_sentence == "Exact has this invoice 2 times: entries 5, 6."
    assert after.request.problem_remedy == "Delete these in Exact, then copy the invoice again."
    assert after.documents == []


def test_a_number_that_somebody_elses_entry_has_is_a_conflict(exact):
    request = make_request()
    exact[0].append([made()])

    look(request)

    after = stored(request)
    assert after.request.state == CopyState.CONFLICT
    assert after.request.problem_code != "booked_twice"


def test_a10_a_refusal_counts_once_a_look_found_nothing(exact):
    request = make_request(problem_code="refused", problem_sentence="Exact: no such account.")
    exact[0].append([])

    look(request)

    after = stored(request).request
    assert (after.state, after.problem_sentence) == (
        CopyState.NEEDS_CHOICE,
        "Exact: no such account.",
    )


def test_a3_a_look_that_finds_nothing_is_counted(exact):
    request = make_request()
    exact[0].append([])

    look(request)

    after = stored(request).request
    assert (after.state, after.absent_lookups) == (CopyState.UNKNOWN, 1)


def test_e3_others_come_along_in_the_order_of_their_turn_and_end_as_well(exact):
    request = make_request(next_at=NOW)
    late = another(request, CopyState.UNKNOWN, next_at=NOW + timedelta(minutes=9))
    soon = another(request, CopyState.UNKNOWN, next_at=NOW + timedelta(minutes=1))
    another(request, CopyState.UNKNOWN, next_at=NOW, unfinished_steps=1)
    another(request, CopyState.QUEUED, next_at=NOW)
    exact[0].append([made(late)])

    look(request)

    assert exact[1] == [[request.pk, soon.pk, late.pk]]
    assert stored(late).request.state == CopyState.COPIED
    for one in (request, soon):
        # Their numbers are in use by the entry that was found.
        assert stored(one).request.state == CopyState.CONFLICT


def test_e3_a_copy_at_which_a_worker_died_is_looked_up_alone(exact):
    request = make_request(unfinished_steps=1)
    another(request, CopyState.UNKNOWN, next_at=NOW)
    exact[0].append([made(request)])

    look(request)

    assert exact[1] == [[request.pk]]


@pytest.mark.parametrize("error", [errors.UnexpectedAnswer, errors.Refused])
def test_e3_a_shared_look_that_fails_is_made_alone_and_a_lone_one_is_an_error(exact, error):
    request = make_request()
    other = another(request, CopyState.UNKNOWN, next_at=NOW)
    exact[0].extend([error("odd"), [made(request)]])

    look(request)

    assert exact[1] == [[request.pk, other.pk], [request.pk]]
    assert stored(request).request.state == CopyState.COPIED
    assert stored(other).request.state == CopyState.UNKNOWN
    exact[0].append(error("odd"))
    with pytest.raises(error):
        look(other)


def test_a_copy_that_was_ended_meanwhile_stays_as_it_is(exact):
    request = make_request(CopyState.CANCELLED)
    exact[0].append([made(request)])

    look(request)

    assert stored(request).request.state == CopyState.CANCELLED

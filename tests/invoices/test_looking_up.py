"""What a look at Exact makes of copies whose answers were lost: RELIABILITY A3, A10, A22, E3."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from integrations.exact import errors
from integrations.models import Route
from invoices.looking_up import look_up
from invoices.models import (
    CopyKind,
    CopyState,
)
from invoices.routes.booking import BookingRoute
from tests import factories
from tests.factories import NOW
from tests.invoices.lost_copies import (
    CLIENT,
    PAYLOAD,
    another,
    look,
    made,
    make_another,
    make_request,
    stored,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def exact(monkeypatch):
    """What Exact answers to each look in turn, and for which copies it was asked."""
    answers: list[Any] = []
    asked: list[list[int]] = []

    def find_sent(_route, client, sent):
        assert client is CLIENT
        asked.append([request.pk for request, _ in sent])
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(BookingRoute, "find_sent", find_sent)
    return answers, asked


def test_a_look_that_finds_the_mark_ends_the_copy(exact):
    request = make_request()
    exact[0].append([made(), made(request, entry_id=uuid4())])

    look(request, look_up)

    assert exact[1] == [[request.pk]]
    assert stored(request).request.state == CopyState.COPIED


def test_a22_an_invoice_that_is_in_exact_twice_is_for_a_person(exact):
    request = make_request()
    exact[0].append(
        [made(request, entry_number=5), made(request, entry_id=uuid4(), entry_number=6)]
    )

    look(request, look_up)

    after = stored(request)
    assert (after.request.state, after.request.problem_code) == (CopyState.CONFLICT, "booked_twice")
    assert after.request.problem_sentence == "Exact has this invoice 2 times: entries 5, 6."
    assert after.request.problem_remedy == "Delete these in Exact, then copy the invoice again."
    assert after.documents == []


def test_a_number_that_somebody_elses_entry_has_is_a_conflict(exact):
    request = make_request()
    exact[0].append([made()])

    look(request, look_up)

    after = stored(request)
    assert after.request.state == CopyState.CONFLICT
    assert after.request.problem_code != "booked_twice"


def test_a10_a_refusal_counts_once_a_look_found_nothing(exact):
    request = make_request(problem_code="refused", problem_sentence="Exact: no such account.")
    exact[0].append([])

    look(request, look_up)

    after = stored(request).request
    assert (after.state, after.problem_sentence) == (
        CopyState.NEEDS_CHOICE,
        "Exact: no such account.",
    )


def test_a3_a_look_that_finds_nothing_is_counted(exact):
    request = make_request()
    exact[0].append([])

    look(request, look_up)

    after = stored(request).request
    assert (after.state, after.absent_lookups) == (CopyState.UNKNOWN, 1)


def test_e3_others_come_along_in_the_order_of_their_turn_and_end_as_well(exact):
    request = make_request(next_at=NOW)
    late = another(request, CopyState.UNKNOWN, next_at=NOW + timedelta(minutes=9))
    soon = another(request, CopyState.UNKNOWN, next_at=NOW + timedelta(minutes=1))
    another(request, CopyState.UNKNOWN, next_at=NOW, unfinished_steps=1)
    another(request, CopyState.QUEUED, next_at=NOW)
    exact[0].append([made(late)])

    look(request, look_up)

    assert exact[1] == [[request.pk, soon.pk, late.pk]]
    assert stored(late).request.state == CopyState.COPIED
    for one in (request, soon):
        # Their numbers are in use by the entry that was found.
        assert stored(one).request.state == CopyState.CONFLICT


def test_e3_only_copies_that_the_same_question_finds_come_along(exact, monkeypatch):
    request = make_request(next_at=NOW)
    another(request, CopyState.UNKNOWN, next_at=NOW, kind=CopyKind.UPDATE)
    another(request, CopyState.UNKNOWN, next_at=NOW, route=Route.EXACT_INVOICE)
    elsewhere = factories.make_connection(organization=request.organization, lists=False)
    make_another(request.organization, elsewhere, CopyState.UNKNOWN, next_at=NOW)
    first, second, _third = (
        another(request, CopyState.UNKNOWN, next_at=NOW + MINUTE) for _ in range(3)
    )
    monkeypatch.setattr(BookingRoute, "looked_up_together", 3)
    exact[0].append([made(request)])

    look(request, look_up)

    assert exact[1] == [[request.pk, first.pk, second.pk]]


def test_e3_a_copy_that_cannot_be_read_is_told_in_the_log_and_left_to_its_own_look(exact, caplog):
    request = make_request(next_at=NOW)
    broken = another(request, CopyState.UNKNOWN, next_at=NOW, payload={"draft": {}})
    exact[0].append([made(request)])

    look(request, look_up)

    assert exact[1] == [[request.pk]]
    [record] = [one for one in caplog.records if one.name == "invoices.apart"]
    assert record.getMessage() == "A copy was left to its own look"
    assert record.copy_request == broken.pk


def test_e3_a_guest_that_cannot_be_taken_over_is_told_in_the_log(exact, caplog):
    request = make_request(next_at=NOW)
    bare = {name: value for name, value in PAYLOAD.items() if name != "gross"}
    broken = another(request, CopyState.UNKNOWN, next_at=NOW, payload=bare)
    exact[0].append([made(request), made(broken, entry_id=uuid4(), entry_number=5)])

    look(request, look_up)

    assert stored(request).request.state == CopyState.COPIED
    assert stored(broken).request.state == CopyState.UNKNOWN
    [record] = [one for one in caplog.records if one.name == "invoices.apart"]
    assert record.getMessage() == "A copy was left to its own look"
    assert record.copy_request == broken.pk


def test_e3_a_copy_at_which_a_worker_died_is_looked_up_alone(exact):
    request = make_request(unfinished_steps=1)
    another(request, CopyState.UNKNOWN, next_at=NOW)
    exact[0].append([made(request)])

    look(request, look_up)

    assert exact[1] == [[request.pk]]


@pytest.mark.parametrize("error", [errors.UnexpectedAnswer, errors.Refused])
def test_e3_a_shared_look_that_fails_is_made_alone_and_a_lone_one_is_an_error(exact, error):
    request = make_request()
    other = another(request, CopyState.UNKNOWN, next_at=NOW)
    exact[0].extend([error("odd"), [made(request)]])

    look(request, look_up)

    assert exact[1] == [[request.pk, other.pk], [request.pk]]
    assert stored(request).request.state == CopyState.COPIED
    assert stored(other).request.state == CopyState.UNKNOWN
    exact[0].append(error("odd"))
    with pytest.raises(error):
        look(other, look_up)


def test_a_copy_that_was_ended_meanwhile_stays_as_it_is(exact):
    request = make_request(CopyState.CANCELLED)
    exact[0].append([made(request)])

    look(request, look_up)

    assert stored(request).request.state == CopyState.CANCELLED

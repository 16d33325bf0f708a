"""Finds out what became of documents whose answers were lost: nothing is sent again before Exact was read.

Finding is always safe, however early, so whoever else waits for a look comes along in the same call. They come as guests:
what is wrong with one of them is left to its own look, and a copy at which a worker died is looked up alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from connector.sentences import sentence
from connector.tenancy.scope import tenant_transaction
from integrations.exact import errors
from integrations.lanes import LaneJob
from invoices import adopting, apart, copy_states, drafting, sends
from invoices.document_plan import DocumentDraft, MadeDocument
from invoices.models import CopyKind, CopyRequest, CopyState
from invoices.problems import Problem
from invoices.routes import route_of
from invoices.routes.base import DocumentRoute

_Sent = tuple[CopyRequest, DocumentDraft]

_LEFT = "A copy was left to its own look"


def look_up(job: LaneJob, request: CopyRequest) -> None:
    """This function will read Exact: adopt what is ours, stop at what is not, and send again only what surely is not there.

    `request` is as it was before this step was counted (`poison.py`).
    """
    route = route_of(request.route)
    own = (request, drafting.stored_draft(request))
    guests = [] if request.unfinished_steps else _guests(job, request, route)
    try:
        found = route.find_sent(job.client, [own, *guests])
    except (errors.UnexpectedAnswer, errors.Refused):
        if not guests:
            raise
        # An odd row of one, or a question that is too long for Exact, must not keep the others from being found.
        guests = []
        found = route.find_sent(job.client, [own])
    now = job.now()
    with tenant_transaction(job.organization_id):
        _conclude(route, own, found, now)
    for guest in guests:
        with tenant_transaction(job.organization_id):
            # What is wrong with a guest shows when its own turn comes: it is set aside then, and says so.
            apart.is_done(
                partial(_conclude, route, guest, found, now), _LEFT, copy_request=guest[0].pk
            )


def _guests(job: LaneJob, request: CopyRequest, route: DocumentRoute) -> list[_Sent]:
    """Others of its kind whose answers were lost too, those that wait longest first."""
    with tenant_transaction(job.organization_id):
        others = (
            CopyRequest.objects.filter(
                connection_id=request.connection_id,
                route=request.route,
                kind=CopyKind.CREATE,
                state=CopyState.UNKNOWN,
                unfinished_steps=0,
            )
            .exclude(pk=request.pk)
            .select_related(
                "invoice__client", "invoice__contact", "connection__subsidiary", "requested_by"
            )
            .order_by("next_at", "id")
        )
        rows = list(others[: route.looked_up_together - 1])
    sent: list[_Sent] = []
    for one in rows:
        apart.is_done(partial(_add, sent, one), _LEFT, copy_request=one.pk)
    return sent


def _add(sent: list[_Sent], one: CopyRequest) -> None:
    sent.append((one, drafting.stored_draft(one)))


def _conclude(
    route: DocumentRoute, sent: _Sent, found: Sequence[MadeDocument], now: datetime
) -> None:
    request, draft = sent
    request.refresh_from_db()
    if request.state != CopyState.UNKNOWN:
        return
    ours = [made for made in found if request.marker in made.description]
    taken = route.find_taken(draft, found)
    if len(ours) == 1:
        adopting.adopt(request, ours[0], draft, now=now)
    elif ours:
        _made_twice(request, ours, now)
    elif taken:
        copy_states.conflict(request, route.in_the_way(request, taken), now=now)
    elif request.problem_code:
        route.refused(request, Problem.of(request))
        copy_states.hold(request, Problem.of(request), now=now)
    else:
        sends.not_found(request, now=now)


def _made_twice(request: CopyRequest, ours: Sequence[MadeDocument], now: datetime) -> None:
    names = ", ".join(str(made.entry_number or made.exact_id) for made in ours)
    copy_states.conflict(
        request,
        Problem(
            "booked_twice",
            sentence(
                "Exact has this invoice %(n)s times: entries %(names)s.", n=len(ours), names=names
            )
            if not route_of(request.route).is_sent_by_exact
            else sentence(
                "Exact has this invoice %(n)s times: invoices %(names)s.", n=len(ours), names=names
            ),
            sentence("Delete these in Exact, then copy the invoice again."),
        ),
        now=now,
    )

"""Finds out what became of a document whose answer was lost: nothing is sent again before Exact was read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connector.tenancy.scope import tenant_transaction
from integrations.lanes import LaneJob
from invoices import adopting, copy_states, drafting, sends
from invoices.document_plan import MadeDocument
from invoices.models import CopyRequest, CopyState
from invoices.problems import Problem
from invoices.routes import route_of


def look_up(job: LaneJob, request: CopyRequest) -> None:
    """This function will read Exact: adopt what is ours, stop at what is not, and send again only what surely is not there."""
    route, draft = route_of(request.route), drafting.stored_draft(request)
    found = route.find_sent(job.client, request, draft)
    now = job.now()
    ours = [made for made in found if request.marker in made.description]
    taken = route.find_taken(draft, found)
    with tenant_transaction(job.organization_id):
        request.refresh_from_db()
        if request.state != CopyState.UNKNOWN:
            return
        if len(ours) == 1:
            adopting.adopt(request, ours[0], draft, now=now)
        elif ours:
            _made_twice(request, ours, now)
        elif taken:
            copy_states.conflict(request, route.in_the_way(request, taken), now=now)
        elif request.problem_code:
            route.refused(request, Problem.of(request))
            copy_states.hold(
                request,
                Problem.of(request),
                now=now,
            )
        else:
            sends.not_found(request, now=now)


def _made_twice(request: CopyRequest, ours: Sequence[MadeDocument], now: datetime) -> None:
    noun = route_of(request.route).noun
    names = ", ".join(str(made.entry_number or made.exact_id) for made in ours)
    plural = "entries" if noun == "entry" else f"{noun}s"
    copy_states.conflict(
        request,
        Problem(
            "booked_twice",
            f"Exact has this invoice {len(ours)} times: {plural} {names}.",
            f"Delete these {plural} in Exact, then copy the invoice again.",
        ),
        now=now,
    )

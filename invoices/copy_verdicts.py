"""What reading Exact again says of a copy that has ended: it differs after all, or it does so no more."""

from __future__ import annotations

from datetime import datetime

from connector.sentences import Words, sentence
from invoices import copy_states, history
from invoices.models import CopyRequest, CopyState
from invoices.problems import NO_PROBLEM, Problem


def differs_after_all(request: CopyRequest, said: Words, remedy: Words, *, now: datetime) -> bool:
    """This function will mark a copy that was ended as good: what Exact booked turned out to be something else."""
    moved = copy_states.move(
        request,
        (CopyState.COPIED,),
        CopyState.MISMATCH,
        now=now,
        problem=Problem("mismatch", said, remedy),
    )
    if moved:
        history.note(invoice=request.invoice, kind="copy_differs", sentence=said, now=now)
    return moved


def agrees_after_all(request: CopyRequest, *, now: datetime) -> bool:
    """This function will take a difference back: what Exact has is by now what was sent."""
    moved = copy_states.move(
        request, (CopyState.MISMATCH,), CopyState.COPIED, now=now, problem=NO_PROBLEM
    )
    if moved:
        gone = sentence("Exact now has what was sent; the difference is gone.")
        history.note(invoice=request.invoice, kind="copy_agrees", sentence=gone, now=now)
    return moved


def let_stand(request: CopyRequest, *, now: datetime) -> bool:
    """This function will count a copy with a difference as good, by a person's word that is noted elsewhere."""
    return copy_states.move(
        request, (CopyState.MISMATCH,), CopyState.COPIED, now=now, problem=NO_PROBLEM
    )

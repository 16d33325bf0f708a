"""What is written down of each attempt to send a copy: how often Exact may have got it, and what its answers meant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from invoices.models import AttemptOutcome, CopyAttempt, CopyRequest

MOST_SENDS = 8


def send_lease() -> timedelta:
    """This function will return how long a send may take before its worker counts as gone."""
    return timedelta(seconds=settings.COPY_SEND_LEASE_SECONDS)


def count_sends(request: CopyRequest) -> int:
    """This function will return how many attempts may have reached Exact; those that surely did not are free."""
    return (
        CopyAttempt.objects.filter(copy_request=request)
        .exclude(outcome__in=(AttemptOutcome.NOT_SENT, AttemptOutcome.NOT_EXECUTED))
        .count()
    )


def finish(
    attempt: CopyAttempt,
    *,
    outcome: AttemptOutcome,
    now: datetime,
    http_status: int | None = None,
    **evidence: Any,
) -> None:
    """This function will write down what an answer meant: always, whatever became of the request meanwhile.

    An answer that comes after its worker was given up still tells more than that it was lost.
    """
    CopyAttempt.objects.filter(pk=attempt.pk, outcome__in=("", AttemptOutcome.UNCERTAIN)).update(
        outcome=outcome, finished_at=now, http_status=http_status, evidence=evidence
    )

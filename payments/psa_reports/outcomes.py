"""Notes what came of a call: on the report, on its endpoint, and when the line is looked at next."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.tenancy.scope import tenant_transaction
from payments.psa_reports import calling, lines, reporting, retrying, stopping
from payments.psa_reports.calling import Message, Outcome
from payments.psa_reports.models import EndpointState, PsaEndpoint, PsaPaymentReport, ReportState


def note(message: Message, outcome: Outcome, *, now: datetime) -> None:
    """This function will store the outcome and give the line back, unless somebody else has taken it over. ``now`` is UTC."""
    with tenant_transaction(message.claim.organization_id):
        if not lines.is_ours(message.claim):
            return
        endpoint = PsaEndpoint.objects.select_for_update(no_key=True).get(pk=message.endpoint_id)
        pause = _note_endpoint(endpoint, message, outcome, now)
        if message.report_id is not None:
            _note_report(message.report_id, message, outcome, endpoint, now)
        lines.release(
            message.claim,
            due_at=now,
            resume_at=now + pause if pause else None,
            is_slow=not outcome.is_taken or outcome.seconds >= calling.SLOW,
        )


def _note_endpoint(
    endpoint: PsaEndpoint, message: Message, outcome: Outcome, now: datetime
) -> timedelta | None:
    """Store how the endpoint answered; returns how long it is left alone."""
    if message.report_id is None:
        endpoint.test_asked_at = None
        endpoint.test_answer, endpoint.test_worked = outcome.words, outcome.is_taken
        endpoint.test_answered_at = now
    endpoint.last_answer, endpoint.last_answer_at = outcome.words, now
    pause = None
    if outcome.is_taken:
        if endpoint.failure_count >= retrying.OUTAGE:
            reporting.bring_forward(now=now)
        endpoint.failure_count, endpoint.failing_since = 0, None
    elif message.report_id is not None:
        endpoint.failure_count += 1
        endpoint.failing_since = endpoint.failing_since or now
        pause = retrying.pause(endpoint.failure_count, outcome.retry_after)
    endpoint.save()
    if message.report_id is None or endpoint.state != EndpointState.ON:
        return pause
    if outcome.is_gone:
        stopping.give_up(endpoint, reason=stopping.GONE, now=now)
    elif endpoint.failing_since is not None and retrying.is_hopeless(
        failing_since=endpoint.failing_since, failure_count=endpoint.failure_count, now=now
    ):
        stopping.give_up(endpoint, reason=stopping.say_silent(endpoint), now=now)
    return pause


def _note_report(
    report_id: int, message: Message, outcome: Outcome, endpoint: PsaEndpoint, now: datetime
) -> None:
    report = (
        PsaPaymentReport.objects.select_for_update(no_key=True)
        .filter(pk=report_id, message_id=message.message_id)
        .first()
    )
    if report is None:
        return  # It changed while it was told: the newer state waits already.
    report.last_answer = outcome.words
    if outcome.is_taken:
        report.state, report.told_at, report.next_at = ReportState.TOLD, now, None
    elif endpoint.state == EndpointState.ON and retrying.is_given_up(
        first_tried_at=report.first_tried_at or now, now=now
    ):
        # The endpoint takes others; for one that takes nothing everything stays until it is called again.
        report.state, report.next_at = ReportState.GIVEN_UP, None
    else:
        report.next_at = now + retrying.until_next_try(report.attempt_count)
    report.save(update_fields=["state", "told_at", "next_at", "last_answer"])

"""Chooses what an endpoint is told next, notes the try before it is made, and signs it."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from uuid import uuid4

from django.db.models import Min, QuerySet

from connector import encryption
from connector.encrypted_fields import encrypted_field
from connector.tenancy.scope import tenant_transaction
from payments.psa_reports import answers, lines, recovery, signing, stopping
from payments.psa_reports.calling import Message
from payments.psa_reports.lines import Claim
from payments.psa_reports.models import EndpointState, PsaEndpoint, PsaPaymentReport, ReportState

logger = logging.getLogger(__name__)

PAYMENT_CHANGED = "invoice.payment_changed"
TEST = "test"


def prepare(claim: Claim, *, now: datetime) -> Message | None:
    """This function will return the next call of a line that was claimed, or give the line back when there is none.

    After a restore the next reports are made instead. A test that a person asked for goes first; else what changed first of what has not been tried yet. ``now`` is UTC.
    """
    if claim.retell_after_id is not None:
        recovery.go_on(claim, now=now)
        return None
    with tenant_transaction(claim.organization_id):
        endpoint = PsaEndpoint.objects.first()
        if endpoint is not None:
            try:
                message = _choose(claim, endpoint, now)
            except encryption.CannotDecrypt:
                logger.exception("A secret can be read with none of the keys")
                stopping.give_up(endpoint, reason=stopping.SECRET_LOST, now=now)
                message = None
            if message is not None:
                return message
        lines.release(claim, due_at=_next_due(endpoint))
        return None


def _choose(claim: Claim, endpoint: PsaEndpoint, now: datetime) -> Message | None:
    if endpoint.test_asked_at is not None:
        body = _write(TEST, endpoint.test_asked_at, {})
        return _sign(claim, endpoint, body, message_id=f"msg_{uuid4().hex}", now=now)
    if endpoint.state != EndpointState.ON:
        return None
    report = (
        _waiting()
        .filter(next_at__lte=now)
        .select_related("invoice")
        .select_for_update(of=("self",), no_key=True)
        # What failed comes after what has not been tried yet, so that one that is never taken holds up no other.
        .order_by("attempt_count", "next_at", "changed_at", "id")
        .first()
    )
    if report is None:
        return None
    report.attempt_count += 1
    report.first_tried_at = report.first_tried_at or now
    report.last_tried_at = now
    report.save(update_fields=["attempt_count", "first_tried_at", "last_tried_at"])
    times = {report.invoice_id: report.changed_at}
    [state] = answers.describe([report.invoice], changed_at=times)
    body = _write(PAYMENT_CHANGED, report.changed_at, state.model_dump(mode="json"))
    return _sign(claim, endpoint, body, message_id=report.message_id, now=now, report_id=report.pk)


def _next_due(endpoint: PsaEndpoint | None) -> datetime | None:
    if endpoint is None or endpoint.state != EndpointState.ON:
        return None
    next_at: datetime | None = _waiting().aggregate(Min("next_at"))["next_at__min"]
    return next_at


def _waiting() -> QuerySet[PsaPaymentReport]:
    return PsaPaymentReport.objects.filter(state=ReportState.WAITING)


def _write(kind: str, at: datetime, data: dict[str, object]) -> bytes:
    """The body, in the form that the specification recommends."""
    return json.dumps(
        {"type": kind, "timestamp": at.isoformat(), "data": data}, ensure_ascii=False
    ).encode()


def _sign(
    claim: Claim,
    endpoint: PsaEndpoint,
    body: bytes,
    *,
    message_id: str,
    now: datetime,
    report_id: int | None = None,
) -> Message:
    secrets = [encrypted_field(PsaEndpoint, "secret").reveal(endpoint).reveal()]
    if endpoint.previous_until is not None and endpoint.previous_until > now:
        secrets.append(encrypted_field(PsaEndpoint, "previous_secret").reveal(endpoint).reveal())
    headers = signing.headers(
        secrets_=secrets, message_id=message_id, timestamp=int(now.timestamp()), body=body
    )
    return Message(claim, endpoint.pk, endpoint.url, message_id, headers, body, report_id)

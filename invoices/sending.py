"""Lets Exact number, book and send an invoice that it wrote: the second half of the route "Exact invoice" (H-38 to H-40).

Before: `adopting.py` took the made invoice over and queued this. After: each result is written down one by one, and the
number is read (`invoice_numbers.py`). An e-mail cannot be taken back, so what is unsure is looked up and never repeated
once Exact has printed the invoice.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SalesInvoicePrintedSalesInvoices
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy

from connector.crash_points import crash_point
from connector.tenancy.scope import tenant_transaction
from integrations.exact import endpoints, errors, printing, sales_invoices
from integrations.lanes import LaneJob
from integrations.models import Sending
from invoices import attempts, copy_requests, copy_states, delivery, payment_status, sends
from invoices.copy_choices import CopyChoices
from invoices.document_plan import hash_of
from invoices.models import (
    AttemptOutcome,
    CopyRequest,
    CopyState,
    DeliveryState,
    PostedDocument,
)
from invoices.problems import Problem
from invoices.sends import NotedSend

# An invoice that waited longer to be sent, for Exact's daily limit for instance, is looked at before it is sent.
_LONGEST_UNWATCHED = timedelta(hours=1)
_GONE = Problem(
    "deleted_in_exact",
    gettext_lazy("The invoice is no longer in Exact; it was deleted there before it was sent."),
    gettext_lazy("Use Create new for a new copy."),
)
_CHANGED = Problem(
    "changed_since_made",
    gettext_lazy(
        "The invoice was changed in the PSA after it was made in Exact, so the customer would get what it said before."
    ),
    gettext_lazy(
        "Use Update existing, which sends it as well, or Send to let the customer have it as it is in Exact."
    ),
)
_NEVER_TWICE = Problem(
    "sent_before",
    gettext_lazy(
        "Exact has already numbered and booked this invoice, and does not send it a second time."
    ),
    gettext_lazy("Send the invoice from Exact itself: open it there and choose Send."),
)


def step(job: LaneJob, request: CopyRequest) -> None:
    """This function will take sending one step further."""
    with tenant_transaction(job.organization_id):
        document = copy_requests.target_of(request)
        if document is None:
            copy_states.hold(request, _GONE, now=job.now())
            return
    if request.state == CopyState.UNKNOWN:
        _look_up(job, request, document)
    else:
        _send(job, request, document)


def draft_for(request: CopyRequest, document: PostedDocument) -> printing.PrintDraft:
    """This function will return what Exact is asked to do with the invoice, dated as the PSA dates it."""
    way = CopyChoices.from_json(request.choices).sending or request.connection.sending
    return printing.PrintDraft(
        invoice_id=document.exact_id,
        send_email=way == Sending.EMAIL,
        send_based_on_account=way == Sending.ACCOUNT,
        send_to_postbox=way == Sending.POSTBOX,
        send_via_peppol=way == Sending.PEPPOL,
        invoice_date=request.invoice.invoice_date,
    )


def _send(job: LaneJob, request: CopyRequest, document: PostedDocument) -> None:
    if document.delivery == DeliveryState.SENT:
        # An answer that came late has told so after this was asked for.
        with tenant_transaction(job.organization_id):
            copy_states.end_unsent(request, now=job.now())
        return
    job.check_call("POST", endpoints.PRINTED_SALES_INVOICES)
    if _may_be_printed(job, request, document) and _found_otherwise(job, request, document):
        return
    with tenant_transaction(job.organization_id):
        request.refresh_from_db()
        if _is_outdated(request, document):
            copy_states.hold(request, _CHANGED, now=job.now())
            return
        draft = _frozen_draft(request) or draft_for(request, document)
        noted = _note_send(job, request, draft)
    if noted is None:
        return
    crash_point("after_print_claim")
    if not noted.may_begin():
        return
    try:
        result = printing.print_invoice(job.client, draft)
    except errors.ExactError as error:
        crash_point("after_print")
        # Also a refusal is looked up: Exact says "already processed" of what an earlier call has printed.
        noted.failed(error)
        return
    crash_point("after_print")
    noted.write_back(partial(_confirm, noted, document, draft, result.deliveries))


def _confirm(
    noted: NotedSend,
    document: PostedDocument,
    draft: printing.PrintDraft,
    deliveries: Sequence[printing.Delivery],
) -> None:
    """Write down how it went out; when it was written before and only the news of that was lost, nothing changes."""
    now = noted.job.now()
    attempts.finish(noted.attempt, outcome=AttemptOutcome.EXECUTED, now=now, http_status=201)
    is_ours = copy_states.complete(noted.request, now=now, fence=noted.job.fence)
    document.refresh_from_db()
    if is_ours or document.sent_at is None or document.delivery == DeliveryState.UNSURE:
        # Also when the wish was given up meanwhile: it happened, and this answer is all that tells how it went.
        delivery.printed(noted.request, document, draft, deliveries, now=now)


def _is_outdated(request: CopyRequest, document: PostedDocument) -> bool:
    """Whether the PSA changed the invoice since it was made, and nobody but the lane asks to send it."""
    by_itself = request.requested_at == document.updated_at
    return by_itself and document.content_hash != request.invoice.content_hash


def _may_be_printed(job: LaneJob, request: CopyRequest, document: PostedDocument) -> bool:
    """Whether somebody may have sent it from Exact: it was not made a moment ago by what asks for sending it."""
    if document.sent_at is not None:
        return False
    return (
        request.requested_at > document.created_at
        or job.now() - document.created_at > _LONGEST_UNWATCHED
    )


def _found_otherwise(job: LaneJob, request: CopyRequest, document: PostedDocument) -> bool:
    """Look before it is repeated: what Exact has printed meanwhile is taken over, and what is gone is not asked for."""
    found = sales_invoices.read_headers(job.client, [document.exact_id])
    if found and not found[0].is_printed:
        return False
    now = job.now()
    with tenant_transaction(job.organization_id):
        if not found:
            payment_status.mark_deleted(document=document, now=now)
            copy_states.hold(request, _GONE, now=now)
        elif copy_states.end_unsent(request, now=now):
            delivery.found_printed(request, document, found[0], now=now)
    return True


def _frozen_draft(request: CopyRequest) -> printing.PrintDraft | None:
    """What was noted at the first send: the same goes out again."""
    frozen = (request.payload or {}).get("print")
    return printing.PrintDraft.model_validate(frozen) if frozen else None


def _note_send(job: LaneJob, request: CopyRequest, draft: printing.PrintDraft) -> NotedSend | None:
    began_at = time.monotonic()
    now = job.now()
    if not sends.may_be_noted(request, now=now):
        return None
    payload: dict[str, Any] = {"print": draft.model_dump(mode="json")}
    frozen = {} if request.payload_hash else {"payload": payload, "payload_hash": hash_of(payload)}
    attempt = copy_states.claim(
        request,
        fence=job.fence,
        worker=job.worker,
        now=now,
        settle=timedelta(seconds=settings.COPY_SETTLE_SECONDS),
        **frozen,
    )
    return None if attempt is None else NotedSend(job, request, attempt, began_at)


def _look_up(job: LaneJob, request: CopyRequest, document: PostedDocument) -> None:
    """Read the invoice: printed is printed, whatever the answer was; not printed counts after the settle delay."""
    found = sales_invoices.read_headers(job.client, [document.exact_id])
    now = job.now()
    with tenant_transaction(job.organization_id):
        request.refresh_from_db()
        if request.state != CopyState.UNKNOWN:
            return
        if not found:
            payment_status.mark_deleted(document=document, now=now)
            copy_states.hold(request, _GONE, now=now)
        elif found[0].is_printed:
            _is_printed(request, document, found[0], now)
        elif request.problem_code:
            copy_states.hold(request, Problem.of(request), now=now)
        else:
            sends.not_found(request, now=now)


def _is_printed(
    request: CopyRequest, document: PostedDocument, made: sales_invoices.MadeInvoice, now: datetime
) -> None:
    if document.sent_at is not None and request.problem_code:
        copy_states.hold(request, _NEVER_TWICE, now=now)
    elif copy_states.complete(request, now=now):
        delivery.found_printed(request, document, made, now=now)

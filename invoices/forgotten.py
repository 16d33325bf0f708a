"""Documents in Exact that a restored database has forgotten: found by their marks, and given back to their invoices.

Before: `recovery.py` reads what Exact got since the backup. After: each is a PostedDocument again, as if its answer had just
come; what belongs to no invoice here yet waits for one, and nobody makes it a second time.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils.translation import gettext_lazy as _

from connector.tenancy.scope import tenant_transaction
from integrations import reference_lists
from integrations.exact import errors
from integrations.exact.rows import Quarantined
from integrations.lanes import LaneJob
from integrations.models import ListKind, Route
from invoices import adopting, copy_requests, copy_states, drafting, history
from invoices.aside import marking
from invoices.copy_choices import CopyChoices
from invoices.copy_refusals import CopyRefused
from invoices.document_plan import MadeDocument, Records
from invoices.document_texts import mark_of
from invoices.forgotten_matches import (
    candidates,
    customer_of,
    has_copy,
    has_number,
    shares_division,
)
from invoices.forgotten_words import in_the_way, perhaps, several
from invoices.locking import lock_invoices_of
from invoices.models import (
    CopyKind,
    CopyRequest,
    CopyState,
    ForgottenDocument,
    Invoice,
    PostedDocument,
    RecoveryPass,
)
from invoices.routes import route_of

logger = logging.getLogger(__name__)

_FOUND = _("Found in Exact after the database was restored from a backup.")
_READING = _("Reading the customers from Exact")
# The engine itself looks these up.
_ON_ITS_WAY = frozenset({CopyState.SENDING, CopyState.UNKNOWN})


def check_readable(one: RecoveryPass, odd: Sequence[Quarantined]) -> None:
    """This function will raise UnexpectedAnswer for a row that does not fit and may be a document of ours.

    Elsewhere such a row is set aside; here it would look absent, and its invoice would be sent again.
    """
    for row in odd:
        raw = row.raw if isinstance(row.raw, dict) else {}
        text = raw.get("Description", raw)
        if text is None or (isinstance(text, str) and not mark_of(text)):
            continue
        exact_id = row.id_under("EntryID") or row.id_under("InvoiceID")
        known = PostedDocument.objects.filter(connection=one.connection_id)
        if exact_id is None or not known.filter(exact_id=exact_id).exists():
            raise errors.UnexpectedAnswer(f"A document of ours does not fit: {row.reason}")


def give_back(one: RecoveryPass, rows: Sequence[MadeDocument], *, now: datetime) -> None:
    """This function will take over what is ours of a page, in the open tenant transaction."""
    lock_invoices_of(one.connection, rows)
    known = set(
        PostedDocument.objects.filter(
            connection=one.connection_id, exact_id__in=[made.exact_id for made in rows]
        ).values_list("exact_id", flat=True)
    )
    for made in rows:
        marker = mark_of(made.description)
        if not marker or made.exact_id in known:
            continue
        request = (
            CopyRequest.objects.filter(connection=one.connection_id, marker=marker)
            .select_related("invoice__client", "invoice__contact", "connection__subsidiary")
            .first()
        )
        if _was_printed(one, marker, request):
            continue
        if request is None:
            row = _keep(one, made, marker, now)
            # In a division of several organizations it may be another one's: our invoice's copy looks at it when it is due.
            if row is not None and not shares_division(one.connection):
                _ask_again(row, one, made, now)
        elif request.kind == CopyKind.CREATE and request.state not in _ON_ITS_WAY:
            is_waiting = request.state == CopyState.QUEUED
            if not (is_waiting and _take(request, made, since=one.since, now=now)):
                # Its copy is over, or a person has to mend something: the next copy of its invoice takes it over.
                _keep(one, made, marker, now)


def _was_printed(one: RecoveryPass, marker: str, request: CopyRequest | None) -> bool:
    """Whether it is the entry that printing made of an invoice of ours: that takes the description over, mark and all."""
    if request is not None:
        return request.route != one.route
    return (
        one.route == Route.BOOKING
        and ForgottenDocument.objects.filter(
            connection=one.connection_id, route=Route.EXACT_INVOICE, marker=marker
        ).exists()
    )


def take_back(job: LaneJob, request: CopyRequest) -> bool:
    """This function will end a waiting copy with the document that Exact has of it; False when it has to be sent.

    Call it outside any transaction, before anything is made for the copy.
    """
    with tenant_transaction(job.organization_id):
        found = candidates(request)
        is_told = any(has_number(one, request.invoice) for one in found)
        is_known = is_told or not found or customer_of(request).exact_id is not None
    if not found:
        return False
    if not is_known and not reference_lists.catch_up(job, ListKind.CUSTOMERS):
        # Its account may have been made since the backup.
        with tenant_transaction(job.organization_id):
            copy_states.wait(request, at=job.now(), progress=_READING)
        return True
    asked = [one.exact_id for one in found]
    there = {made.exact_id: made for made in route_of(request.route).read(job.client, asked)}
    now = job.now()
    with tenant_transaction(job.organization_id):
        gone = [one.pk for one in found if one.exact_id not in there]
        ForgottenDocument.objects.filter(pk__in=gone).update(settled_at=now)
        left = [one for one in found if one.exact_id in there]
        request.refresh_from_db()
        if left and request.state == CopyState.QUEUED:
            return _settle(request, left, there, now)
        return bool(left)


def _settle(
    request: CopyRequest,
    left: Sequence[ForgottenDocument],
    there: Mapping[UUID, MadeDocument],
    now: datetime,
) -> bool:
    """Take over what is surely this invoice's, and leave to a person what is not sure; False when none is this invoice's."""
    customer = customer_of(request)
    is_numbered = has_number(left[0], request.invoice)
    if not is_numbered and customer.is_sure:
        left = [one for one in left if there[one.exact_id].customer_id == customer.exact_id]
        if not left:
            return False
    found = [there[one.exact_id] for one in left]
    if (
        not (customer.is_sure or is_numbered)
        or shares_division(request.connection)
        or has_copy(request)
    ):
        copy_states.hold(request, perhaps(request, found), now=now)
    elif len(left) > 1 and is_numbered:
        copy_states.hold(request, several(request, found), now=now)
    elif _take(request, found[0], since=left[0].found_at, now=now, customer_id=customer.exact_id):
        ForgottenDocument.objects.filter(pk=left[0].pk).update(settled_at=now)
    return True


def _keep(
    one: RecoveryPass, made: MadeDocument, marker: str, now: datetime
) -> ForgottenDocument | None:
    """Remember a document without an owner here; None when it was remembered before."""
    day: date | None = getattr(made, "entry_date", None) or getattr(made, "invoice_date", None)
    row, is_new = ForgottenDocument.objects.get_or_create(
        connection=one.connection,
        exact_id=made.exact_id,
        defaults={
            "route": one.route,
            "marker": marker,
            "your_ref": made.your_ref[:60],
            "description": made.description[:200],
            "document_date": day,
            "gross_amount": abs(made.amount_fc),
            "found_at": now,
        },
    )
    return row if is_new else None


def _ask_again(
    row: ForgottenDocument, one: RecoveryPass, made: MadeDocument, now: datetime
) -> None:
    """Ask for a copy again that nobody here remembers, when its invoice is here, and give it its document at once."""
    if not made.your_ref:
        return
    invoice = Invoice.objects.filter(
        subsidiary=one.connection.subsidiary_id, number=made.your_ref
    ).first()
    if invoice is None or not has_number(row, invoice):
        return
    if copy_requests.newest_document(invoice) is not None or one.connection.route != one.route:
        return
    journal = made.journal or one.connection.default_journal_code
    choices = CopyChoices(customer_exact_id=made.customer_id, journal_code=journal)
    marking.end_by_exact(invoice, now=now)
    try:
        request = copy_requests.request_copy(
            invoice=invoice, connection=one.connection, choices=choices, user=None, now=now
        )
    except CopyRefused:
        # Another copy of it is under way, or its connection waits for a log-in: `take_back` finds it then.
        return
    if _take(request, made, since=one.since, now=now):
        ForgottenDocument.objects.filter(pk=row.pk).update(settled_at=now)


def _take(
    request: CopyRequest,
    made: MadeDocument,
    *,
    since: datetime,
    now: datetime,
    customer_id: UUID | None = None,
) -> bool:
    """End a waiting request with its document: built as it would be sent now, and compared with what Exact has.

    `customer_id` is the account that it would be booked on, where that is known. False when a person has to mend something
    first.
    """
    try:
        with transaction.atomic():
            return _adopt(request, made, since, now, customer_id or made.customer_id)
    except DatabaseError:
        raise
    except Exception:  # one that cannot be built must not keep the others from being found
        logger.exception("A document was not taken back", extra={"copy_request": request.pk})
        copy_states.hold(request, in_the_way(request, made, ""), now=now)
        return False


def _adopt(
    request: CopyRequest, made: MadeDocument, since: datetime, now: datetime, customer_id: UUID
) -> bool:
    if not request.payload_hash:
        prepared = drafting.prepare(request, records=Records(customer_id), marker=request.marker)
        if prepared.problem is not None:
            problem = in_the_way(request, made, prepared.problem.sentence)
            copy_states.hold(request, problem, now=now)
            return False
        columns = {**prepared.columns, "entry_number": request.entry_number}
        CopyRequest.objects.filter(pk=request.pk).update(**columns)
        request.refresh_from_db()
    draft = drafting.stored_draft(request)
    document = adopting.adopt(request, made, draft, now=now, fence=request.fence)
    if document is None:
        return False
    # It is as old as that: what Exact has to send is looked at before it is sent.
    PostedDocument.objects.filter(pk=document.pk).update(created_at=since)
    history.note(invoice=request.invoice, kind="copy_found", sentence=_FOUND, now=now)
    return True

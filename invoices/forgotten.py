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
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from connector.sentences import Words, sentence, together
from connector.tenancy.scope import tenant_transaction
from integrations.exact import errors
from integrations.exact.rows import Quarantined
from integrations.lanes import LaneJob
from integrations.models import Route
from invoices import adopting, copy_requests, copy_states, drafting, history
from invoices.aside import marking
from invoices.copy_choices import CopyChoices
from invoices.copy_refusals import CopyRefused
from invoices.document_plan import MadeDocument, Records
from invoices.document_texts import mark_of, marked, one_line, reference
from invoices.models import (
    CopyKind,
    CopyRequest,
    CopyState,
    ForgottenDocument,
    Invoice,
    PostedDocument,
    RecoveryPass,
)
from invoices.problems import Problem
from invoices.routes import route_of

logger = logging.getLogger(__name__)

_FOUND = _("Found in Exact after the database was restored from a backup.")
_IDS_A_CALL = 15
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
            _ask_again(_keep(one, made, marker, now), one, made, now)
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
        found = _candidates(request)
    if not found:
        return False
    asked = [one.exact_id for one in found]
    there = {made.exact_id: made for made in route_of(request.route).read(job.client, asked)}
    now = job.now()
    with tenant_transaction(job.organization_id):
        gone = [one.pk for one in found if one.exact_id not in there]
        ForgottenDocument.objects.filter(pk__in=gone).update(settled_at=now)
        left = [one for one in found if one.exact_id in there]
        request.refresh_from_db()
        if left and request.state == CopyState.QUEUED:
            _settle(request, left, there, now)
        return bool(left)


def _settle(
    request: CopyRequest,
    left: Sequence[ForgottenDocument],
    there: Mapping[UUID, MadeDocument],
    now: datetime,
) -> None:
    first = left[0]
    if len(left) > 1 and _has_number(first, request.invoice):
        copy_states.hold(request, _several(request, [there[one.exact_id] for one in left]), now=now)
    elif _take(request, there[first.exact_id], since=first.found_at, now=now):
        ForgottenDocument.objects.filter(pk=first.pk).update(settled_at=now)


def _candidates(request: CopyRequest) -> list[ForgottenDocument]:
    """What may be this copy: its number is told, or else all that a document tells is the same."""
    if request.kind != CopyKind.CREATE or request.attempt_count:
        return []
    invoice = request.invoice
    if PostedDocument.objects.filter(invoice=invoice, connection=request.connection_id).exists():
        return []
    waiting = ForgottenDocument.objects.filter(
        Q(your_ref=reference(invoice.number)) | Q(gross_amount=abs(invoice.gross_amount)),
        connection=request.connection_id,
        route=request.route,
        settled_at=None,
    )
    rows = list(waiting.order_by("id"))
    numbered = [one for one in rows if _has_number(one, invoice)]
    return (numbered or [one for one in rows if _says_the_same(one, invoice)])[:_IDS_A_CALL]


def _has_number(one: ForgottenDocument, invoice: Invoice) -> bool:
    if not one.your_ref or one.your_ref != reference(invoice.number):
        return False
    # An invoice that Exact writes has the customer's own reference there, which may look like a number of ours.
    return one.route == Route.BOOKING or one.gross_amount == abs(invoice.gross_amount)


def _says_the_same(one: ForgottenDocument, invoice: Invoice) -> bool:
    text = one_line(invoice.subject) or invoice.client.name
    return (
        one.description == marked(text, one.marker)
        and one.gross_amount == abs(invoice.gross_amount)
        and one.document_date in {None, invoice.invoice_date}
    )


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
    row: ForgottenDocument | None, one: RecoveryPass, made: MadeDocument, now: datetime
) -> None:
    """Ask for a copy again that nobody here remembers, when its invoice is here, and give it its document at once."""
    if row is None or not made.your_ref:
        return
    invoice = Invoice.objects.filter(
        subsidiary=one.connection.subsidiary_id, number=made.your_ref
    ).first()
    if invoice is None or not _has_number(row, invoice):
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


def _take(request: CopyRequest, made: MadeDocument, *, since: datetime, now: datetime) -> bool:
    """End a waiting request with its document: built as it would be sent now, and compared with what Exact has.

    False when a person has to mend something first.
    """
    try:
        with transaction.atomic():
            return _adopt(request, made, since, now)
    except DatabaseError:
        raise
    except Exception:  # one that cannot be built must not keep the others from being found
        logger.exception("A document was not taken back", extra={"copy_request": request.pk})
        copy_states.hold(request, _in_the_way(request, made, ""), now=now)
        return False


def _adopt(request: CopyRequest, made: MadeDocument, since: datetime, now: datetime) -> bool:
    if not request.payload_hash:
        prepared = drafting.prepare(
            request, records=Records(made.customer_id), marker=request.marker
        )
        if prepared.problem is not None:
            problem = _in_the_way(request, made, prepared.problem.sentence)
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


def _several(request: CopyRequest, found: Sequence[MadeDocument]) -> Problem:
    names = together(*(adopting.name_of(request, made) for made in found), by=", ")
    return Problem(
        "forgotten_by_restore",
        sentence(
            "Exact has this invoice %(n)s times from before the database was restored: %(names)s.",
            n=len(found),
            names=names,
        ),
        sentence(
            "Delete what is too much in Exact, then copy again: what is left there is taken over, and nothing is sent."
        ),
    )


def _in_the_way(request: CopyRequest, made: MadeDocument, why: Words) -> Problem:
    return Problem(
        "forgotten_by_restore",
        together(
            sentence(
                "Exact has %(document)s of this invoice, from before the database was restored.",
                document=adopting.name_of(request, made),
            ),
            why,
        ),
        sentence(
            "Mend that and copy again: what is in Exact is then taken over, and nothing is sent twice."
        ),
    )

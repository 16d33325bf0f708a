"""Asking for a copy, and giving it up: what people do. What workers do with it is in `posting.py`.

A wish is a row; `copy_states.py` changes its state.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from connector.sentences import sentence
from connector.templatetags.formats import within
from connector.tenancy.models import User
from integrations.models import ConnectionState, ExactConnection, Route
from invoices import copy_states, copy_words, history
from invoices.copy_choices import CopyChoices
from invoices.copy_refusals import (
    AlreadyCopied,
    AlreadyCopying,
    CopyRefused,
    why_final,
    why_set_aside,
)
from invoices.models import (
    CopyKind,
    CopyRequest,
    CopyState,
    DeliveryState,
    Invoice,
    PostedDocument,
)
from invoices.models.copying import ACTIVE_COPY_STATES
from invoices.payment_standing import living_documents
from invoices.problems import Problem
from invoices.wishes import Wish, queue


def request_copy(
    *,
    invoice: Invoice,
    connection: ExactConnection,
    choices: CopyChoices,
    user: User | None,
    now: datetime,
    as_new: bool = False,
) -> CopyRequest:
    """This function will queue a copy of the invoice as a new document in Exact.

    Raises AlreadyCopying, AlreadyCopied unless `as_new`, and CopyRefused when the invoice is set aside or the connection
    cannot be used.
    """
    invoice = _lock(invoice)
    _refuse_while_active(invoice)
    _refuse_set_aside(invoice)
    document = newest_document(invoice)
    if document is not None and not as_new:
        raise AlreadyCopied(document)
    require_working(connection, invoice)
    return queue(
        Wish(invoice, connection, CopyKind.CREATE, choices.to_json(), choices.journal_code),
        user=user,
        now=now,
    )


def request_link(
    *,
    invoice: Invoice,
    connection: ExactConnection,
    entry_id: UUID,
    journal_code: str,
    user: User | None,
    now: datetime,
) -> CopyRequest:
    """This function will note the wish that the invoice be tied to an entry in Exact; `linking.link` ends it at once.

    Raises AlreadyCopying, AlreadyCopied, and CopyRefused when the invoice is set aside or the connection cannot be used.
    """
    invoice = _lock(invoice)
    _refuse_while_active(invoice)
    _refuse_set_aside(invoice)
    document = newest_document(invoice)
    if document is not None:
        raise AlreadyCopied(document)
    require_working(connection, invoice)
    chosen = {"document_exact_id": str(entry_id)}
    wish = Wish(invoice, connection, CopyKind.LINK, chosen, journal_code, Route.BOOKING)
    return queue(wish, user=user, now=now)


def request_update(
    *, invoice: Invoice, user: User | None, now: datetime, choices: CopyChoices | None = None
) -> CopyRequest:
    """This function will queue an update of the newest copy that still exists in Exact.

    Without choices those of the copy itself are used again. Raises AlreadyCopying and CopyRefused.
    """
    invoice = _lock(invoice)
    _refuse_while_active(invoice)
    document = newest_document(invoice)
    if document is None:
        raise CopyRefused(
            sentence("There is no copy of this invoice in Exact to update."),
            sentence("Use Create new instead."),
        )
    if refusal := why_final(document):
        raise refusal
    require_working(document.connection, invoice, same_subsidiary=False)
    chosen = choices.to_json() if choices else document.copy_request.choices
    return queue(
        Wish(
            invoice,
            document.connection,
            CopyKind.UPDATE,
            chosen | _about(document),
            document.journal_code,
            document.route,
        ),
        user=user,
        now=now,
    )


def request_sending(
    *, invoice: Invoice, user: User | None, now: datetime, sending: str = ""
) -> CopyRequest:
    """This function will ask Exact to number and send the newest copy, or to send one again that did not go out.

    `sending` (integrations.models.Sending) is another way than was chosen for the copy. Raises AlreadyCopying and
    CopyRefused.
    """
    invoice = _lock(invoice)
    _refuse_while_active(invoice)
    document = newest_document(invoice)
    if document is None or document.delivery in {DeliveryState.NOTHING, DeliveryState.SENT}:
        raise CopyRefused(
            sentence("There is nothing that Exact still has to send."),
            sentence("Look at the invoice's copies below."),
        )
    require_working(document.connection, invoice, same_subsidiary=False)
    return queue(_sending_of(document.copy_request, document, sending), user=user, now=now)


def queue_sending(made_by: CopyRequest, document: PostedDocument, *, now: datetime) -> CopyRequest:
    """This function will let the lane go on with sending what it has just made, in the transaction that adopts it."""
    return queue(_sending_of(made_by, document), user=made_by.requested_by, now=now)


def _sending_of(made_by: CopyRequest, document: PostedDocument, sending: str = "") -> Wish:
    return Wish(
        made_by.invoice,
        made_by.connection,
        CopyKind.SEND,
        made_by.choices | _about(document) | ({"sending": sending} if sending else {}),
        made_by.journal_code,
        made_by.route,
    )


def _about(document: PostedDocument) -> dict[str, Any]:
    return {"document_exact_id": str(document.exact_id)}


def target_of(request: CopyRequest) -> PostedDocument | None:
    """This function will return the document that an update or a sending is about; None when Exact no longer has it.

    Never an earlier copy instead: it may be another document in another division, and may have been sent long ago.
    """
    wanted = CopyChoices.from_json(request.choices).document_exact_id
    document = newest_document(request.invoice)
    return None if document is None or wanted not in {None, document.exact_id} else document


def cancel(*, copy_request: CopyRequest, user: User | None, now: datetime) -> bool:
    """This function will give the request up; False when it is past the point where that is safe."""
    cancelled = copy_states.move(
        copy_request,
        (CopyState.QUEUED, CopyState.NEEDS_CHOICE, CopyState.CONFLICT),
        CopyState.CANCELLED,
        now=now,
        next_at=None,
    )
    if cancelled:
        history.note(
            invoice=copy_request.invoice,
            kind="copy_cancelled",
            sentence=copy_words.CANCELLED[CopyKind(copy_request.kind)],
            user=user,
            now=now,
        )
    return cancelled


def retry(*, copy_request: CopyRequest, user: User | None, now: datetime) -> CopyRequest | None:
    """This function will ask for a refused request again with the same choices, as a new wish.

    What was refused is frozen for good; the new wish is built from what the invoice and the settings say now. None
    when somebody was faster, or when the connection cannot be used: the refused request then says why.
    """
    invoice = _lock(copy_request.invoice)
    copy_request.refresh_from_db()
    if copy_request.state != CopyState.NEEDS_CHOICE:
        return None
    connection, kind = copy_request.connection, CopyKind(copy_request.kind)
    try:
        require_working(connection, invoice, same_subsidiary=kind == CopyKind.CREATE)
    except CopyRefused as refusal:
        problem = Problem("connection_not_working", refusal.sentence, refusal.remedy)
        CopyRequest.objects.filter(pk=copy_request.pk).update(**problem.columns())
        return None
    # A new copy goes the way that is set now; what is in Exact already keeps its own.
    route = "" if kind == CopyKind.CREATE else copy_request.route
    return queue(
        Wish(invoice, connection, kind, copy_request.choices, copy_request.journal_code, route),
        user=user,
        now=now,
    )


def newest_document(invoice: Invoice) -> PostedDocument | None:
    """This function will return the newest copy that still exists in Exact: the one Update existing changes."""
    return living_documents(invoice).select_related("connection", "copy_request").first()


def _lock(invoice: Invoice) -> Invoice:
    return Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)


def _refuse_while_active(invoice: Invoice) -> None:
    active = (
        CopyRequest.objects.filter(invoice=invoice, state__in=ACTIVE_COPY_STATES)
        .select_related("requested_by")
        .first()
    )
    if active is not None:
        raise AlreadyCopying(active)


def _refuse_set_aside(invoice: Invoice) -> None:
    if refusal := why_set_aside(invoice.set_aside):
        raise refusal


def require_working(
    connection: ExactConnection, invoice: Invoice | None = None, *, same_subsidiary: bool = True
) -> None:
    """This function will raise CopyRefused when the connection cannot be used, or not for this invoice's subsidiary."""
    if (
        invoice is not None
        and same_subsidiary
        and connection.subsidiary_id != invoice.subsidiary_id
    ):
        raise CopyRefused(
            sentence("This connection belongs to another subsidiary."),
            sentence("Copy the invoice through its own subsidiary's connection."),
        )
    if connection.is_working:
        return
    if connection.state == ConnectionState.NEEDS_CONSENT:
        raise CopyRefused(
            sentence(
                "Exact has to be reconnected before %(name)s can be used.", name=connection.name
            ),
            sentence("Ask an admin to reconnect it in the App Marketplace."),
        )
    raise CopyRefused(
        sentence(
            "%(name)s is not ready: %(state)s.",
            name=connection.name,
            state=within(connection.get_state_display()),
        ),
        sentence("Ask an admin to finish its set-up in the App Marketplace."),
    )

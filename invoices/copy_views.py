"""Copying an invoice to Exact: the dialog, and what it starts. How it goes is in `panel_views.py`. No view calls Exact."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from connector.dialogs import render_dialog
from connector.tenancy.access import TenantRequest, finance_required
from integrations import reference_lists
from integrations.mappings.reading import read_facts
from integrations.models import ExactConnection
from invoices import copy_requests
from invoices.copy_choices import CopyChoices
from invoices.copy_dialog import CopyDialog, Mode
from invoices.copy_forms import (
    DialogInput,
    UnknownChoice,
    fill_in,
    fill_in_again,
    read_input,
    use_suggestions,
)
from invoices.copy_offer import find_offer
from invoices.copy_requests import AlreadyCopied, AlreadyCopying, CopyRefused
from invoices.customer_match import forget_customer, match_customer
from invoices.document_plan import NotDecided, Records
from invoices.drafting import terms_of
from invoices.models import CopyRequest, CopyState, Invoice, PostedDocument
from invoices.models.copying import ACTIVE_COPY_STATES
from invoices.panel_views import panel_after_dialog
from invoices.proposal import propose, read_content
from invoices.update_preview import preview_update

_DIALOG = "invoices/copy.html"
_NOT_OFFERED = "invoices/copy_not_offered.html"


# --- The dialog -----------------------------------------------------------------------------------------------------


@finance_required
@require_http_methods(["GET", "POST"])
def copy(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """Copy an invoice that is not in Exact yet."""
    return _dialog(request, invoice_id, Mode.COPY)


@finance_required
@require_http_methods(["GET", "POST"])
def create_new(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """Make a second document of an invoice that is in Exact."""
    return _dialog(request, invoice_id, Mode.NEW)


@finance_required
@require_http_methods(["GET", "POST"])
def update_existing(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """Change the newest copy to what the invoice says now."""
    return _dialog(request, invoice_id, Mode.UPDATE)


def _dialog(request: TenantRequest, invoice_id: int, mode: Mode) -> HttpResponse:
    invoice = _get_invoice(invoice_id)
    document = copy_requests.newest_document(invoice)
    obstacle = _find_obstacle(invoice, mode, document)
    if obstacle is not None:
        return _not_offered(request, invoice, obstacle, status=_obstacle_status(request))
    offer = find_offer(invoice, request.organization)
    connection = document.connection if document and mode == Mode.UPDATE else offer.connection
    if connection is None:
        return render_dialog(
            request,
            _NOT_OFFERED,
            {"invoice": invoice, "offer": offer},
            status=_obstacle_status(request),
        )
    now = timezone.now()
    try:
        dialog = _read_dialog(request, invoice, connection, mode, document)
    except UnknownChoice as error:
        raise Http404(str(error)) from error
    if request.method == "GET":
        return render_dialog(request, _DIALOG, {"dialog": dialog})
    return _answer(request, dialog, now)


def _answer(request: TenantRequest, dialog: CopyDialog, now: datetime) -> HttpResponse:
    action = request.POST.get("action", "copy")
    if action == "check":
        return render(request, f"{_DIALOG}#decided", {"dialog": dialog})
    if action == "refresh":
        reference_lists.request_refresh(dialog.connection, now=now)
    if action in {"refresh", "search", "suggestions"}:
        return render_dialog(request, _DIALOG, {"dialog": dialog})
    if dialog.gaps:
        return render_dialog(request, _DIALOG, {"dialog": dialog}, status=422)
    try:
        # Whole or not at all: a refused copy must not have forgotten the client's customer.
        with transaction.atomic():
            _start(request, dialog, now)
    except CopyRefused as refusal:
        return _not_offered(request, dialog.invoice, refusal, status=422)
    return panel_after_dialog(request, dialog.invoice)


def _start(request: TenantRequest, dialog: CopyDialog, now: datetime) -> CopyRequest:
    """Ask for the copy; the work begins once this request is committed."""
    choices = dialog.filled.choices
    if dialog.mode == Mode.UPDATE:
        return copy_requests.request_update(
            invoice=dialog.invoice, choices=choices, user=request.user, now=now
        )
    copy_request = copy_requests.request_copy(
        invoice=dialog.invoice,
        connection=dialog.connection,
        choices=choices,
        user=request.user,
        now=now,
        as_new=dialog.mode == Mode.NEW,
    )
    if choices.create_customer:
        forget_customer(dialog.connection, dialog.invoice.client)
    return copy_request


@finance_required
@require_GET
def customers(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """The customers that fit what is being typed."""
    invoice = _get_invoice(invoice_id)
    offer = find_offer(invoice, request.organization)
    if offer.connection is None:
        raise Http404("No connection.")
    try:
        dialog = _read_dialog(request, invoice, offer.connection, Mode.COPY, None)
    except UnknownChoice as error:
        raise Http404(str(error)) from error
    return render(request, f"{_DIALOG}#customers", {"dialog": dialog, "announce": True})


def _read_dialog(
    request: TenantRequest,
    invoice: Invoice,
    connection: ExactConnection,
    mode: Mode,
    document: PostedDocument | None,
) -> CopyDialog:
    facts, content = read_facts(connection), read_content(invoice)
    match = match_customer(connection, invoice.client)
    given = request.POST if request.method == "POST" else request.GET
    earlier = _find_earlier(invoice, connection, mode, document)
    filled: DialogInput
    if request.method == "POST" or "customer" in given or "q" in given:
        filled = read_input(
            given.dict(),
            facts=facts,
            content=content,
            connection=connection,
            match=match,
            booked_on=document.customer_exact_id if document else None,
        )
    elif earlier is not None:
        filled = fill_in_again(choices=earlier, facts=facts, content=content, match=match)
    else:
        filled = fill_in(facts=facts, content=content, match=match)
    proposal = propose(invoice=invoice, connection=connection, choices=filled.choices)
    action = given.get("action", "copy")
    if action == "suggestions":
        suggestions = {
            line.line.line_id: line.suggested_ledger.exact_id
            for line in proposal.resolution.lines
            if line.suggested_ledger
        }
        filled = use_suggestions(filled, suggestions)
        proposal = propose(invoice=invoice, connection=connection, choices=filled.choices)
    dialog = CopyDialog(
        mode=mode,
        invoice=invoice,
        connection=connection,
        proposal=proposal,
        filled=filled,
        match=match,
        document=document,
        is_submitted=request.method == "POST" and action == "copy",
        is_refreshing=action == "refresh",
    )
    return _with_changes(dialog)


def _find_earlier(
    invoice: Invoice, connection: ExactConnection, mode: Mode, document: PostedDocument | None
) -> CopyChoices | None:
    """What was chosen before: for the document to update, or for the attempt that Exact refused."""
    if mode == Mode.UPDATE and document is not None:
        stored = document.copy_request.choices | {
            "customer_exact_id": str(document.customer_exact_id),
            "journal_code": document.journal_code,
        }
        return CopyChoices.from_json(stored)
    held = (
        CopyRequest.objects.filter(invoice=invoice, connection=connection)
        .order_by("-id")
        .values_list("state", "choices")
        .first()
    )
    if held is None or held[0] not in {CopyState.NEEDS_CHOICE, CopyState.CONFLICT}:
        return None
    return CopyChoices.from_json(held[1])


def _with_changes(dialog: CopyDialog) -> CopyDialog:
    document = dialog.document
    if dialog.mode != Mode.UPDATE or document is None or dialog.gaps:
        return dialog
    try:
        plan = dialog.proposal.plan(
            records=Records(dialog.filled.choices.customer_exact_id or document.customer_exact_id),
            terms=terms_of(dialog.connection, marker=document.copy_request.marker),
        )
    except NotDecided:
        return dialog
    changes = preview_update(document, plan, dialog.facts)
    return replace(dialog, changes=changes)


def _find_obstacle(
    invoice: Invoice, mode: Mode, document: PostedDocument | None
) -> CopyRefused | None:
    active = (
        CopyRequest.objects.filter(invoice=invoice, state__in=ACTIVE_COPY_STATES)
        .select_related("requested_by")
        .first()
    )
    if active is not None:
        return AlreadyCopying(active)
    if mode == Mode.COPY and document is not None:
        return AlreadyCopied(document)
    if mode == Mode.UPDATE and document is None:
        return CopyRefused(
            "There is no copy of this invoice in Exact to update.", "Copy it to Exact instead."
        )
    return copy_requests.why_final(document) if mode == Mode.UPDATE and document else None


def _not_offered(
    request: TenantRequest, invoice: Invoice, refusal: CopyRefused, *, status: int
) -> HttpResponse:
    document = copy_requests.newest_document(invoice)
    context: dict[str, Any] = {"invoice": invoice, "refusal": refusal}
    if isinstance(refusal, AlreadyCopying):
        context["started_at"] = refusal.at
    if isinstance(refusal, AlreadyCopied):
        context["document"] = refusal.document
    elif document is not None and document.sent_at is not None:
        context["final_document"] = document
    return render_dialog(request, _NOT_OFFERED, context, status=status)


def _obstacle_status(request: HttpRequest) -> int:
    return 422 if request.method == "POST" else 200


def _get_invoice(invoice_id: int) -> Invoice:
    return get_object_or_404(Invoice.objects.select_related("client", "subsidiary"), pk=invoice_id)

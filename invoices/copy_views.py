"""Copying an invoice to Exact: the dialog, and what it starts. How it goes is in `panel_views.py`. No view calls Exact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from connector.dialogs import render_dialog
from connector.tenancy.access import TenantRequest, finance_required
from integrations import queries, reference_lists
from invoices import copy_requests
from invoices.copy_dialog import CopyDialog, Mode
from invoices.copy_offer import find_offer
from invoices.copy_refusals import (
    AlreadyCopied,
    AlreadyCopying,
    CopyRefused,
    why_final,
    why_set_aside,
)
from invoices.customer_match import forget_customer
from invoices.dialog_reading import read_dialog
from invoices.models import CopyRequest, Invoice, PostedDocument
from invoices.models.copying import ACTIVE_COPY_STATES
from invoices.panel_views import panel_after_dialog
from invoices.places import UnknownChoice

_DIALOG = "invoices/copy.html"
_NOT_OFFERED = "invoices/copy_not_offered.html"
_OPTIONS_SHOWN = 50
_LONGEST_SEARCH = 80


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
        dialog = read_dialog(request, invoice, connection, mode, document)
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
        dialog = read_dialog(request, invoice, offer.connection, Mode.COPY, None)
    except UnknownChoice as error:
        raise Http404(str(error)) from error
    return render(request, f"{_DIALOG}#customers", {"dialog": dialog, "announce": True})


@finance_required
@require_GET
def items(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """The items that fit what is being typed, as options of the list that all item fields share."""
    invoice = _get_invoice(invoice_id)
    offer = find_offer(invoice, request.organization)
    if offer.connection is None:
        raise Http404("No connection.")
    text = request.GET.get(request.htmx.trigger_name or "item", "")[:_LONGEST_SEARCH]
    found = queries.search_items(
        offer.connection, text, day=invoice.invoice_date, limit=_OPTIONS_SHOWN
    )
    return render(request, "integrations/_item_options.html", {"items": found})


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
    if refusal := why_set_aside(invoice.set_aside):
        return refusal
    if mode == Mode.COPY and document is not None:
        return AlreadyCopied(document)
    if mode == Mode.UPDATE and document is None:
        return CopyRefused(
            _("There is no copy of this invoice in Exact to update."),
            _("Copy it to Exact instead."),
        )
    return why_final(document) if mode == Mode.UPDATE and document else None


def _not_offered(
    request: TenantRequest, invoice: Invoice, refusal: CopyRefused, *, status: int
) -> HttpResponse:
    document = copy_requests.newest_document(invoice)
    context: dict[str, Any] = {"invoice": invoice, "refusal": refusal}
    if isinstance(refusal, AlreadyCopying):
        context["started_at"] = refusal.at
    if isinstance(refusal, AlreadyCopied):
        context["document"] = refusal.document
    elif "started_at" not in context and document is not None and document.sent_at is not None:
        context["final_document"] = document
    return render_dialog(request, _NOT_OFFERED, context, status=status)


def _obstacle_status(request: HttpRequest) -> int:
    return 422 if request.method == "POST" else 200


def _get_invoice(invoice_id: int) -> Invoice:
    return get_object_or_404(
        Invoice.objects.select_related("client", "subsidiary", "contact", "original"), pk=invoice_id
    )

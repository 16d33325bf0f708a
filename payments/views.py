"""Pages of payments: what came in, how fresh it is, and *Sync now*."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from connector.tenancy.access import TenantRequest, finance_required, member_required
from integrations.models import ExactConnection
from invoices.models import Invoice
from payments import incoming, queries
from payments.forms import PaymentFilter, read_id
from payments.sync_requests import SyncRefused, request_sync

PAGE_SIZE = 50


@require_safe
@member_required
def payment_list(request: TenantRequest) -> HttpResponse:
    """This function will show what came in, newest first."""
    return _list_page(request)


def _list_page(request: TenantRequest, *, notice: str = "") -> HttpResponse:
    connections = list(queries.list_connections())
    form = PaymentFilter(request.GET, connections=connections)
    found = incoming.find_payments(form.as_selection())
    states = queries.list_sync_states()
    asked = {name: request.GET.get(name, "") for name in form.fields if request.GET.get(name)}
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "days": incoming.list_days(found, list(page.object_list)),
        "query": urlencode(asked),
        "here": urlencode(asked | {"page": page.number}),
        "is_filtered": bool(asked),
        "totals": incoming.sum_payments(found),
        "sync_states": states,
        "is_waiting": any(state.is_waiting for state in states),
        "shows_connection": len(connections) > 1,
        "notice": notice,
    }
    template = "payments/payment_list.html"
    if request.htmx and request.htmx.target == "payments":
        template += "#payments"
    return render(request, template, context, status=200 if form.is_valid() else 422)


@require_safe
@member_required
def invoice_payments(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """This function will answer the payments part of the invoice page, for scripts that renew it."""
    invoice = get_object_or_404(Invoice.objects.all(), pk=invoice_id)
    return _panel(request, invoice)


def _panel(request: TenantRequest, invoice: Invoice, *, notice: str = "") -> HttpResponse:
    panel = queries.invoice_payments(invoice)
    context = {"panel": panel, "notice": notice}
    return render(request, "payments/_invoice_payments.html", context)


@require_POST
@finance_required
def sync_now(request: TenantRequest, connection_id: int) -> HttpResponse:
    """This function will ask the lane to read the connection's payments at once."""
    connection = get_object_or_404(ExactConnection.objects.all(), pk=connection_id)
    invoice = _asking_invoice(request)
    notice = ""
    try:
        request_sync(connection=connection, user=request.user, now=timezone.now())
    except SyncRefused as refused:
        notice = str(refused)
    if request.htmx:
        if invoice is not None:
            return _panel(request, invoice, notice=notice)
        return _list_page(request, notice=notice)
    if notice:
        messages.warning(request, notice)
    else:
        messages.info(
            request,
            _("Payments of %(name)s are being read from Exact.") % {"name": connection},
        )
    if request.POST.get("page") == "health":
        return redirect("connection_health", connection.pk)
    return redirect("invoice", invoice.pk) if invoice is not None else redirect("payment_list")


def _asking_invoice(request: TenantRequest) -> Invoice | None:
    """The invoice from whose page *Sync now* was clicked."""
    asked = request.POST.get("invoice", "")
    if not asked:
        return None
    return get_object_or_404(Invoice.objects.all(), pk=read_id(asked))

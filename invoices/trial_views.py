"""The page of the test invoice: says what will happen, sends it, and offers to credit it (H-17). It never calls Exact."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from connector.tenancy.access import TenantRequest, admin_required
from integrations.models import ExactConnection
from integrations.psa.registry import CONNECTOR
from integrations.views.plan import plan_required
from invoices import trial_invoices
from invoices.copy_refusals import CopyRefused
from invoices.models import Invoice


@require_http_methods(["GET", "POST"])
@admin_required
@plan_required
def trial(request: TenantRequest, connection_id: int) -> HttpResponse:
    """Say what a test invoice does, and send one after the button was pressed."""
    connection = get_object_or_404(
        ExactConnection.objects.select_related("subsidiary", "grant"), pk=connection_id
    )
    refusal = None
    if request.method == "POST":
        try:
            invoice = trial_invoices.send_trial(
                connection=connection, user=request.user, now=timezone.now()
            )
        except CopyRefused as refused:
            refusal = refused
        else:
            messages.info(
                request, _("The test invoice is on its way; this page shows how it goes.")
            )
            return redirect("invoice", invoice.pk)
    context = {
        "connection": connection,
        "refusal": refusal,
        "is_offered": trial_invoices.is_offered(connection),
        "vat": trial_invoices.find_vat(connection),
        "net": trial_invoices.NET,
        "customer_name": trial_invoices.customer_name(connection),
        "currency": connection.division_currency or "EUR",
        "trials": trial_invoices.list_trials(connection),
        "is_editing": True,
        "step": "check",
    }
    return render(request, "invoices/trial.html", context, status=422 if refusal else 200)


@require_POST
@admin_required
@plan_required
def credit(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """Credit a test invoice."""
    invoice = get_object_or_404(Invoice.objects.filter(source=CONNECTOR.name), pk=invoice_id)
    try:
        with transaction.atomic():
            note = trial_invoices.credit_trial(
                invoice=invoice, user=request.user, now=timezone.now()
            )
    except CopyRefused as refusal:
        messages.error(request, f"{refusal.sentence} {refusal.remedy}")
        return redirect("invoice", invoice.pk)
    messages.info(request, _("The credit note is on its way; this page shows how it goes."))
    return redirect("invoice", note.pk)

"""Asking for a copy to be read back. The view notes the wish; a worker calls Exact."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from connector.tenancy.access import TenantRequest, finance_required
from invoices.booked.asking import read_back
from invoices.models import Invoice
from invoices.payment_standing import living_documents


@finance_required
@require_POST
def read_back_now(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """This function will note that somebody wants to know what Exact has of the invoice's newest copy now."""
    invoice = get_object_or_404(Invoice.objects.all(), pk=invoice_id)
    document = living_documents(invoice).select_related("connection").first()
    if document is None:
        messages.info(request, _("This invoice has no copy in Exact to read back."))
    elif read_back(document, now=timezone.now()):
        messages.info(request, _("Exact is asked for the copy; the page shows it by itself."))
    else:
        messages.warning(
            request,
            _("%(connection)s can not reach Exact now; open its page to see why.")
            % {"connection": document.connection.name},
        )
    return redirect("invoice", invoice_id=invoice.pk)

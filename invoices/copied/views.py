"""The card that the chip of a copied invoice opens in the list. No view calls Exact."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from connector.tenancy.access import TenantRequest, member_required
from invoices.copied.card import read_card
from invoices.models import Invoice


@require_safe
@member_required
def card(request: TenantRequest, invoice_id: int) -> HttpResponse:
    """This function will show what Exact has of the invoice; without htmx its page does, which shows the same."""
    invoice = get_object_or_404(Invoice.objects.all(), pk=invoice_id)
    if not request.htmx:
        return redirect(f"{reverse('invoice', args=[invoice.pk])}#copy-panel")
    context = {"card": read_card(invoice), "invoice": invoice}
    return render(request, "invoices/_copied_card.html", context)

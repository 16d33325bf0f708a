"""The settings screen of tax categories (H-13); the setup of a connection changes the same records (H-14)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from connector.tenancy.access import TenantRequest, admin_required
from integrations import connection_mappings, queries
from integrations.forms.tax_categories import TaxCategoriesForm
from integrations.views.plan import plan_required


@require_http_methods(["GET", "POST"])
@admin_required
@plan_required
def tax_categories(request: TenantRequest) -> HttpResponse:
    """Each tax rate's VAT code in each connection."""
    connections = list(queries.list_mappable_connections())
    form = TaxCategoriesForm(request.POST or None, connections=connections)
    if not form.is_valid():
        return render(
            request,
            "integrations/tax_categories.html",
            {"form": form, "rows": form.rows, "connections": connections},
            status=422 if form.is_bound else 200,
        )
    changed = [
        connection.name
        for connection in connections
        if connection_mappings.save_tax_rates(
            connection, form.vat_codes_of(connection), user=request.user, now=timezone.now()
        )
    ]
    sentence = (
        f"The VAT codes of {', '.join(changed)} are saved." if changed else "Nothing changed."
    )
    messages.success(request, sentence)
    return redirect("tax_categories")

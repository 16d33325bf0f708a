"""The settings screen of tax categories (H-13); the setup of a connection changes the same records (H-14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from connector.tenancy.access import TenantRequest, admin_required
from connector.way_back import way_back
from integrations import connection_mappings, hooks, queries
from integrations.forms.tax_categories import TaxCategoriesForm
from integrations.mappings.open_lines import OpenInvoices
from integrations.mappings.reading import read_facts
from integrations.mappings.touched import count_rows, count_touched
from integrations.models import ExactConnection
from integrations.views.plan import plan_required


@require_http_methods(["GET", "POST"])
@admin_required
@plan_required
def tax_categories(request: TenantRequest) -> HttpResponse:
    """Each tax rate's VAT code in each connection."""
    connections = list(queries.list_mappable_connections())
    opened = {one.pk: hooks.read_open_invoices(one) for one in connections}
    form = TaxCategoriesForm(
        request.POST or None,
        connections=connections,
        counts={one.pk: count_rows(opened[one.pk], home=one.country) for one in connections},
    )
    is_count = "count" in request.POST
    if is_count or not form.is_valid():
        return _page(request, form, opened, is_count=is_count)
    changed = [
        connection.name
        for connection in connections
        if connection_mappings.save_tax_rates(
            connection, form.vat_codes_of(connection), user=request.user, now=timezone.now()
        )
    ]
    sentence = (
        _("The VAT codes of %(changed)s are saved.") % {"changed": ", ".join(changed)}
        if changed
        else _("Nothing changed.")
    )
    messages.success(request, sentence)
    return redirect(way_back(request) or reverse("tax_categories"))


def _page(
    request: TenantRequest,
    form: TaxCategoriesForm,
    opened: Mapping[int, OpenInvoices],
    *,
    is_count: bool,
) -> HttpResponse:
    """The table with what is typed; asked to count, it only says what saving that would touch."""
    context = {
        "form": form,
        "rows": form.rows,
        "connections": form.connections,
        "touched": _touched(form, opened),
    }
    is_part = request.htmx and is_count
    template = "_tax_categories_touched" if is_part else "tax_categories"
    status = 422 if form.is_bound and not is_count else 200
    return render(request, f"integrations/{template}.html", context, status=status)


def _touched(
    form: TaxCategoriesForm, opened: Mapping[int, OpenInvoices]
) -> list[tuple[ExactConnection, int]] | None:
    """How many open invoices saving would touch in each connection; None while nothing is typed, or it can not be saved."""
    if not form.is_bound or not form.is_valid():
        return None
    found = []
    for connection in form.connections:
        before = read_facts(connection)
        after = replace(before, tax_rate_vat_codes=form.vat_codes_of(connection))
        found.append((connection, count_touched(before, after, opened[connection.pk]).total))
    return [(connection, count) for connection, count in found if count]

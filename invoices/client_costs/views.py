"""The page of the clients' cost centers and units. Nothing here calls Exact."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from connector.tenancy.access import TenantRequest, admin_required
from integrations.views import shared
from integrations.views.plan import plan_required
from invoices.client_costs import saving
from invoices.client_costs.forms import ClientCostsForm


@require_http_methods(["GET", "POST"])
@admin_required
@plan_required
def client_costs(request: TenantRequest, connection_id: int) -> HttpResponse:
    """This function will show the clients' cost centers and units, count what a change touches, and store it."""
    connection = shared.find_for_change(connection_id)
    text = request.GET.get("q", "").strip()[:80].replace("\x00", "")
    shown = [int(one) for one in request.POST.getlist("client") if one.isdecimal()][:1000]
    saved = saving.stored(connection)
    clients = saving.clients_to_show(saved, shown, text)
    counts = saving.count_open(connection, [client.pk for client in clients])
    form = ClientCostsForm(
        request.POST if request.method == "POST" else None,
        connection=connection,
        clients=clients,
        saved=saved,
        counts=counts,
    )
    changes = form.changes() if form.is_bound and form.is_valid() else None
    is_count = "count" in request.POST
    if changes is not None and not is_count:
        saving.save(connection, changes, user=request.user, now=timezone.now())
        messages.success(request, _("The cost centers and units of clients are saved."))
        return redirect("connection_client_costs", connection_id=connection.pk)
    context = {
        "connection": connection,
        "form": form,
        "text": text,
        "changes": changes,
        "touched": sum(counts.get(pk, 0) for pk in changes or ()),
    }
    only_count = request.htmx and is_count
    template = "_client_costs_touched" if only_count else "client_costs"
    return render(
        request,
        f"invoices/{template}.html",
        context,
        status=422 if form.is_bound and changes is None and not is_count else 200,
    )

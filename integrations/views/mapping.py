"""The second screen of the setup window, and the items it looks up while somebody types."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from connector.tenancy.access import TenantRequest, admin_required
from integrations import connection_mappings, queries
from integrations.forms.items import ItemMappingForm
from integrations.forms.ledgers import LedgerMappingForm
from integrations.forms.mapping import MappingForm
from integrations.models import ConnectionState, ExactConnection, Route
from integrations.views import setup_context, shared
from integrations.views.plan import plan_required

_FORMS: dict[str, type[MappingForm]] = {
    Route.BOOKING: LedgerMappingForm,
    Route.EXACT_INVOICE: ItemMappingForm,
}
_PARTS = {
    Route.BOOKING: "integrations/_mapping_ledgers.html",
    Route.EXACT_INVOICE: "integrations/_mapping_items.html",
}
_OPTIONS_SHOWN = 50


@require_http_methods(["GET", "POST"])
@shared.may_lead_to_exact
@admin_required
@plan_required
def mapping(request: TenantRequest, connection_id: int) -> HttpResponse:
    """What lines are booked on or sold as, and which VAT code they get."""
    connection = shared.find_for_change(connection_id)
    if connection.division is None:
        return redirect(shared.next_step(connection))
    form = _form(request, connection)
    if request.method != "POST" or not form.is_valid():
        if request.method == "POST" and "back" in request.POST and _is_begun(connection):
            _keep(request, connection)
            return redirect("connection_settings", connection_id=connection.pk)
        return _page(request, connection, form)
    connection_mappings.save_mappings(
        connection, form.to_mappings(), user=request.user, now=timezone.now()
    )
    if _is_begun(connection):
        onward = "settings" if "back" in request.POST else "check"
        return redirect(f"connection_{onward}", connection_id=connection.pk)
    messages.success(request, f"The mapping of “{connection.name}” is saved.")
    return redirect("connection_check", connection_id=connection.pk)


def _is_begun(connection: ExactConnection) -> bool:
    return connection.state == ConnectionState.SETUP_INCOMPLETE


def _form(request: TenantRequest, connection: ExactConnection) -> MappingForm:
    kept = request.session.pop(_draft_name(connection), "")
    data = request.POST if request.method == "POST" else QueryDict(kept) if kept else None
    return _FORMS[connection.route](data, connection=connection, today=timezone.localdate())


def _draft_name(connection: ExactConnection) -> str:
    return f"mapping-{connection.pk}-{connection.route}"


def _keep(request: TenantRequest, connection: ExactConnection) -> None:
    """Somebody goes back from what can not be stored yet: it is shown again, as it was typed, when they return."""
    request.session[_draft_name(connection)] = request.POST.urlencode()


def _page(request: TenantRequest, connection: ExactConnection, form: MappingForm) -> HttpResponse:
    context = setup_context.build(connection, "mapping") | {
        "form": form,
        "part": _PARTS[Route(connection.route)],
    }
    return render(
        request,
        f"integrations/connection_mapping.html{'#body' if request.htmx else ''}",
        context,
        status=422 if request.method == "POST" else 200,
    )


@require_GET
@admin_required
@plan_required
def items(request: TenantRequest, connection_id: int) -> HttpResponse:
    """The items that fit what is typed in one of the fields, as options of their common list."""
    connection = shared.find(connection_id)
    text = request.GET.get(request.htmx.trigger_name or "text", "")[:80].replace("\x00", "")
    found = queries.search_items(connection, text, day=timezone.localdate(), limit=_OPTIONS_SHOWN)
    return render(request, "integrations/_item_options.html", {"items": found})

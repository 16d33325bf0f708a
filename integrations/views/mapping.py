"""The second screen of the setup window, and the items it looks up while somebody types."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from connector.tenancy.access import TenantRequest, admin_required
from integrations import connection_mappings, hooks, queries
from integrations.forms.items import ItemMappingForm
from integrations.forms.ledgers import LedgerMappingForm
from integrations.forms.mapping import MappingForm
from integrations.mappings.open_lines import OpenInvoices
from integrations.mappings.reading import read_facts
from integrations.mappings.touched import Touched, count_rows, count_touched
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
    opened = hooks.read_open_invoices(connection)
    form = _form(request, connection, opened)
    if "count" in request.POST:
        return _page(request, connection, form, opened)
    if request.method != "POST" or not form.is_valid():
        if request.method == "POST" and "back" in request.POST and _is_begun(connection):
            _keep(request, connection)
            return redirect("connection_settings", connection_id=connection.pk)
        return _page(request, connection, form, opened)
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


def _form(request: TenantRequest, connection: ExactConnection, opened: OpenInvoices) -> MappingForm:
    kept = request.session.pop(_draft_name(connection), "")
    data = request.POST if request.method == "POST" else QueryDict(kept) if kept else None
    return _FORMS[connection.route](
        data,
        connection=connection,
        today=timezone.localdate(),
        counts=count_rows(opened, home=connection.country),
    )


def _draft_name(connection: ExactConnection) -> str:
    return f"mapping-{connection.pk}-{connection.route}"


def _keep(request: TenantRequest, connection: ExactConnection) -> None:
    """Somebody goes back from what can not be stored yet: it is shown again, as it was typed, when they return."""
    request.session[_draft_name(connection)] = request.POST.urlencode()


def _page(
    request: TenantRequest, connection: ExactConnection, form: MappingForm, opened: OpenInvoices
) -> HttpResponse:
    """The screen with what is typed; asked to count, it only says what saving that would touch."""
    is_count = "count" in request.POST
    context = setup_context.build(connection, "mapping") | {
        "form": form,
        "part": _PARTS[Route(connection.route)],
        "touched": _touched(connection, form, opened),
    }
    template = "integrations/connection_mapping.html"
    if request.htmx:
        template = "integrations/_touched.html" if is_count else f"{template}#body"
    is_refused = request.method == "POST" and not is_count
    return render(request, template, context, status=422 if is_refused else 200)


def _touched(
    connection: ExactConnection, form: MappingForm, opened: OpenInvoices
) -> Touched | None:
    """What saving the form would change for open invoices; None while nothing is typed, or it can not be saved."""
    if not form.is_bound or not form.is_valid():
        return None
    mappings = form.to_mappings()
    items = mappings.items
    named = [items.default_exact_id, *items.by_service_type.values()] if items else []
    before = read_facts(connection, item_ids=[one for one in named if one])
    return count_touched(before, connection_mappings.facts_with(before, mappings), opened)


@require_GET
@admin_required
@plan_required
def items(request: TenantRequest, connection_id: int) -> HttpResponse:
    """The items that fit what is typed in one of the fields, as options of their common list."""
    connection = shared.find(connection_id)
    text = request.GET.get(request.htmx.trigger_name or "text", "")[:80].replace("\x00", "")
    found = queries.search_items(connection, text, day=timezone.localdate(), limit=_OPTIONS_SHOWN)
    return render(request, "integrations/_item_options.html", {"items": found})

"""The second screen of the setup window, and the items it looks up while somebody types."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from connector.tenancy.access import TenantRequest, admin_required
from connector.way_back import keep_way_back, way_back
from integrations import connection_mappings, hooks, queries, reference_lists, suggesting
from integrations.forms import suggested
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
    if "accept" in request.POST:
        return _accept(request, connection, form, opened)
    if "count" in request.POST:
        return _page(request, connection, form, opened)
    if request.method != "POST" or not form.is_valid():
        if request.method == "POST" and "back" in request.POST and _is_begun(connection):
            _keep(request, connection)
            return redirect("connection_settings", connection_id=connection.pk)
        return _page(request, connection, form, opened)
    used_costs = connection.use_costs
    connection_mappings.save_mappings(
        connection, form.to_mappings(), user=request.user, now=timezone.now()
    )
    if connection.use_costs and not used_costs and not form.costs.are_read:
        reference_lists.refresh_for_person(
            connection, kinds=reference_lists.COST_LISTS, now=timezone.now()
        )
        messages.info(
            request,
            _("Cost centers and units are being read from Exact. Choose them here in a moment."),
        )
        return redirect(_again(request, connection))
    if _is_begun(connection):
        onward = "settings" if "back" in request.POST else "check"
        return redirect(f"connection_{onward}", connection_id=connection.pk)
    messages.success(request, _("The mapping of “%(name)s” is saved.") % {"name": connection.name})
    return redirect(way_back(request) or reverse("connection_check", args=[connection.pk]))


def _again(request: TenantRequest, connection: ExactConnection) -> str:
    """The same screen, with the page to return to."""
    return keep_way_back(reverse("connection_mapping", args=[connection.pk]), request)


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


def _keep(request: TenantRequest, connection: ExactConnection, **changes: str) -> None:
    """Somebody leaves what is not stored: it is shown again, as it was typed, when they return."""
    typed = request.POST.copy()
    typed.update(changes)
    request.session[_draft_name(connection)] = typed.urlencode()


def _accept(
    request: TenantRequest, connection: ExactConnection, form: MappingForm, opened: OpenInvoices
) -> HttpResponse:
    """Store one suggestion at once; what else is typed stays typed."""
    facts = read_facts(connection)
    rows = suggested.rows(connection, suggesting.find(connection, facts, opened))
    row = next((row for row in rows if row.it.proposed and row.key == request.POST["accept"]), None)
    if row is None:
        messages.info(request, _("That is not suggested any more. Nothing was changed."))
    else:
        suggesting.accept(connection, facts, row.it, user=request.user, now=timezone.now())
        words = {"name": row.it.name, "value": row.it.proposed_name}
        messages.success(request, _("From now on %(name)s uses %(value)s.") % words)
    if form.has_changed():
        _keep(request, connection, **({row.field: row.it.proposed} if row else {}))
    return redirect(_again(request, connection))


def _page(
    request: TenantRequest, connection: ExactConnection, form: MappingForm, opened: OpenInvoices
) -> HttpResponse:
    """The screen with what is typed; asked to count, it only says what saving that would touch."""
    is_count = "count" in request.POST
    found = suggesting.find(connection, read_facts(connection), opened)
    context = setup_context.build(connection, "mapping") | {
        "form": form,
        "part": _PARTS[Route(connection.route)],
        "touched": _touched(connection, form, opened),
        "suggestions": suggested.rows(connection, found),
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

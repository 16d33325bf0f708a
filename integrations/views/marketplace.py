"""The App Marketplace, and the dialogs that begin and end a connection."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from connector.tenancy.access import TenantRequest, admin_required
from connector.tenancy.models import Plan
from integrations import connection_lifecycle, hooks, lanes, reference_lists, token_store
from integrations.connection_lifecycle import NotPossible
from integrations.forms.connect import ConnectForm, DisconnectForm
from integrations.marketplace import describe, exact_card
from integrations.models import ConnectionState
from integrations.views import shared
from integrations.views.login import to_exact
from integrations.views.plan import plan_required


@require_GET
@shared.may_lead_to_exact
@admin_required
def marketplace(request: TenantRequest) -> HttpResponse:
    """The apps, and under each one its connections."""
    context = {"card": exact_card(), "plan": Plan(request.organization.plan)}
    return render(request, "integrations/marketplace.html", context)


@require_http_methods(["GET", "POST"])
@shared.may_lead_to_exact
@admin_required
@plan_required
def connect(request: TenantRequest) -> HttpResponse:
    """The first step of a new connection; it ends at Exact's log-in page."""
    form = ConnectForm(request.POST or None)
    if not form.is_valid():
        return _connect_page(request, form)
    connection = connection_lifecycle.begin(
        name=form.cleaned_data["name"],
        subsidiary=form.cleaned_data["subsidiary"],
        country=form.cleaned_data["country"],
        user=request.user,
        now=timezone.now(),
    )
    return to_exact(request, connection)


@require_http_methods(["GET", "POST"])
@shared.may_lead_to_exact
@admin_required
@plan_required
def begin(request: TenantRequest, connection_id: int) -> HttpResponse:
    """The first step again: of a connection that was begun, when somebody goes Back or resumes."""
    connection = shared.find_for_change(connection_id)
    form = ConnectForm(
        request.POST or None,
        initial={
            "name": connection.name,
            "subsidiary": connection.subsidiary_id,
            "country": connection.country,
        },
    )
    if connection.state != ConnectionState.SETUP_INCOMPLETE:
        return shared.go_to(request, reverse("connection_settings", args=[connection.pk]))
    if not form.is_valid():
        return _connect_page(request, form, connection_id=connection.pk)
    try:
        connection_lifecycle.change_beginning(
            connection,
            name=form.cleaned_data["name"],
            subsidiary=form.cleaned_data["subsidiary"],
            country=form.cleaned_data["country"],
        )
    except NotPossible as problem:
        form.add_error(problem.field_name, problem.sentence)
        return _connect_page(request, form, connection_id=connection.pk)
    if connection.grant is None:
        return to_exact(request, connection)
    return shared.go_to(request, shared.next_step(connection))


def _connect_page(
    request: TenantRequest, form: ConnectForm, *, connection_id: int | None = None
) -> HttpResponse:
    address = (
        reverse("connection_begin", args=[connection_id])
        if connection_id
        else reverse("connection_connect")
    )
    template = "integrations/connect.html" + ("#dialog" if request.htmx else "")
    context = {
        "form": form,
        "address": address,
        "has_subsidiaries": form.fields["subsidiary"].queryset.exists(),  # type: ignore[attr-defined]  # a model choice
    }
    return render(request, template, context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@admin_required
def disconnect(request: TenantRequest, connection_id: int) -> HttpResponse:
    """Ask for the name, then stop everything for the connection. Exact is not called."""
    connection = shared.find_for_change(connection_id)
    if connection.state == ConnectionState.DISCONNECTED:
        return shared.go_to(request, reverse("marketplace"))
    form = DisconnectForm(request.POST or None, connection=connection)
    if not form.is_valid():
        template = "integrations/disconnect.html" + ("#dialog" if request.htmx else "")
        context = {
            "form": form,
            "connection": connection,
            "waiting": hooks.count_waiting(connection),
            "is_finished": connection_lifecycle.is_division_locked(connection),
        }
        return render(request, template, context, status=422 if form.is_bound else 200)
    name = connection.name
    canceled = connection_lifecycle.disconnect(connection, user=request.user, now=timezone.now())
    sentence = _("“%(name)s” is disconnected. Nothing was changed in Exact.") % {"name": name}
    if canceled:
        note = ngettext(
            "%(n)s waiting copy was canceled.", "%(n)s waiting copies were canceled.", canceled
        )
        sentence = f"{sentence} {note % {'n': canceled}}"
    messages.success(request, sentence)
    return shared.go_to(request, reverse("marketplace"))


@require_GET
@shared.may_lead_to_exact
@admin_required
def activity(request: TenantRequest, connection_id: int) -> HttpResponse:
    """What happened to the connection, who did it and when."""
    connection = shared.find(connection_id)
    lists = reference_lists.freshness(connection)
    context = {
        "row": describe(connection),
        "connection": connection,
        "login_needed": shared.needs_login(connection),
        "lane": lanes.lane_status(connection),
        "login_warning": token_store.warning(connection.grant, now=timezone.now())
        if connection.grant
        else "",
        "held_endpoints": lanes.held_endpoints(connection),
        "lists": [lists[kind] for kind in reference_lists.shown_kinds(connection) if kind in lists],
        "events": connection.events.select_related("user")[:200],
    }
    return render(request, "integrations/connection_activity.html", context)


@require_GET
@admin_required
def help_page(request: TenantRequest, topic: str) -> HttpResponse:
    """A short page that explains one thing of the setup window."""
    return render(request, f"integrations/help_{topic}.html")

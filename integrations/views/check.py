"""The check of a connection: at the end of setup, after its mappings were saved, and whenever somebody asks."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from connector.tenancy.access import TenantRequest, admin_required
from integrations import connection_lifecycle, readiness, reference_lists, token_store
from integrations.connection_lifecycle import NotPossible
from integrations.models import ConnectionState, ExactConnection
from integrations.views import setup_context, shared
from integrations.views.plan import plan_required
from integrations.webhooks import status as webhook_status

_BLOCKED = gettext_lazy(
    "Some settings have to be changed before this connection can work; each is marked below."
)
_NOT_READ = gettext_lazy("The lists of Exact are still being read. Finish when the check is here.")
_ASKED_JUST_NOW = gettext_lazy("Exact was asked a moment ago.")


@require_http_methods(["GET", "POST"])
@shared.may_lead_to_exact
@admin_required
@plan_required
def check(request: TenantRequest, connection_id: int) -> HttpResponse:
    """The settings in sentences, what is missing, and Finish while setup is not finished."""
    connection = shared.find_for_change(connection_id)
    if connection.division is None or connection.state == ConnectionState.DISCONNECTED:
        return redirect(shared.next_step(connection))
    context = setup_context.build(connection, "check")
    # Before the lists are here there is nothing to compare the settings with.
    is_new = not context["is_editing"] and bool(context["is_fetching"])
    findings = [] if is_new else readiness.check(connection, today=timezone.localdate())
    is_blocked = any(readiness.is_blocking(finding) for finding in findings)
    problem = ""
    if request.method == "POST":
        problem = str(_NOT_READ if is_new else _BLOCKED if is_blocked else "")
        problem = problem or _finish(request, connection)
        if not problem:
            messages.success(request, _("“%(name)s” is connected.") % {"name": connection.name})
            return redirect("marketplace")
    context |= {
        "problem": problem,
        "findings": findings,
        "exact_address": token_store.base_url(connection.country),
        "is_blocked": is_blocked,
        "is_new": is_new,
        "webhooks": webhook_status.status(connection),
    }
    part = "#body" if request.htmx else ""
    return render(
        request,
        f"integrations/connection_check.html{part}",
        context,
        status=422 if problem else 200,
    )


def _finish(request: TenantRequest, connection: ExactConnection) -> str:
    """Finish setup; a sentence when that is not possible."""
    try:
        connection_lifecycle.make_ready(connection, user=request.user, now=timezone.now())
    except NotPossible as not_possible:
        return not_possible.sentence
    return ""


@require_POST
@admin_required
@plan_required
def check_now(request: TenantRequest, connection_id: int) -> HttpResponse:
    """Ask the lane to read again what the check compares with; the check page shows how far it is."""
    connection = shared.find_for_change(connection_id)
    kinds = readiness.lists_for(connection)
    if not reference_lists.refresh_for_person(connection, kinds=kinds, now=timezone.now()):
        messages.info(request, _ASKED_JUST_NOW)
    return redirect("connection_check", connection_id=connection.pk)


@require_POST
@admin_required
@plan_required
def refresh_lists(request: TenantRequest, connection_id: int) -> HttpResponse:
    """Ask the lane to read all lists again, and go back to where the person was."""
    connection = shared.find_for_change(connection_id)
    step = request.POST.get("step", "")
    if reference_lists.refresh_for_person(connection, now=timezone.now()):
        messages.info(request, _("The lists are being read from Exact again."))
    else:
        messages.info(request, _("The lists were asked for a moment ago."))
    name = (
        f"connection_{step}" if step in {*setup_context.STEPS, "activity"} else "connection_setup"
    )
    return redirect(name, connection_id=connection.pk)

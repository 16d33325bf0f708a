"""Pausing a connection and letting it go on. Exact is not called."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from connector.dialogs import leave_dialog, render_dialog
from connector.tenancy.access import TenantRequest, admin_required
from integrations import connection_lifecycle, hooks
from integrations.connection_lifecycle import NotPossible
from integrations.views import shared


@require_http_methods(["GET", "POST"])
@admin_required
def pause(request: TenantRequest, connection_id: int) -> HttpResponse:
    """Say what a pause holds, then begin it."""
    connection = shared.find_for_change(connection_id)
    address = reverse("connection_health", args=[connection.pk])
    if request.method == "GET":
        context = {"connection": connection, "waiting": hooks.count_waiting(connection)}
        return render_dialog(request, "integrations/pause.html", context)
    try:
        connection_lifecycle.pause(connection, user=request.user, now=timezone.now())
    except NotPossible as problem:
        messages.error(request, problem.sentence)
    return leave_dialog(request, address)


@require_POST
@admin_required
def resume(request: TenantRequest, connection_id: int) -> HttpResponse:
    """Let it go on."""
    connection = shared.find_for_change(connection_id)
    connection_lifecycle.resume(connection, user=request.user, now=timezone.now())
    messages.success(request, _("“%(name)s” goes on.") % {"name": connection.name})
    return redirect("connection_health", connection.pk)

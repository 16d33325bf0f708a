"""How the connections and the background work are doing, for admins."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from connector.tenancy.access import TenantRequest, admin_required, member_required
from integrations import status


@require_safe
@admin_required
def show(request: TenantRequest) -> HttpResponse:
    """This function will show each connection's state, and whether the work behind the pages runs."""
    context = {
        "background": status.background_work(),
        "statuses": status.list_statuses(),
    }
    template = "integrations/status.html" + ("#body" if request.htmx else "")
    return render(request, template, context)


@require_safe
@member_required
def background_notice(request: TenantRequest) -> HttpResponse:
    """This function will let the notice that nothing runs stand, and take it away once something does."""
    return HttpResponse(status=200 if status.background_work().is_running else 204)

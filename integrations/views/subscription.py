"""Subscription & integrations: the plan, the apps by section, and a confirmation before connecting (H-1 to H-3)."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from connector.tenancy.access import TenantRequest, admin_required
from connector.tenancy.models import Plan
from integrations.marketplace import catalogue
from integrations.views.plan import plan_required


@require_GET
@admin_required
def subscription(request: TenantRequest) -> HttpResponse:
    """The organization's plan, and what it can be connected with."""
    context = {"plan": Plan(request.organization.plan), "sections": catalogue()}
    return render(request, "integrations/subscription.html", context)


@require_GET
@admin_required
@plan_required
def confirm(request: TenantRequest) -> HttpResponse:
    """What connecting means, before anything is stored; Proceed leads to the first form."""
    template = "integrations/connect_confirm.html" + ("#dialog" if request.htmx else "")
    return render(request, template)

"""Plans without integrations may look, and get a 403 with the plan that is needed when they try."""

from __future__ import annotations

from functools import wraps
from typing import ParamSpec, cast

from django.http import HttpResponse
from django.shortcuts import render

from connector.tenancy.access import TenantRequest, TenantView

_P = ParamSpec("_P")


def plan_required(view: TenantView[_P]) -> TenantView[_P]:
    """This function will refuse organizations on a plan without integrations."""

    @wraps(view)
    def guarded(request: TenantRequest, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
        if not request.organization.includes_integrations:
            return render(request, "integrations/plan_needed.html", status=403)
        return view(request, *args, **kwargs)

    return cast(TenantView[_P], guarded)

"""What the pages of connections have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from connector.tenancy.access import TenantRequest
from integrations import connection_lifecycle, token_store
from integrations.models import ConnectionState, ExactConnection, GrantState, Route

View = Callable[..., HttpResponse]


def may_lead_to_exact(view: View) -> View:
    """This function will let forms of the page end at Exact's log-in page.

    Browsers hold the address a form is redirected to against the page's own form-action.
    """

    @wraps(view)
    def updated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        addresses = [token_store.base_url(country) for country in settings.EXACT_COUNTRIES]
        allowed = csp_update({"form-action": sorted(set(addresses))})(view)
        return cast(HttpResponse, allowed(request, *args, **kwargs))

    return updated


def find(connection_id: int) -> ExactConnection:
    """This function will return one of the organization's connections, or raise Http404."""
    return get_object_or_404(
        ExactConnection.objects.select_related("subsidiary", "grant", "connected_by"),
        pk=connection_id,
    )


def find_for_change(connection_id: int) -> ExactConnection:
    """This function will lock and return one of the organization's connections, or raise Http404."""
    find(connection_id)
    return connection_lifecycle.get_for_change(connection_id)


def needs_login(connection: ExactConnection) -> bool:
    """This function will tell whether somebody has to log in at Exact before anything can be read there."""
    return connection.grant is None or connection.grant.state != GrantState.ACTIVE


def go_to(request: TenantRequest, address: str) -> HttpResponse:
    """This function will send the browser to another page, whether htmx asked or the browser itself."""
    if request.htmx:
        return HttpResponseClientRedirect(address)
    return redirect(address)


_IS_MAPPED: dict[str, Callable[[ExactConnection], bool]] = {
    Route.BOOKING: lambda one: one.default_ledger_exact_id is not None or one.manual_ledger,
    Route.EXACT_INVOICE: lambda one: one.default_item_exact_id is not None,
}


def next_step(connection: ExactConnection) -> str:
    """This function will return the address of the step where setup goes on."""
    if connection.state == ConnectionState.DISCONNECTED:
        return reverse("marketplace")
    if connection.grant is None:
        return reverse("connection_begin", args=[connection.pk])
    is_mapped = _IS_MAPPED[connection.route](connection)
    # Choosing a division keeps the numbering as well: without a journal nobody may have been past that screen yet.
    is_past_settings = bool(connection.default_journal_code) or is_mapped
    if connection.division is None or not connection.numbering or not is_past_settings:
        return reverse("connection_settings", args=[connection.pk])
    if not is_mapped:
        return reverse("connection_mapping", args=[connection.pk])
    return reverse("connection_check", args=[connection.pk])

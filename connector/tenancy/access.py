"""Who may open a page: decorators for views, and the typed request they receive."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from connector.sentences import Words
from connector.tenancy.models import Membership, Organization, User

_P = ParamSpec("_P")


class TenantRequest(HttpRequest):
    """A request of a signed-in member; TenantMiddleware fills it in."""

    user: User
    htmx: HtmxDetails
    organization: Organization
    membership: Membership
    memberships: list[Membership]


TenantView = Callable[Concatenate[TenantRequest, _P], HttpResponse]


def _guard(
    allowed: Callable[[Membership], bool], need: Words
) -> Callable[[TenantView[_P]], Callable[..., HttpResponse]]:
    def decorate(view: TenantView[_P]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            membership: Membership | None = getattr(request, "membership", None)
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            if membership is None:
                return render(request, "tenancy/no_organization.html", status=403)
            if not allowed(membership):
                return render(request, "tenancy/no_permission.html", {"need": need}, status=403)
            return view(cast(TenantRequest, request), *args, **kwargs)

        return guarded

    return decorate


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    response = redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
    if getattr(request, "htmx", False):
        # htmx would put the sign-in page into the fragment that asked.
        return HttpResponseClientRedirect(response.url)
    return response


def member_required(view: TenantView[_P]) -> Callable[..., HttpResponse]:
    """This function will let any member of the organization in and send strangers to the sign-in page."""
    return _guard(lambda _membership: True, _("a member"))(view)


def finance_required(view: TenantView[_P]) -> Callable[..., HttpResponse]:
    """This function will let finance users and admins in; others get 403 with the role that is needed."""
    return _guard(lambda membership: membership.may_copy, _("Finance or Admin"))(view)


def admin_required(view: TenantView[_P]) -> Callable[..., HttpResponse]:
    """This function will let admins in; others get 403 with the role that is needed."""
    return _guard(lambda membership: membership.may_change_settings, _("Admin"))(view)

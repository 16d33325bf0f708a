"""Runs each view inside its organization's transaction, for people (session) and for programs (API key)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.contrib.messages.storage import default_storage
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse

from connector.tenancy import api_keys
from connector.tenancy.models import Membership, Organization, User
from connector.tenancy.scope import membership_transaction, tenant_transaction
from connector.tenancy.write_back import lost_a_race

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]
SESSION_KEY = "organization_id"


def opens_its_own_transactions(view: View) -> View:
    """This function will mark a view that must not run in one transaction, because it calls another system."""
    view.opens_its_own_transactions = True  # type: ignore[attr-defined]  # a mark read by the middleware below
    return view


class TenantMiddleware:
    """Sets request.membership and request.organization (None for strangers) and opens the transaction for the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """This function will pass the request on."""
        request.membership = None  # type: ignore[attr-defined]  # declared in connector.tenancy.access.TenantRequest
        request.organization = None  # type: ignore[attr-defined]
        request.memberships = []  # type: ignore[attr-defined]
        request.api_key = None  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: Any, view: View, args: Any, kwargs: Any) -> HttpResponse | None:
        """This function will find the actor's organization and call the view inside its transaction."""
        if request.path_info.startswith("/api/v"):
            organization_id = self._by_api_key(request)
        else:
            organization_id = self._by_session(request)
        if organization_id is None or getattr(view, "opens_its_own_transactions", False):
            return None
        try:
            return _run(organization_id, view, request, args, kwargs)
        except OperationalError as fault:
            # A program's body was read from the wire and is gone; it sends the same again itself, which does no harm.
            if request.api_key is not None or not lost_a_race(fault):
                raise
            logger.warning("A click lost a race for rows and is done again", exc_info=True)
            _begin_anew(request)
            return _run(organization_id, view, request, args, kwargs)

    @staticmethod
    def _by_session(request: Any) -> int | None:
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return None
        with membership_transaction(user.pk):
            memberships = list(
                # The policy of the table itself limits this to the user's own rows.
                Membership._base_manager.filter(user=user)  # noqa: SLF001  # no organization is chosen yet
                .select_related("organization")
                .order_by("organization__name", "id")
            )
        request.memberships = memberships
        chosen = request.session.get(SESSION_KEY) or user.last_organization_id
        membership = next((m for m in memberships if m.organization_id == chosen), None) or next(
            iter(memberships), None
        )
        if membership is None:
            return None
        request.membership = membership
        request.organization = membership.organization
        return membership.organization_id

    @staticmethod
    def _by_api_key(request: Any) -> int | None:
        api_key = api_keys.find_for_header(request.headers.get("Authorization", ""))
        if api_key is None:
            return None
        request.api_key = api_key
        with tenant_transaction(api_key.organization_id):
            request.organization = Organization.objects.get(pk=api_key.organization_id)
        return api_key.organization_id


def _run(organization_id: int, view: View, request: Any, args: Any, kwargs: Any) -> HttpResponse:
    with tenant_transaction(organization_id):
        response = view(request, *args, **kwargs)
        # A template that is rendered lazily would run its queries after the transaction.
        if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
            response = response.render()
        return response


def _begin_anew(request: Any) -> None:
    """Take back what the first run did to the request: messages that it left, files that it read."""
    request._messages = default_storage(request)  # noqa: SLF001  # as Django's own middleware sets it
    for file in request.FILES.values():
        file.seek(0)

"""One line for each request, and an id that its lines have in common; addresses as patterns, never as they were asked."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve

from connector import log_context

logger = logging.getLogger(__name__)

HEADER = "X-Request-Id"
_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")
# Asked every few seconds by machines, or a file: lines about them hide the others.
_QUIET = ("/health/", "/metrics", "/static/")


class RequestLogMiddleware:
    """Gives each request an id (or keeps the proxy's), and says in one line what became of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """This function will pass the request on with its id in every log line and in the answer."""
        given = request.headers.get(HEADER, "")
        request_id = given if _GIVEN.fullmatch(given) else uuid4().hex
        began = time.perf_counter()
        with log_context.bind(request_id=request_id):
            response = self.get_response(request)
            response.headers[HEADER] = request_id
            quiet = request.path_info.startswith(_QUIET) and response.status_code < 500
            if not quiet:
                logger.info("Request", extra=_facts(request, response, began))
        return response


def _facts(request: HttpRequest, response: HttpResponse, began: float) -> dict[str, object]:
    match = request.resolver_match or _find_route(request)
    organization = getattr(request, "organization", None)
    # Who was found to ask; looking it up for the line would fail once more when that is why the request failed.
    user = getattr(request, "_cached_user", None)
    return {
        "method": request.method,
        # The pattern and numbers only: an address may hold a PSA's own id, or the secret of a password reset.
        "route": match.route if match else "(none)",
        "ids": {
            name: value
            for name, value in (match.kwargs if match else {}).items()
            if isinstance(value, int)
        },
        "status": response.status_code,
        "duration_ms": round((time.perf_counter() - began) * 1000),
        "organization_id": getattr(organization, "pk", None),
        "user_id": getattr(user, "pk", None),
    }


def _find_route(request: HttpRequest) -> ResolverMatch | None:
    # A request that failed before its view was looked for, as while the database is away, still has an address.
    try:
        return resolve(request.path_info)
    except Resolver404:
        return None

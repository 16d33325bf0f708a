"""Which language somebody reads: chosen by themselves, else the one that their browser asks for.

Programs read English whatever they ask for: what they compare must not depend on a header.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

_Parameters = ParamSpec("_Parameters")
# Read by programs and by the operator's tools, without a person.
_PROGRAMS = ("/api/v", "/health/", "/metrics", "/exact/webhook")


def is_known(code: str) -> bool:
    """This function will tell whether the product speaks the language."""
    return code in dict(settings.LANGUAGES)


def remember(response: HttpResponse, code: str) -> None:
    """This function will have the browser ask in this language from now on, also before signing in; "" forgets it."""
    if not code:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=365 * 24 * 3600,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )


def in_english(view: Callable[_Parameters, HttpResponse]) -> Callable[_Parameters, HttpResponse]:
    """This function will have a view write English: files of tables, whose columns and words programs look for."""

    @wraps(view)
    def written(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> HttpResponse:
        with translation.override(settings.LANGUAGE_CODE):
            return view(*args, **kwargs)

    return written


class LanguageMiddleware:
    """Answers each request in the language of whoever asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """This function will choose the language for as long as the request is worked on."""
        code = language_of(request)
        with translation.override(code):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", code)
        return response


def language_of(request: Any) -> str:
    """This function will return the code of the language that the request is answered in."""
    if request.path_info.startswith(_PROGRAMS):
        return settings.LANGUAGE_CODE
    chosen = getattr(request.user, "language", "")
    return chosen if is_known(chosen) else translation.get_language_from_request(request)

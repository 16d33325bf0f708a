"""Choosing the language before signing in; afterwards it is on the profile page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from connector import languages


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """This function will keep the language in the browser, and go back to where it was chosen."""
    code = request.POST.get("language", "")
    response = redirect(_way_back(request))
    if languages.is_known(code):
        languages.remember(response, code)
    return response


def _way_back(request: HttpRequest) -> str:
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else reverse("home")

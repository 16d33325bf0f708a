"""The page that somebody came from to mend something, and returns to once that is saved: `?next=` in addresses."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme


def way_back(request: HttpRequest) -> str:
    """This function will return the local path that `next` names, or "" when it names none of our pages."""
    address = request.POST.get("next", "") or request.GET.get("next", "")
    # A path only: with a host it might be another site's, whatever it is called.
    if not address.startswith("/") or not url_has_allowed_host_and_scheme(
        address, allowed_hosts=None
    ):
        return ""
    try:
        resolve(address.partition("?")[0])
    except Resolver404:
        return ""
    return address


def keep_way_back(address: str, request: HttpRequest) -> str:
    """This function will add the page to return to, if there is one, to the address of another step on the way."""
    back = way_back(request)
    return f"{address}?{urlencode({'next': back})}" if back else address

"""Pages that are also dialogs: whole when opened by address, only their `dialog` partial when htmx asks."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect


def render_dialog(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """This function will render the page, or its `dialog` partial for htmx; give status 422 with a form in error."""
    name = f"{template}#dialog" if getattr(request, "htmx", False) else template
    return render(request, name, context, status=status)


def leave_dialog(request: HttpRequest, address: str) -> HttpResponse:
    """This function will send the browser to the address or url name, from a page as from a dialog."""
    response = redirect(address)
    return HttpResponseClientRedirect(response.url) if getattr(request, "htmx", False) else response

"""The way back from a page on which something is mended to the one that named it (connector/way_back.py)."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from connector.way_back import way_back

register = template.Library()


@register.inclusion_tag("shared/_way_back.html", takes_context=True)
def way_back_link(context: dict[str, Any]) -> dict[str, Any]:
    """This function will draw the link back, where there is one."""
    request = context.get("request")
    return {"address": way_back(request) if request is not None else ""}


@register.simple_tag(takes_context=True)
def way_back_field(context: dict[str, Any]) -> SafeString | str:
    """This function will keep the page to return to in a form that is sent elsewhere than to its own address."""
    request = context.get("request")
    address = way_back(request) if request is not None else ""
    return format_html('<input type="hidden" name="next" value="{}">', address) if address else ""

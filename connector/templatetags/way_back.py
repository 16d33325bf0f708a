"""The way back from a page on which something is mended to the one that named it (connector/way_back.py)."""

from __future__ import annotations

from typing import Any

from django import template

from connector.way_back import way_back

register = template.Library()


@register.inclusion_tag("shared/_way_back.html", takes_context=True)
def way_back_link(context: dict[str, Any]) -> dict[str, Any]:
    """This function will draw the link back, where there is one."""
    request = context.get("request")
    return {"address": way_back(request) if request is not None else ""}

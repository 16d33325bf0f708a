"""Draws the links of the left navigation and marks the section a page belongs to."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse

register = template.Library()


@register.inclusion_tag("shared/_navigation_link.html", takes_context=True)
def navigation_link(context: Context, url_name: str, label: str, icon: str) -> dict[str, Any]:
    """This function will give the link's address, or None where the installation lacks that part."""
    try:
        address = reverse(url_name)
    except NoReverseMatch:
        return {"address": None}
    request = context.get("request")
    here = request.path if request else ""
    return {
        "address": address,
        "label": label,
        "icon": icon,
        "is_current": here.startswith(address),
    }

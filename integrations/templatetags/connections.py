"""The banner about connections that wait for a new log-in, for people who can do something about it."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from connector.tenancy.scope import find_organization_id
from integrations import emergency_stop, hooks
from integrations.models import ConnectionState, ExactConnection

register = template.Library()


@register.inclusion_tag("integrations/_stop_banner.html", takes_context=True)
def stop_banner(context: Context) -> dict[str, Any]:
    """This function will say that the operator stopped copying, or an admin paused it; for every member of a tenant."""
    membership, organization_id = context.get("membership"), find_organization_id()
    if membership is None or organization_id is None:
        return {"stops": None}
    return {"stops": emergency_stop.find_stops(organization_id)}


@register.inclusion_tag("integrations/_reconnect_banner.html", takes_context=True)
def reconnect_banner(context: Context) -> dict[str, Any]:
    """This function will list the connections that wait for a log-in at Exact; for admins, inside a tenant's page."""
    membership = context.get("membership")
    if membership is None or not membership.may_change_settings or find_organization_id() is None:
        return {"held": []}
    held = list(
        ExactConnection.objects.filter(state=ConnectionState.NEEDS_CONSENT).order_by("name", "id")
    )
    return {"held": held, "waiting": sum(hooks.count_waiting(connection) for connection in held)}

"""The banner about connections that wait for a new log-in, for people who can do something about it."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Q
from django.template import Context
from django.utils import timezone

from connector.tenancy.scope import find_organization_id
from integrations import emergency_stop, hooks, log_in_ends, status
from integrations.models import ConnectionState, ExactConnection, GrantState

register = template.Library()


@register.inclusion_tag("integrations/_stop_banner.html", takes_context=True)
def stop_banner(context: Context) -> dict[str, Any]:
    """This function will say that the operator stopped copying, an admin paused it, or nothing that is due is done; for every member."""
    membership, organization_id = context.get("membership"), find_organization_id()
    if membership is None or organization_id is None:
        return {"stops": None}
    stops = emergency_stop.find_stops(organization_id)
    silent = None
    # Pages about how things go say it themselves, whatever is due.
    if stops.has_due_work and "background" not in context:
        background = status.background_work()
        silent = None if background.is_running else background
    return {"stops": stops, "silent": silent}


@register.inclusion_tag("integrations/_reconnect_banner.html", takes_context=True)
def reconnect_banner(context: Context) -> dict[str, Any]:
    """This function will list the connections that need a log-in at Exact, now or soon; for admins, inside a tenant's page."""
    membership = context.get("membership")
    if membership is None or not membership.may_change_settings or find_organization_id() is None:
        return {"held": []}
    now = timezone.now()
    ending = Q(
        state__in=[ConnectionState.READY, ConnectionState.NEEDS_ATTENTION],
        grant__state=GrantState.ACTIVE,
        grant__issued_at__lte=now - log_in_ends.LASTS + log_in_ends.WARNED_BEFORE,
    )
    found = (
        ExactConnection.objects.filter(Q(state=ConnectionState.NEEDS_CONSENT) | ending)
        .select_related("grant")
        .order_by("name", "id")
    )
    held = [one for one in found if one.state == ConnectionState.NEEDS_CONSENT]
    return {
        "held": held,
        "waiting": sum(hooks.count_waiting(connection) for connection in held),
        "ending": [
            (one, log_in_ends.sentence(one.grant, now=now)) for one in found if one not in held
        ],
    }

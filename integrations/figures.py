"""What `/metrics` tells of lanes and log-ins: totals of the installation, no names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.db.models.functions import Greatest
from prometheus_client.core import Metric

from connector.database_clock import database_now
from connector.metrics import gauge, gauge_by
from connector.tenancy import totals
from integrations import token_store
from integrations.models import (
    ConnectionState,
    DivisionLane,
    GrantState,
    LaneMember,
    SetAsideReason,
    SetAsideWebhook,
    WebhookSubscription,
)

_COUNTS = """
    SELECT 'grants', state, count(*) FROM integrations_exactgrant GROUP BY state
    UNION ALL SELECT 'failing', '', count(*) FROM integrations_exactgrant
      WHERE refresh_failures > 0 AND state = 'active'
    UNION ALL SELECT 'app', client_id, count(*) FROM integrations_exactgrant
      WHERE state = 'active' AND client_id <> '' GROUP BY client_id
    UNION ALL SELECT 'connections', state, count(*) FROM integrations_exactconnection GROUP BY state
"""
# A refresh token that nobody used for 30 days is gone.
_OLDEST = """
    SELECT 'token', '', max(EXTRACT(EPOCH FROM clock_timestamp() - issued_at))
    FROM integrations_exactgrant WHERE state = 'active' AND issued_at IS NOT NULL
"""


def list_organization_ids() -> list[int]:
    """This function will return the organizations that have work in some lane."""
    return list(
        LaneMember.objects.order_by("organization_id")
        .values_list("organization_id", flat=True)
        .distinct()
    )


def read() -> Iterator[Metric]:
    """This function will read the figures of lanes, connections and log-ins."""
    now = database_now()
    yield from _lanes(now)
    yield _token_calls(now)
    yield from _webhooks(now)
    organizations = list_organization_ids()
    counts = totals.ask(organizations, _COUNTS)
    oldest = totals.ask(organizations, _OLDEST, merge=max)
    for name, meaning, states in (
        ("grants", "Log-ins at Exact by state.", GrantState.values),
        ("connections", "Connections by state.", ConnectionState.values),
    ):
        yield gauge_by(
            name, meaning, "state", [(one, counts.get((name, one), 0)) for one in states]
        )
    yield gauge(
        "grants_failing",
        "Log-ins whose last refresh failed, without being lost.",
        counts.get(("failing", ""), 0),
    )
    yield gauge(
        "grants_of_another_app",
        "Log-ins that Exact gave to another app than that of the settings; they are left alone.",
        sum(
            count
            for (figure, client_id), count in counts.items()
            if figure == "app" and token_store.is_another_app(client_id)
        ),
    )
    yield gauge(
        "oldest_token_seconds",
        "Since the least used log-in was last refreshed; it is lost after 30 days.",
        oldest.get(("token", "")),
    )


def _webhooks(now: datetime) -> Iterator[Metric]:
    recent = SetAsideWebhook.objects.filter(received_at__gt=now - timedelta(days=1))
    counted = Counter(recent.values_list("reason", flat=True))
    yield gauge_by(
        "webhooks_set_aside",
        "Webhooks of the last 24 hours that were not taken, by reason.",
        "reason",
        [(reason, counted[reason]) for reason in SetAsideReason.values],
    )
    yield gauge(
        "webhook_subscriptions_refused",
        "Topics that Exact does not tell us about although we asked.",
        WebhookSubscription.objects.exclude(problem="").count(),
    )


def _token_calls(now: datetime) -> Metric:
    return gauge(
        "token_calls_of_a_day",
        "Token calls of the busiest Exact user in 24 hours; Exact takes 200.",
        token_store.busiest(now=now),
    )


def _lanes(now: datetime) -> Iterator[Metric]:
    runs = Q(is_stopped=False) & (Q(resume_at=None) | Q(resume_at__lte=now))
    # Work stays due as long as there is any, so a turn that ended counts, and a wait that is over.
    free = Greatest("due_at", "lane__last_served_at", "lane__resume_at")
    due = LaneMember.objects.filter(
        due_at__lte=now, lane__in=DivisionLane.objects.filter(runs)
    ).aggregate(due=Min(free))["due"]
    yield gauge(
        "lane_lag_seconds",
        "Since the longest waiting lane with due work was last served, or could have been.",
        (now - due).total_seconds() if due else 0,
    )
    waiting = Counter(
        DivisionLane.objects.filter(resume_at__gt=now).values_list("resume_reason", flat=True)
    )
    yield gauge_by(
        "lanes_waiting",
        "Lanes that wait on purpose, by reason.",
        "reason",
        [(reason or "Other", count) for reason, count in sorted(waiting.items())],
    )
    states = DivisionLane.objects.aggregate(
        all=Count("pk"),
        stopped=Count("pk", filter=Q(is_stopped=True)),
        served=Count("pk", filter=Q(lease_until__gt=now)),
        minute=Min("minute_remaining", filter=Q(minute_reset_at__gt=now)),
        day=Min("day_remaining", filter=Q(day_reset_at__gt=now)),
    )
    yield gauge("lanes", "Lanes.", states["all"])
    yield gauge("lanes_stopped", "Lanes that an operator stopped.", states["stopped"])
    yield gauge("lanes_served", "Lanes that a worker is at.", states["served"])
    yield gauge(
        "calls_left_of_minute", "Calls left of the minute, in the shortest lane.", states["minute"]
    )
    yield gauge("calls_left_of_day", "Calls left of the day, in the shortest lane.", states["day"])

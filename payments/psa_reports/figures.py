"""What `/metrics` tells of callbacks: totals of the installation, no names."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import Metric

from connector.metrics import gauge, gauge_by
from connector.tenancy import totals
from payments.psa_reports.models import CallbackLine

_ENDPOINTS = """
    SELECT 'endpoints', CASE WHEN state = 'on' AND failing_since IS NOT NULL THEN 'failing' ELSE state END, count(*)
    FROM payments_psaendpoint GROUP BY 2
    UNION ALL SELECT 'waiting', '', count(*) FROM payments_psapaymentreport WHERE state = 'waiting'
    UNION ALL SELECT 'given_up', '', count(*) FROM payments_psapaymentreport WHERE state = 'given_up'
"""
# Of endpoints that are called and take what they are told: one that fails is counted above, and keeps nobody else waiting.
_OLDEST = """
    SELECT 'waiting', '', max(EXTRACT(EPOCH FROM clock_timestamp() - changed_at))
    FROM payments_psapaymentreport WHERE state = 'waiting'
      AND EXISTS (SELECT FROM payments_psaendpoint WHERE state = 'on' AND failing_since IS NULL)
"""
_STATES = ("on", "failing", "given_up", "off")


def read() -> Iterator[Metric]:
    """This function will read the figures of callbacks."""
    lines = CallbackLine.objects.order_by("organization_id")
    organizations = list(lines.values_list("organization_id", flat=True))
    counts = totals.ask(organizations, _ENDPOINTS)
    oldest = totals.ask(organizations, _OLDEST, merge=max)
    yield gauge_by(
        "psa_endpoints",
        "Addresses of PSAs by how they are called.",
        "state",
        [(state, counts.get(("endpoints", state), 0)) for state in _STATES],
    )
    for name, meaning in (
        ("waiting", "Payment states that PSAs have not been told yet."),
        ("given_up", "Payment states that a PSA did not take within three days."),
    ):
        yield gauge(f"psa_reports_{name}", meaning, counts.get((name, ""), 0))
    yield gauge(
        "psa_reports_oldest_seconds",
        "Since the change that waits longest for an address that works.",
        oldest.get(("waiting", "")) or 0,
    )

"""What `/metrics` tells of payments: totals of the installation, no names."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import Metric

from connector.metrics import gauge
from connector.tenancy import totals
from integrations.figures import list_organization_ids

_OLDEST = """
    SELECT 'read', '', max(EXTRACT(EPOCH FROM clock_timestamp() - cursors.read_at))
    FROM payments_synccursor cursors JOIN integrations_exactconnection connections
      ON connections.id = cursors.connection_id
    WHERE connections.sync_payments AND connections.state IN ('ready', 'needs_attention')
"""


def read() -> Iterator[Metric]:
    """This function will read the figures of payments."""
    oldest = totals.ask(list_organization_ids(), _OLDEST, merge=max)
    yield gauge(
        "payments_age_seconds",
        "Since payments were last read to their end, of the connection where that is longest ago.",
        oldest.get(("read", "")),
    )

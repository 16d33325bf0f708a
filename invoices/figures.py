"""What `/metrics` tells of copies: totals of the installation, no names."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import Metric

from connector.metrics import gauge, gauge_by
from connector.tenancy import totals
from integrations.figures import list_organization_ids
from invoices.models import BreakKind, CopyState

_COUNTS = "SELECT 'copies', state, count(*) FROM invoices_copyrequest GROUP BY state"
_OLDEST = """
    SELECT 'waiting', '', max(EXTRACT(EPOCH FROM clock_timestamp() - requested_at))
    FROM invoices_copyrequest WHERE state = 'queued' AND connection_id NOT IN
        (SELECT connection_id FROM integrations_lanemember WHERE paused_at IS NOT NULL)
    UNION ALL SELECT 'unknown', '', max(EXTRACT(EPOCH FROM clock_timestamp() - state_changed_at))
    FROM invoices_copyrequest WHERE state = 'unknown'
"""

_RECOVERING = """
    SELECT 'recovering', '', count(DISTINCT p.connection_id) FROM invoices_recoverypass p
    JOIN integrations_exactconnection c ON c.id = p.connection_id
    WHERE p.done_at IS NULL AND c.state NOT IN ('disconnected', 'setup_incomplete')
"""
_BREAKS = """
    SELECT 'breaks', kind, count(*) FROM invoices_reconciliationbreak WHERE closed_at IS NULL GROUP BY kind
"""
_FORGOTTEN = (
    "SELECT 'forgotten', '', count(*) FROM invoices_forgottendocument WHERE settled_at IS NULL"
)


def read() -> Iterator[Metric]:
    """This function will read the figures of copies."""
    organizations = list_organization_ids()
    counts = totals.ask(organizations, _COUNTS)
    oldest = totals.ask(organizations, _OLDEST, merge=max)
    yield gauge_by(
        "copies",
        "Copy requests by state.",
        "state",
        [(state, counts.get(("copies", state), 0)) for state in CopyState.values],
    )
    found = totals.ask(organizations, _BREAKS)
    yield gauge_by(
        "breaks",
        "What Exact has otherwise than it is believed here, by kind; each is told on its invoice.",
        "kind",
        [(kind, found.get(("breaks", kind), 0)) for kind in BreakKind.values],
    )
    yield gauge(
        "connections_recovering",
        "Connections that look up what Exact got before the database was restored.",
        totals.ask(organizations, _RECOVERING).get(("recovering", ""), 0),
    )
    yield gauge(
        "forgotten_documents",
        "Documents in Exact that a restored database has forgotten and no invoice claims.",
        totals.ask(organizations, _FORGOTTEN).get(("forgotten", ""), 0),
    )
    yield gauge(
        "oldest_waiting_seconds",
        "Since the longest waiting copy was asked for; those of paused connections wait on purpose.",
        oldest.get(("waiting", ""), 0),
    )
    yield gauge(
        "oldest_unknown_seconds",
        "Since the answer of the oldest copy that is still looked up was lost.",
        oldest.get(("unknown", ""), 0),
    )

"""Figures about a running sandbox: what was asked of it, what is in its books, what it uses."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

from exact_sandbox.database import Database
from exact_sandbox.log_search import LogQuestion, count_by_endpoint, count_requests
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.values import from_store

COUNTED = (
    "salesentries",
    "salesinvoices",
    "accounts",
    "documents",
    "terms",
    "transactionlines",
)


def stats_of(sandbox: Sandbox) -> dict[str, object]:
    """Return the figures; memory is that of the process that answers, in bytes."""
    return {
        "now": sandbox.clock.now().isoformat(),
        "uptime_seconds": round(sandbox.uptime_seconds(), 3),
        "workers": sandbox.options.workers,
        "process_id": os.getpid(),
        "memory_bytes": memory_bytes(),
        "store_bytes": store_bytes(sandbox.database),
        "faults_waiting": len(sandbox.faults.as_json()),
        "switches_changed": sum(
            each["value"] != each["default"] for each in sandbox.switches.as_json()
        ),
        "requests": {
            "total": count_requests(sandbox.log, LogQuestion()),
            "by_endpoint": count_by_endpoint(sandbox.log),
        },
        "calls_left": [_calls_left(usage) for usage in sandbox.limits.usage()],
        "divisions": [
            division_stats(sandbox.database, row["Code"])
            for row in sandbox.database.execute('SELECT "Code" FROM divisions ORDER BY "Code"')
        ],
    }


def _calls_left(usage: dict[str, object]) -> dict[str, object]:
    left = {
        f"{length}_left": max(
            0, int(str(usage[f"{length}_limit"])) - int(str(usage[f"{length}_used"]))
        )
        for length in ("minute", "day")
    }
    return {**usage, **left}


def division_stats(database: Database, division: int) -> dict[str, object]:
    """Return how many records a division holds and what customers owe, by currency."""
    counts = {}
    for table in COUNTED:
        counting = f'SELECT count(*) FROM "{table}" WHERE "Division" = ?'  # noqa: S608 - the tables above
        counts[table] = database.execute(counting, [division])[0][0]
    owed = database.execute(
        'SELECT "Currency", count(*), sum("AmountFC") FROM terms WHERE "Division" = ? '
        'AND "LineType" = 20 AND "Status" < 50 GROUP BY "Currency" ORDER BY "Currency"',
        [division],
    )
    return {
        "division": division,
        **counts,
        "open_items": sum(row[1] for row in owed),
        "open_amounts": {row[0]: _plain(from_store("Double", row[2])) for row in owed},
    }


def _plain(amount: Decimal) -> str:
    return f"{amount:.2f}"


def memory_bytes() -> int | None:
    """Return the memory this process uses, or None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def store_bytes(database: Database) -> int:
    """Return the size of the books, in the file or in memory."""
    size, count = (database.execute(f"PRAGMA {name}")[0][0] for name in ("page_size", "page_count"))
    return int(size) * int(count)

"""Measures the invoice list of one large organization among many, with a database of its own.

`python -m benchmarks.invoices` alone; the requests run in a process of their own (`benchmarks.listing`).
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.database import environments, run

INVOICES, OTHERS, ROUNDS = 1_000_000, 2_000, 2
_SLOWEST = 8


def measure(
    environment: dict[str, str],
    invoices: int = INVOICES,
    others: int = OTHERS,
    rounds: int = ROUNDS,
    step: int = 1,
) -> dict[str, Any]:
    """Fill the environment's database and open the list in every way, or in every `step`th."""
    # Pages name their styles and scripts by what was collected.
    run(["manage.py", "collectstatic", "--noinput", "--verbosity", "0"], environment)
    counts = [str(one) for one in (invoices, others, rounds, step)]
    found: dict[str, Any] = json.loads(run(["-m", "benchmarks.listing", *counts], environment))
    return found | {"invoices": invoices, "others": others}


def _p95(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * 0.95), len(ordered) - 1)]


def written(found: dict[str, Any]) -> str:
    """Return the part of the page."""
    pages: dict[str, list[float]] = found["pages"]
    every = [taken for times in pages.values() for taken in times]
    many = found["bulk"]
    rows = "\n".join(
        f"| {name} | {statistics.median(times):.0f} | {_p95(times):.0f} |"
        for name, times in (
            (f"list, {len(pages)} ways to filter and sort it", every),
            ("empty page", found["empty"]),
            ("dialog before a copy, 20 lines", found["previews"]),
            ("totals of all, fetched after the page", found["totals"]),
            (f"*Copy to Exact* of {many['count']:,} ticked (POST)", many["choose"]),
            (f"the look before the start of these {many['count']:,} (GET)", many["look"]),
            (f"*Start copying* of these {many['count']:,} (POST)", many["start"]),
        )
        if times
    )
    slowest = sorted(pages, key=lambda way: -statistics.median(pages[way]))[:_SLOWEST]
    slow = "\n".join(
        f"| `{way.partition('?')[2]}` | {statistics.median(pages[way]):.0f} |" for way in slowest
    )
    return f"""
## Invoice list

{found["invoices"]:,} invoices of {found["clients"]:,} clients in one organization and {found["others"]:,} others with a few each;
{found["size"]}, filled in {found["filled"]:.0f} seconds. Wanted: 95 % of the pages within 100 ms of server time and within four
times an empty page, the dialog within 200 ms, a page of 30 kB, each POST for 5,000 invoices within 2,000 ms. Milliseconds,
through all middleware and PostgreSQL.

| Page | Median | 95 % |
|---|---:|---:|
{rows}

The look before the start said of the last {many["count"]:,}: "{many["words"]}". Each has three lines, and each client an account.

The largest page has {found["bytes"]:,} bytes, compressed. Statements per page: {", ".join(str(one) for one in found["queries"])};
the slowest ways:

| Filter and order | Median |
|---|---:|
{slow}
"""


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="list-bench-") as place:
        counts = [int(os.environ.get("INVOICES", INVOICES)), int(os.environ.get("OTHERS", OTHERS))]
        with environments(Path(place) / "servers", "list") as [own]:
            sys.stdout.write(written(measure(own, *counts)))

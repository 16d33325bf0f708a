"""What the demo prints once it runs: where to look, and who signs in."""

from __future__ import annotations

import contextlib
from pathlib import Path

from connector.local.installation import Installation
from connector.local.servers import SOURCE_ROOT


def welcome(installation: Installation, people: str) -> str:
    """This function will return the addresses of the demo and its sign-ins as a table."""
    sandbox = installation.sandbox_url
    rows = {
        "Connector": installation.web_url,
        "Exact sandbox": f"{sandbox}  (stands in for Exact Online)",
        "Its bank desk": f"{sandbox}/bank-desk  (register payments here)",
        "Its outbox": f"{sandbox}/outbox  (read here what Exact sends to customers)",
        "A month-end": "200 invoices of last month, for monthend@demo.example",
        "Logs and e-mails": str(_short(installation.logs)),
    }
    lines = [f"  {name:<18}{value}" for name, value in rows.items()]
    return "\n".join(
        ["", *lines, "", people.strip(), "", "Ctrl-C ends everything; the data stays.", ""]
    )


def _short(logs: Path) -> Path:
    with contextlib.suppress(ValueError):
        return logs.relative_to(SOURCE_ROOT)
    return logs

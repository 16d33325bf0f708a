"""Modules can be imported in any order: none needs another one to have come first."""

from __future__ import annotations

import subprocess
import sys

# One module of each layer; each is imported as if it were the first.
SCRIPT = """
import importlib, sys
for name in ("books.bank", "books.ledger", "rules.context", "rules.table", "odata.query", "seed.example",
             "pages.table", "control.table", "oauth.grants", "stats", "sandbox"):
    for loaded in [each for each in sys.modules if each.startswith("exact_sandbox")]:
        del sys.modules[loaded]
    importlib.import_module(f"exact_sandbox.{name}")
    foreign = {each.partition(".")[0] for each in sys.modules}
    assert not foreign & {"connector", "integrations", "invoices", "payments", "django"}, foreign
"""


def test_no_module_needs_another_to_have_come_first():
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr

"""`python -m tests.torture`: runs the scenarios, each in a process of its own, and prints one table.

A scenario whose result is kept (test-results/torture/results.jsonl) is skipped; `--again` runs it anew.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from connector.local.servers import SOURCE_ROOT
from tests.torture import results
from tests.torture.outcome import INVOICES
from tests.torture.results import Result


def main(arguments: list[str]) -> int:
    """This function will run what is asked for and return 0 when every scenario passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the size that is part of make test")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="scenarios; NAME* is a beginning")
    parser.add_argument("--again", action="store_true", help="run also what has a kept result")
    parser.add_argument(
        "--invoices", type=int, metavar="N", help="take at most N invoices; the result says so"
    )
    parser.add_argument("--report", type=Path, help="write the table as Markdown to this file")
    parser.add_argument("--list", action="store_true", help="name the scenarios and end")
    known = parser.parse_args(arguments)
    if known.invoices:
        os.environ[INVOICES] = str(known.invoices)
    size = "short" if known.short else "long"
    names = _chosen(_names(), known.only or [])
    if known.list:
        sys.stdout.write("\n".join(names) + "\n")
        return 0
    kept = {} if known.again else results.newest(results.read(), size=size)
    ran = [kept.get(name) or _run(name, size) for name in names]
    _print(ran)
    if known.report:
        known.report.write_text(results.report(ran), encoding="utf-8")
    return 0 if all(one.passed for one in ran) else 1


def _names() -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture.child", "--list"],
        cwd=SOURCE_ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    names: list[str] = json.loads(done.stdout)
    return names


def _chosen(names: list[str], only: list[str]) -> list[str]:
    wanted = [
        name
        for name in names
        if not only
        or any(
            name == one or (one.endswith("*") and name.startswith(one.rstrip("*"))) for one in only
        )
    ]
    if not wanted:
        sys.exit(f"There is no such scenario. Known: {', '.join(names)}")
    return wanted


def _run(name: str, size: str) -> Result:
    sys.stdout.write(f"{name} ({size})\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        status = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "-m", "tests.torture.child", name, size, str(path)],
            cwd=SOURCE_ROOT,
            check=False,
        ).returncode
        if path.exists():
            result = Result(**json.loads(path.read_text()))
        else:
            sentence = f"Its process ended with status {status}"
            result = Result(name, "", size, False, sentence, {}, 0, results.commit(), results.now())
    results.keep(result)
    sys.stdout.write(result.line() + "\n")
    sys.stdout.flush()
    return result


def _print(ran: list[Result]) -> None:
    rows = [results.FORMAT.format("Scenario", "Size", "", "Took", "Result")]
    rows += [one.line() for one in ran]
    sys.stdout.write("\n" + "\n".join(rows) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

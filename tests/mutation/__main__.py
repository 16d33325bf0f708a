"""``python -m tests.mutation [PART ...]``: mutate the code that must not be wrong, and show what the tests miss.

Results are kept below .local/mutation: only functions that changed since are mutated again, and mutants that survived
are tried again, for there may be better tests now.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import psycopg
from psycopg import sql

from connector.local import processes
from connector.local.servers import SOURCE_ROOT, LocalServers
from tests.mutation.parts import Part, read_equivalents, read_parts
from tests.mutation.pytest_plugin import PROCESSES
from tests.mutation.report import ModuleScore, score, table
from tests.mutation.workspace import Mutant, Workspace

BAR = 90


def main(arguments: list[str]) -> int:
    """This function will mutate the parts and return 1 when a module stays below the bar."""
    parts = read_parts()
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("part", nargs="*", help=", ".join(part.name for part in parts))
    parser.add_argument("--fresh", action="store_true", help="throw earlier results away")
    parser.add_argument("--show", action="store_true", help="only show what is known")
    parser.add_argument("--json", type=Path, help="write the scores of the modules to this file")
    options = parser.parse_args(arguments)
    unknown = set(options.part) - {part.name for part in parts}
    if unknown:
        parser.error(f"unknown part: {', '.join(sorted(unknown))}")
    named = {part.name: part for part in parts}
    chosen = [named[name] for name in options.part or named]
    if not options.show:
        with LocalServers(SOURCE_ROOT / ".local" / "test", durable=False) as urls:
            os.environ |= urls.environment() | {"DATABASE_APP_URL": urls.database_url}
            os.environ["DATABASE_URL"] = urls.database_owner_url
            os.environ["TEST_DB_SUFFIX"] = "mutation"
            _make_databases()
            for part in chosen:
                _mutate(part, fresh=options.fresh)
    scores = _tell(chosen)
    if options.json:
        percent = {one.module: round(one.percent, 1) for one in scores}
        options.json.write_text(json.dumps(percent), encoding="utf-8")
    return int(any(one.percent < BAR for one in scores))


def _make_databases() -> None:
    """Make the test database once, and a copy of it for each process that tests mutants (see pytest_plugin)."""
    test = "tests/mutation/test_database.py"
    command = [sys.executable, "-m", "pytest", "-q", "--create-db", "--reuse-db", test]
    subprocess.run(command, cwd=SOURCE_ROOT, check=True)
    made = sql.Identifier(f"test_connector_{os.environ['TEST_DB_SUFFIX']}")
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as session:
        for place in range(PROCESSES):
            copy = sql.Identifier(f"test_connector_{os.environ['TEST_DB_SUFFIX']}_{place}")
            session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(copy))
            session.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(copy, made))


def _mutate(part: Part, *, fresh: bool) -> None:
    workspace = Workspace(part)
    if fresh:
        workspace.forget()
    survivors = workspace.survivors()
    workspace.prepare()
    sys.stdout.write(f"{part.name}: see {workspace.log}\n")
    sys.stdout.flush()
    try:
        workspace.run()
        again = [one.name for one in _unexplained(workspace.mutants()) if one.name in survivors]
        if again:
            workspace.run(again)
    except subprocess.CalledProcessError:
        # What is not tested counts as alive, and the other parts go on.
        sys.stdout.write(f"mutmut did not finish {part.name}:\n{processes.tail(workspace.log)}\n")


def _unexplained(mutants: Iterable[Mutant]) -> list[Mutant]:
    equivalents = {(entry.function, entry.was, entry.becomes) for entry in read_equivalents()}
    return [
        mutant
        for mutant in mutants
        if not mutant.is_killed and (mutant.function, mutant.was, mutant.becomes) not in equivalents
    ]


def _tell(parts: list[Part]) -> list[ModuleScore]:
    scores: list[ModuleScore] = []
    for part in parts:
        mutants = Workspace(part).mutants()
        unexplained = _unexplained(mutants)
        for mutant in unexplained:
            sys.stdout.write(f"\n{mutant.status}: {mutant.name}\n")
            sys.stdout.write("".join(f"  - {line}\n" for line in mutant.was.splitlines()))
            sys.stdout.write("".join(f"  + {line}\n" for line in mutant.becomes.splitlines()))
        scores += [score(module, mutants, unexplained) for module in part.modules]
    sys.stdout.write(f"\n{table(scores)}\n")
    return scores


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A PostgreSQL and a Valkey for the measured parts, and a migrated database for each of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from benchmarks.programs import ROOT
from connector.local.installation import open_installation
from connector.local.servers import LocalServers


@contextmanager
def environments(folder: Path, *names: str) -> Iterator[list[dict[str, str]]]:
    """Run the servers below the folder for the length of a `with` block; each name's environment has a database of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    with LocalServers(folder, durable=False) as urls:
        installation = open_installation(folder, fixed_ports=False)
        shared = installation.environment(urls.environment()) | {"LOG_LEVEL": "ERROR"}
        owner = urls.database_owner_url
        run(["manage.py", "migrate", "--verbosity", "0"], shared | {"DATABASE_URL": owner})
        # Nobody may be in a database that is copied, so the copying is done from another one.
        with psycopg.connect(_named(owner, "postgres"), autocommit=True) as server:
            for name in names:
                server.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                        sql.Identifier(name), sql.Identifier(urlsplit(owner).path.strip("/"))
                    )
                )
        yield [
            shared
            | {
                "DATABASE_URL": _named(urls.database_url, name),
                "DATABASE_OWNER_URL": _named(owner, name),
            }
            for name in names
        ]


def run(command: list[str], environment: dict[str, str]) -> str:
    """Run a Python program of ours to its end and return what it printed."""
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def _named(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()

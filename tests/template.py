"""A migrated database that test databases are copied from: migrations are run once, not once for each worker.

The copy takes a moment where the migrations take many seconds. It is kept for later runs on the same server, and made anew when a
migration changes; what the copy might still lack, Django's own `migrate` adds to it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from connector.local.servers import SOURCE_ROOT

_NAME = "test_template_"
_MADE_FROM = (
    "*/migrations/*.py",
    "connector/tenancy/migrations/*.py",
    "connector/tenancy/migration*.py",
    "connector/local/postgres.py",
)


def fingerprint() -> str:
    """This function will return what changes with whatever a migrated database is made from."""
    found = hashlib.sha256()
    for path in sorted({path for pattern in _MADE_FROM for path in SOURCE_ROOT.glob(pattern)}):
        found.update(path.name.encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def begin() -> Callable[[], None]:
    """This function will start to make the template, if it is missing, in a process of its own; what it returns waits for it."""
    making = subprocess.Popen([sys.executable, "-m", "tests.template"], cwd=SOURCE_ROOT)

    def wait() -> None:
        making.wait()

    return wait


def ensure(owner_url: str) -> str:
    """This function will return the template's name on the server of this URL; whoever comes first makes it."""
    name = _NAME + fingerprint()
    with _locked(), psycopg.connect(_other(owner_url, "postgres"), autocommit=True) as server:
        found = {row[0] for row in server.execute("SELECT datname FROM pg_database")}
        if name not in found:
            for old in found:
                if old.startswith(_NAME):
                    _drop(server, old)
            _make(server, owner_url, name)
    return name


def _make(server: psycopg.Connection[tuple[str]], owner_url: str, name: str) -> None:
    draft = f"{name}_draft"
    server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=SOURCE_ROOT,
        env=os.environ
        | {
            "DATABASE_URL": _other(owner_url, draft),
            "DJANGO_SETTINGS_MODULE": "connector.settings",
        },
        check=True,
    )
    server.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(draft), sql.Identifier(name)
        )
    )


def _drop(server: psycopg.Connection[tuple[str]], name: str) -> None:
    # Another checkout that shares the server may be copying its own.
    with suppress(psycopg.errors.ObjectInUse):
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _other(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{database}").geturl()


@contextmanager
def _locked() -> Iterator[None]:
    folder = SOURCE_ROOT / ".local" / "test"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "template.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    ensure(os.environ["DATABASE_URL"])

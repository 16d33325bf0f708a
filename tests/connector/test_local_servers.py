"""Embedded PostgreSQL and Valkey: they start anywhere, survive anything, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from connector.local import processes
from connector.local.servers import SOURCE_ROOT, LocalServers, Urls, running_urls

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]


def processes_of(folder: Path) -> list[str]:
    """Command lines of everything that runs with this folder in its command or as its working folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            where = os.readlink(entry / "cwd")
        except OSError:
            continue
        command = processes.command_of(int(entry.name))
        if command and (str(folder) in command or where.startswith(str(folder))):
            found.append(f"{entry.name} {command}")
    return found


def wait_until_gone(folder: Path, seconds: float = 20) -> list[str]:
    deadline = time.monotonic() + seconds
    while (left := processes_of(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def write_a_row(urls: Urls) -> None:
    with psycopg.connect(urls.database_owner_url) as connection:
        connection.execute("CREATE TABLE kept (number integer)")
        connection.execute("INSERT INTO kept VALUES (42)")
    with redis.Redis.from_url(urls.redis_url) as client:
        client.set("kept", "42")


def read_the_row(urls: Urls) -> tuple[object, object]:
    with psycopg.connect(urls.database_url) as connection:
        row = connection.execute("SELECT number FROM kept").fetchone()
    with redis.Redis.from_url(urls.redis_url, decode_responses=True) as client:
        return row, client.get("kept")


@pytest.fixture
def folder(tmp_path: Path):
    """A folder whose path holds a space and is longer than a socket path may be."""
    place = tmp_path / "a folder with spaces" / ("long" * 25)
    yield place
    assert wait_until_gone(place) == [], "a server outlived its test"


def test_data_and_ports_stay_when_the_servers_stop_and_start_again(folder):
    with LocalServers(folder) as first:
        write_a_row(first)

    assert processes_of(folder) == []
    with LocalServers(folder) as second:
        assert second == first
        assert read_the_row(second) == ((42,), "42")


def test_the_application_role_is_bound_by_row_level_security_and_owns_nothing(folder):
    with LocalServers(folder, durable=False) as urls:
        with psycopg.connect(urls.database_owner_url, autocommit=True) as owner:
            roles = owner.execute(
                "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles "
                "WHERE rolname LIKE 'connector%' ORDER BY 1"
            ).fetchall()
            extensions = {name for (name,) in owner.execute("SELECT extname FROM pg_extension")}
            owner.execute(
                "CREATE TABLE invoice (id bigint GENERATED ALWAYS AS IDENTITY, number text)"
            )
            owner.execute("CREATE DATABASE made_later")
        with psycopg.connect(urls.database_url, autocommit=True) as application:
            application.execute("INSERT INTO invoice (number) VALUES ('2026-1')")
            application.execute("UPDATE invoice SET number = '2026-2'")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute("CREATE TABLE own (id integer)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute("TRUNCATE invoice")
        with psycopg.connect(urls.database_owner_url.rpartition("/")[0] + "/made_later") as later:
            inherited = {name for (name,) in later.execute("SELECT extname FROM pg_extension")}

    assert roles == [
        ("connector_app", False, False, False, False),
        ("connector_owner", False, False, True, False),
    ]
    assert {"pg_trgm", "unaccent", "btree_gin"} <= extensions
    assert inherited == extensions


def test_a_wrong_password_is_refused_and_secrets_are_private(folder):
    with LocalServers(folder, durable=False) as urls:
        role_and_password = urls.database_url.split("@")[0]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(
                urls.database_url.replace(role_and_password, "postgresql://postgres:guess")
            )
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(
                urls.database_url.replace(role_and_password, "postgresql://connector_app")
            )
        with (
            redis.Redis.from_url(f"redis://{urls.redis_url.split('@')[1]}") as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()
        for secret in ("servers.json", "running.json", "valkey/valkey.conf"):
            assert (folder / secret).stat().st_mode & 0o077 == 0


def test_everything_killed_at_once_starts_again_with_the_data(folder):
    local = LocalServers(folder)
    write_a_row(local.start())
    for line in processes_of(folder):
        pid = int(line.split(" ", 1)[0])
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    assert wait_until_gone(folder) == []
    local.stop()

    with LocalServers(folder) as urls:
        assert read_the_row(urls) == ((42,), "42")


def test_a_stale_pid_file_that_names_another_program_does_not_stop_the_start(folder):
    with LocalServers(folder):
        pid_file = next(folder.glob("postgres/postmaster.pid"))
        lines = pid_file.read_text().splitlines()
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        pid_file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")

        with LocalServers(folder) as urls, psycopg.connect(urls.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_servers_are_shared_and_end_with_their_last_user(folder):
    first, second = LocalServers(folder, durable=False), LocalServers(folder, durable=False)
    urls = first.start()

    assert second.start() == urls
    first.stop()
    assert running_urls(folder) == urls
    second.stop()

    assert processes_of(folder) == []


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name
)
def test_ending_the_program_that_started_them_ends_the_servers(folder, number):
    holder = subprocess.Popen(
        [sys.executable, "-m", "connector.local", "servers", "--folder", str(folder)],
        cwd=SOURCE_ROOT,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert b"export DATABASE_OWNER_URL=" in holder.stdout.readline()

    holder.send_signal(number)
    holder.wait(30)
    holder.stdout.close()

    assert wait_until_gone(folder) == []


def test_a_supervisor_killed_takes_the_servers_along(folder):
    local = LocalServers(folder, durable=False)
    local.start()
    supervisor = [line for line in processes_of(folder) if "connector.local.supervisor" in line]

    os.kill(int(supervisor[0].split(" ", 1)[0]), signal.SIGKILL)

    assert wait_until_gone(folder) == []
    assert not local.is_running()
    local.stop()


def test_a_port_taken_since_the_last_start_is_replaced(folder):
    with LocalServers(folder, durable=False) as first:
        pass
    port = int(first.redis_url.rsplit(":", 1)[1].split("/")[0])
    with socket.socket() as squatter:
        squatter.bind((processes.LOOPBACK, port))
        squatter.listen()

        with LocalServers(folder, durable=False) as second:
            assert second.redis_url != first.redis_url
            assert second.database_url == first.database_url

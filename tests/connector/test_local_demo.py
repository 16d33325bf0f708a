"""The demo keeps what it chose, says what went wrong, and leaves no process behind."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from connector.local import demo, installation, processes
from connector.local.installation import open_installation
from connector.local.servers import SOURCE_ROOT
from exact_sandbox.pages import entries


@contextlib.contextmanager
def listening(port: int = 0):
    """A program of somebody else that holds a port."""
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind((processes.LOOPBACK, port))
        squatter.listen()
        yield squatter.getsockname()[1]


@pytest.fixture
def first_port(monkeypatch) -> int:
    """A port for the web that nobody uses, in place of 8000 which a running demo may hold."""
    port = processes.free_port()
    monkeypatch.setattr(installation, "WEB_PORT", port)
    monkeypatch.setattr(installation, "SANDBOX_PORT", port + 50)
    return port


def test_a_second_start_keeps_ports_and_secrets(tmp_path, first_port):
    first = open_installation(tmp_path / "demo", fixed_ports=True)

    assert first.web_port == first_port
    assert open_installation(tmp_path / "demo", fixed_ports=True) == first
    assert (tmp_path / "demo" / "secrets.json").stat().st_mode & 0o077 == 0


def test_a_taken_port_gives_way_to_the_next_and_stays_there(tmp_path, first_port):
    with listening(first_port):
        moved = open_installation(tmp_path / "demo", fixed_ports=True)

    assert moved.web_port > first_port
    assert open_installation(tmp_path / "demo", fixed_ports=True).web_port == moved.web_port


def test_behavior_08_a_copied_invoice_opens_in_the_demos_sandbox(tmp_path):
    environment = open_installation(tmp_path, fixed_ports=False).environment({})
    address = environment["EXACT_ENTRY_URL"]

    page = address.format(exact="", division="{division}", entry_id="{entry}")

    assert page in {one.path for one in entries.PAGES}


def test_two_installations_share_no_secret(tmp_path):
    one = open_installation(tmp_path / "one", fixed_ports=False)
    other = open_installation(tmp_path / "other", fixed_ports=False)

    assert set(one.secrets.values()).isdisjoint(other.secrets.values())


def test_programs_get_addresses_that_fit_together(tmp_path):
    place = open_installation(tmp_path / "demo", fixed_ports=False)

    environment = place.environment({"DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x"})

    assert environment["PUBLIC_URL"] == f"http://localhost:{place.web_port}"
    assert environment["EXACT_REDIRECT_URI"] == environment["EXACT_SANDBOX_REDIRECT_URIS"]
    assert environment["EXACT_REDIRECT_URI"].startswith(environment["PUBLIC_URL"])
    assert environment["EXACT_CLIENT_SECRET"] == environment["EXACT_SANDBOX_CLIENT_SECRET"]
    assert environment["DEBUG"] == "0"


def test_servers_named_in_the_environment_are_used_instead(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@elsewhere/db")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner@elsewhere/db")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")

    with demo._servers(tmp_path) as urls:
        assert urls == {
            "DATABASE_URL": "postgresql://app@elsewhere/db",
            "DATABASE_OWNER_URL": "postgresql://owner@elsewhere/db",
            "REDIS_URL": "redis://elsewhere/0",
        }
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_ends_by_itself_is_named_with_the_end_of_its_log(tmp_path):
    log = tmp_path / "worker.log"
    log.write_text("starting\nthe broker refused the password\n")
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    process.wait()

    with pytest.raises(
        demo.DemoFailed, match=r"(?s)worker ended .* status 3.*refused the password"
    ):
        demo._all_alive([demo.Program("worker", process, log)])


def test_stopping_reaches_a_program_that_ignores_signals_and_its_children(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "STOP_SECONDS", 0.3)
    stubborn = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "os.fork()\n"
        "os.write(1, b'ready\\n')\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", stubborn],
        stdout=subprocess.PIPE,
        start_new_session=True,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    assert [process.stdout.readline(), process.stdout.readline()] == [b"ready\n", b"ready\n"]

    demo._stop([demo.Program("stubborn", process, tmp_path / "log")])

    assert process.stdout.read() == b""  # the end of the pipe: nobody holds it any more
    process.stdout.close()


@pytest.mark.process
def test_a_second_demo_in_the_same_folder_is_refused(tmp_path):
    folder = tmp_path / "a demo"
    with contextlib.ExitStack() as stack:
        folder.mkdir()
        lock = stack.enter_context((folder / "demo.lock").open("ab"))
        fcntl.flock(lock, fcntl.LOCK_EX)

        second = run_command("demo", folder)

    assert second.returncode == 1
    assert "A demo already runs" in second.stderr
    assert [path.name for path in folder.iterdir()] == ["demo.lock"]


@pytest.mark.process
def test_env_says_when_no_servers_run(tmp_path):
    result = run_command("env", tmp_path / "nowhere")

    assert result.returncode == 1
    assert "No servers run" in result.stderr


def run_command(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "connector.local", command, "--folder", str(folder)],
        cwd=SOURCE_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

"""The program itself: starting, stopping, keeping its data, and plain HTTP."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from exact_sandbox.__main__ import main, read_options
from exact_sandbox.options import from_environment
from exact_sandbox.server import running_sandbox
from tests.exact_sandbox.exact_client import ANNA, ExactClient

ROOT = Path(__file__).parents[2]


def test_state_survives_a_restart_when_a_file_is_named(tmp_path):
    data = tmp_path / "the books.db"
    with running_sandbox(data=data) as running:
        client = ExactClient(running)
        entry = client.book()
        client.pay((entry["EntryID"], 21))
        newest = client.terms()[-1]["Timestamp"]
        client.advance(575)
        tokens = client.tokens
        client.close()

    with running_sandbox(data=data) as running:
        client = ExactClient.__new__(ExactClient)
        client.running, client.base_url, client.division = running, running.base_url, 1000001
        client.browser, client.http = requests.Session(), requests.Session()
        client.http.headers["Accept"] = "application/json"
        client.use(client.refresh(tokens["refresh_token"]).json()["access_token"])
        assert client.terms()[-1]["Timestamp"] == newest
        assert [row["entry_id"] for row in client.truth()] == [entry["EntryID"]]
        assert client.books_are_good()
        client.book(YourRef="next")
        assert int(client.terms()[-1]["Timestamp"]) > int(newest)
        client.close()


def test_two_sandboxes_share_nothing():
    with running_sandbox() as one, running_sandbox() as other:
        first, second = ExactClient(one), ExactClient(other)
        first.book()
        assert second.truth() == []
        assert second.call("GET", "financial/Journals").status_code == 200
        second.use(first.tokens["access_token"])
        assert second.call("GET", "financial/Journals").status_code == 401
        first.close()
        second.close()


@pytest.mark.process
def test_the_command_serves_and_stops_on_sigterm():
    process = subprocess.Popen(
        [sys.executable, "-m", "exact_sandbox", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "EXACT_SANDBOX_MINUTE_LIMIT": "7"},
    )
    assert process.stdout is not None
    with process.stdout:
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address is not None
        switches = requests.get(f"{address[0]}/_sandbox/switches", timeout=10).json()["switches"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0

    assert {row["name"]: row["value"] for row in switches}["minute_limit"] == 7


def test_a_port_in_use_is_said_in_a_sentence(capsys):
    with running_sandbox() as running:
        assert main(["--port", str(running.port)]) == 1

    assert "Cannot listen on 127.0.0.1" in capsys.readouterr().err


def test_options_come_from_the_environment_and_the_command_line(monkeypatch):
    for name, value in {
        "PORT": "9000",
        "CLIENT_ID": "abc",
        "REDIRECT_URIS": "https://a.example/ https://b.example/",
        "PUBLIC_URL": "https://exact.example/",
        "DATA": "books.db",
        "DAY_LIMIT": "9",
    }.items():
        monkeypatch.setenv(f"EXACT_SANDBOX_{name}", value)

    options = read_options(["--port", "9001", "--redirect-uri", "https://c.example/"])

    assert (options.port, options.client_id, options.day_limit) == (9001, "abc", 9)
    assert options.redirect_uris[-1] == "https://c.example/"
    assert options.public_url == "https://exact.example"
    assert options.data == Path("books.db")
    assert from_environment({}).port == 8100


def exchange(port: int, data: bytes) -> bytes:
    """Send raw bytes and return everything that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(data)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
        return received


def test_a_connection_is_kept_for_the_next_request(running):
    request = b"GET /_sandbox/clock HTTP/1.1\r\nHost: localhost\r\n"
    answer = exchange(running.port, request + b"\r\n" + request + b"Connection: close\r\n\r\n")

    assert answer.count(b"HTTP/1.1 200") == 2


def test_a_chunked_body_is_read(running):
    answer = exchange(
        running.port,
        b"POST /_sandbox/clock HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"adv\r\n17\r\nance_seconds": 86400000\r\n'
        b"1\r\n}\r\n0\r\n\r\n",
    )

    assert b"HTTP/1.1 200" in answer
    assert b'"shift_seconds":86400000' in answer


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"Content-Length: x", b"400"),
        (b"Content-Length: 99999999999", b"413"),
        (b"Transfer-Encoding: chunked\r\n\r\nzz", b"400"),
    ],
)
def test_bad_framing_is_refused(running, headers, status):
    answer = exchange(running.port, b"POST / HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 " + status)


def test_many_clients_at_once_lose_nothing(running):
    client = ExactClient(running)
    bodies = [client.entry(YourRef=f"P-{number}") for number in range(40)]

    def book(part: list[Any]) -> None:
        with requests.Session() as http:
            http.headers.update(client.http.headers)
            for body in part:
                assert (
                    http.post(client.url("salesentry/SalesEntries"), json=body).status_code == 201
                )

    threads = [threading.Thread(target=book, args=(bodies[start::8],)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(row["your_ref"] for row in client.truth()) == sorted(
        f"P-{number}" for number in range(40)
    )
    assert len({row["entry_number"] for row in client.truth()}) == 40
    client.close()


def test_it_goes_on_when_the_system_gives_no_more_threads(running, monkeypatch):
    start = threading.Thread.start
    refused: list[threading.Thread] = []

    def refuse_once(thread: threading.Thread) -> None:
        if not refused:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_once)

    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(running.base_url, timeout=5)
    assert requests.get(running.base_url, timeout=5).status_code == 200


def test_it_starts_in_well_under_a_second():
    def start_seconds() -> float:
        started = time.monotonic()
        with running_sandbox() as running:
            requests.get(running.base_url, timeout=5)
            return time.monotonic() - started

    # Three tries: the machine may have been busy with something else.
    assert any(start_seconds() < 1 for _ in range(3))


def test_it_imports_nothing_of_the_product_nor_django():
    code = (
        "import sys, exact_sandbox.server, exact_sandbox.__main__\n"
        "print([n for n in sys.modules if n.split('.')[0] in "
        "('django', 'connector', 'integrations', 'invoices', 'payments')])"
    )

    shown = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert shown.stdout.strip() == "[]"


def test_anna_is_there():
    with running_sandbox(port=0) as running:
        client = ExactClient(running, ANNA)
        assert client.tokens["access_token"]
        client.close()


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        (["--port", "99999"], {}, "--port must be between 0 and 65535"),
        (["--workers", "0"], {}, "--workers must be at least 1"),
        (["--minute-limit", "-1"], {}, "--minute-limit must be at least 0"),
        (["--day-limit", "-1"], {}, "--day-limit must be at least 0"),
        (["--public-url", "exact.example"], {}, "--public-url is an address such as https://"),
        (["--country-host", "nl.localhost"], {}, "A country host is written as NL="),
        (["--country-host", "XX=nl.localhost"], {}, "A country host is written as NL="),
        ([], {"EXACT_SANDBOX_PORT": "http"}, "EXACT_SANDBOX_PORT must be a whole number"),
        ([], {"EXACT_SANDBOX_WORKERS": "0"}, "--workers must be at least 1"),
    ],
)
def test_options_that_make_no_sense_end_with_a_sentence(
    arguments, environment, sentence, monkeypatch, capsys
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit) as ended:
        read_options(arguments)

    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_port_0_of_the_environment_takes_a_free_port():
    assert from_environment({"EXACT_SANDBOX_PORT": "0"}).port == 0
    assert from_environment({}).port == 8100

"""The sandbox over https, for clients that take no http address."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import requests

from exact_sandbox.__main__ import main, read_options
from exact_sandbox.server import running_sandbox
from tests.certificates import make_certificate


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that a client may be told to trust, and its key."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


def test_with_a_certificate_it_speaks_https_and_says_so_in_its_addresses(certificate):
    file, key = certificate
    with running_sandbox(certificate=file, key=key) as running:
        answer = requests.get(f"{running.base_url}/api/v1/current/Me", verify=str(file), timeout=10)

        assert running.base_url == f"https://127.0.0.1:{running.port}"
        assert answer.status_code == 401


def test_a_client_that_never_finishes_its_handshake_holds_up_nobody(certificate):
    file, key = certificate
    with (
        running_sandbox(certificate=file, key=key) as running,
        socket.create_connection(("127.0.0.1", running.port)) as silent,
    ):
        silent.sendall(b"\x16")
        answer = requests.get(f"{running.base_url}/_sandbox/clock", verify=str(file), timeout=5)

        assert answer.status_code == 200


def test_plain_http_on_the_tls_port_ends_that_connection_only(certificate):
    file, key = certificate
    with running_sandbox(certificate=file, key=key) as running:
        with pytest.raises(requests.exceptions.RequestException):
            requests.get(f"http://127.0.0.1:{running.port}/", timeout=5)

        assert requests.get(running.base_url, verify=str(file), timeout=5).status_code == 200


def test_a_certificate_that_cannot_be_read_is_said_in_a_sentence(tmp_path, capsys):
    assert main(["--port", "0", "--certificate", str(tmp_path / "absent.pem")]) == 1

    assert "The certificate or its key cannot be used" in capsys.readouterr().err


def test_certificate_and_key_are_options_and_variables(monkeypatch):
    monkeypatch.setenv("EXACT_SANDBOX_CERTIFICATE", "c.pem")

    options = read_options(["--key", "k.pem"])

    assert (options.certificate, options.key) == (Path("c.pem"), Path("k.pem"))

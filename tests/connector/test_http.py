"""The one way out, against a raw loopback server that misbehaves (RELIABILITY B2 to B7, B13)."""

from __future__ import annotations

import gzip
import pickle
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connector import http
from connector.secrets import Secret

Script = Callable[[socket.socket], None]


def read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return received
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]):
                body += connection.recv(65536)
    return received


class Server:
    """A raw server: each connection it accepts is handled by the next script, and it remembers what it received."""

    def __init__(self, make_scripts: Callable[[Server], list[Script]]) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self.scripts = make_scripts(self)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/x"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        for script in self.scripts:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, suppress(OSError):
                script(connection)

    def close(self) -> None:
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes a waiting accept()
        self.listener.close()
        self.thread.join(timeout=5)

    def answers(self, raw: bytes, *, times: int = 1, then: Script | None = None) -> Script:
        def script(connection: socket.socket) -> None:
            for _ in range(times):
                self.requests.append(read_request(connection))
                connection.sendall(raw)
            if then is not None:
                then(connection)

        return script


def serving(make_scripts: Callable[[Server], list[Script]]) -> closing[Server]:
    return closing(Server(make_scripts))


@pytest.fixture
def outbound() -> Iterator[object]:
    with http.session() as opened:
        yield opened


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}"


def test_a_whole_answer_comes_back_as_a_small_object(outbound):
    with serving(lambda s: [s.answers(OK)]) as server:
        answer = http.send(outbound, "POST", server.url, headers={"X-A": "1"}, body=b"abc")

    assert (answer.status, answer.body, answer.content_type) == (200, b"{}", "application/json")
    assert answer.headers["content-length"] == "2"
    assert b"User-Agent: exact-connector/1" in server.requests[0]
    assert "{}" not in repr(answer)


def test_b5_a_refused_connection_or_unknown_host_is_not_sent(outbound):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(http.NotSent) as refused:
        http.send(outbound, "POST", f"http://127.0.0.1:{port}/", body=b"x")
    assert refused.value.reason == "connect"


def test_b5_an_unknown_host_is_not_sent(outbound, monkeypatch):
    def no_such_host(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    with pytest.raises(http.NotSent):
        http.send(outbound, "POST", "http://nowhere.invalid/", body=b"x")


def test_b6_a_server_that_fails_the_tls_handshake_is_not_sent(outbound):
    not_tls = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    with (
        serving(lambda s: [lambda c: c.sendall(not_tls)]) as server,
        pytest.raises(http.NotSent) as refused,
    ):
        http.send(outbound, "POST", server.url.replace("http:", "https:"), body=b"secret")
    assert refused.value.reason == "tls"


def test_b3_a_tls_handshake_that_never_ends_is_not_sent_at_the_deadline(outbound):
    with serving(lambda s: [lambda c: time.sleep(1.5)]) as server:
        started = time.monotonic()
        with pytest.raises(http.NotSent) as refused:
            http.send(
                outbound, "POST", server.url.replace("http:", "https:"), body=b"x", deadline=0.3
            )
    assert refused.value.reason == "deadline"
    assert time.monotonic() - started < 3


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def over_tls(certificate: Path, script: Script) -> Script:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def wrapped(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            script(secured)

    return wrapped


def test_b6_an_unknown_certificate_is_not_sent_to(outbound, certificate):
    with (
        serving(lambda s: [over_tls(certificate, s.answers(OK))]) as server,
        pytest.raises(http.NotSent) as refused,
    ):
        http.send(outbound, "POST", server.url.replace("http:", "https:"), body=b"secret")
    assert refused.value.reason == "tls"
    assert server.requests == []


def test_a_trusted_certificate_works_and_its_connection_is_used_again(certificate):
    with serving(lambda s: [over_tls(certificate, s.answers(OK, times=2))]) as server:
        with http.session(verify=str(certificate)) as trusting:
            for _ in range(2):
                answer = http.send(
                    trusting, "POST", server.url.replace("http:", "https:"), body=b"x"
                )
                assert answer.status == 200
        assert server.connections == 1
    assert len(server.requests) == 2


@pytest.mark.parametrize("before", [0, 1], ids=["new connection", "reused connection"])
def test_b3_a_slow_drip_over_tls_ends_at_the_total_deadline(certificate, before):
    slow = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n")
    with serving(
        lambda s: [over_tls(certificate, s.answers(OK, times=before, then=slow))]
    ) as server:
        url = server.url.replace("http:", "https:")
        with http.session(verify=str(certificate)) as trusting:
            for _ in range(before):
                http.send(trusting, "GET", url)
            started = time.monotonic()
            with pytest.raises(http.AnswerLost) as lost:
                http.send(trusting, "POST", url, body=b"x", read_timeout=5, deadline=0.4)
            took = time.monotonic() - started
    assert lost.value.reason == "deadline"
    assert 0.3 < took < 1.5


def test_b6_certificates_can_not_be_switched_off():
    with pytest.raises(ValueError, match="always verified"):
        http.session(verify=False)


def test_a7_a_server_that_takes_the_request_and_hangs_up_lost_the_answer(outbound):
    with serving(lambda s: [s.answers(b"")]) as server, pytest.raises(http.AnswerLost) as lost:
        http.send(outbound, "POST", server.url, body=b"x")
    assert lost.value.reason == "reset"
    assert server.connections == 1


def test_b4_a_reset_on_a_reused_connection_is_lost_and_never_sent_again(outbound):
    def first_good_then_reset(connection: socket.socket) -> None:
        read_request(connection)
        reset(connection)

    with serving(lambda s: [s.answers(OK, then=first_good_then_reset), s.answers(OK)]) as server:
        http.send(outbound, "GET", server.url)
        with pytest.raises(http.AnswerLost) as lost:
            http.send(outbound, "POST", server.url, body=b"x")
        connections = server.connections
    assert lost.value.reason == "reset"
    assert connections == 1


def test_b4_a_connection_seen_closed_before_writing_is_opened_anew(outbound):
    with serving(lambda s: [s.answers(OK), s.answers(OK)]) as server:
        http.send(outbound, "GET", server.url)
        time.sleep(0.1)
        assert http.send(outbound, "POST", server.url, body=b"x").status == 200
    assert len(server.requests) == 2


def hold(connection: socket.socket) -> None:
    connection.recv(1)  # keeps it open until the client closes it


def test_b4_a_connection_that_was_idle_too_long_is_not_written_to(outbound, monkeypatch):
    with serving(lambda s: [s.answers(OK, then=hold), s.answers(OK)]) as server:
        http.send(outbound, "GET", server.url)
        monkeypatch.setattr(http, "MAX_IDLE", 0)
        assert http.send(outbound, "POST", server.url, body=b"x").status == 200
    assert server.connections == 2


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
    ],
)
def test_b2_a_cut_or_broken_body_is_lost(outbound, raw):
    with serving(lambda s: [s.answers(raw)]) as server, pytest.raises(http.AnswerLost) as lost:
        http.send(outbound, "POST", server.url, body=b"x")
    assert lost.value.reason == "short_body"


def drip(head: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(head)
        for _ in range(60):
            connection.sendall(b"a")
            time.sleep(0.05)

    return script


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
    ],
    ids=["with a length", "until closed", "in the headers"],
)
def test_b3_a_slow_drip_ends_at_the_total_deadline(outbound, head):
    with serving(lambda s: [drip(head)]) as server:
        started = time.monotonic()
        with pytest.raises(http.AnswerLost) as lost:
            http.send(outbound, "POST", server.url, body=b"x", read_timeout=5, deadline=0.4)
        took = time.monotonic() - started
    assert lost.value.reason == "deadline"
    assert 0.3 < took < 1.5


def test_a7_silence_longer_than_the_read_time_out_is_lost(outbound):
    wait: Script = lambda connection: time.sleep(0.6)  # noqa: E731  # one use, read in place
    with (
        serving(lambda s: [s.answers(b"", then=wait)]) as server,
        pytest.raises(http.AnswerLost) as lost,
    ):
        http.send(outbound, "POST", server.url, body=b"x", read_timeout=0.2, deadline=5)
    assert lost.value.reason == "read_timeout"


def test_b13_a_compressed_bomb_is_cut_at_the_cap(outbound):
    bomb = gzip.compress(b"0" * 3_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with (
        serving(lambda s: [s.answers(head + bomb)]) as server,
        pytest.raises(http.AnswerLost) as lost,
    ):
        http.send(outbound, "GET", server.url, max_body_bytes=1_000_000)
    assert len(bomb) < 10_000
    assert lost.value.reason == "too_large"


def test_b13_packed_twice_it_is_cut_as_early(outbound):
    bomb = gzip.compress(gzip.compress(b"0" * 30_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(
        bomb
    )
    tracemalloc.start()
    with (
        serving(lambda s: [s.answers(head + bomb)]) as server,
        pytest.raises(http.AnswerLost) as lost,
    ):
        http.send(outbound, "GET", server.url, max_body_bytes=1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lost.value.reason == "too_large"
    assert peak < 10_000_000


_HEADS = (
    b"HTTP/1.1 abc OK\r\n\r\n",
    b"HTTP/1.1 -1 OK\r\n\r\n",
    b"HTTP/9.9 200 OK\r\n\r\n",
    b"hello",
    b"",
    b"HTTP/1.1 200 " + b"x" * 100_000 + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 200 + b"\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\nab",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\nab",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: " + b"gzip, " * 100 + b"gzip\r\n\r\nabc",
)


@pytest.mark.parametrize("raw", _HEADS, ids=range(len(_HEADS)))
def test_b2_whatever_comes_back_a_write_is_lost_and_nothing_else_is_raised(outbound, raw):
    with serving(lambda s: [s.answers(raw)]) as server, pytest.raises(http.AnswerLost):
        http.send(outbound, "POST", server.url, body=b"x", deadline=5)


def test_b7_a_redirect_is_returned_and_not_followed(outbound):
    raw = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with serving(lambda s: [s.answers(raw)]) as server:
        assert (
            http.send(outbound, "GET", server.url, headers={"Authorization": "Bearer t"}).status
            == 302
        )


def test_the_environment_and_cookies_change_nothing(outbound, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with_cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: lb=1\r\nContent-Length: 0\r\n\r\n"
    with serving(lambda s: [s.answers(with_cookie, times=2)]) as server:
        http.send(outbound, "GET", server.url)
        http.send(outbound, "GET", server.url)
    assert b"Cookie" not in server.requests[1]


def test_f7_a_hook_that_raises_stops_the_request_before_it_leaves(outbound, monkeypatch):
    def inside_a_transaction() -> None:
        raise RuntimeError("no calls inside a transaction")

    monkeypatch.setattr(http, "before_send", [inside_a_transaction])
    with (
        serving(lambda s: [s.answers(OK)]) as server,
        pytest.raises(RuntimeError, match="inside a transaction"),
    ):
        http.send(outbound, "GET", server.url)
    assert server.connections == 0


def test_a_secret_shows_itself_only_when_asked():
    token = Secret("tok-123")

    assert "tok-123" not in f"{token} {token!r} {token:>10} {[token]}"
    assert token.reveal() == "tok-123"
    assert token == Secret("tok-123")
    assert token != "tok-123"
    assert not Secret("")
    with pytest.raises(TypeError):
        pickle.dumps(token)


def test_the_way_out_and_the_exact_library_load_without_django():
    code = (
        "import sys, connector.http, integrations.exact.client, integrations.exact.oauth\n"
        "assert not [m for m in sys.modules if m.split('.')[0] == 'django']"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603  # our own two lines

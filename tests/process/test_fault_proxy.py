"""The proxy that breaks lines does what it says; otherwise what is proved with it would be worth nothing."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from connector.local import processes
from tests.torture.proxy import TcpProxy


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that sends back what it gets."""

    def answer(near: socket.socket) -> None:
        with near, contextlib.suppress(ConnectionError):
            while piece := near.recv(65536):
                near.sendall(piece)

    def serve() -> None:
        while True:
            try:
                near, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(near,), daemon=True).start()

    server = socket.create_server((processes.LOOPBACK, 0))
    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


@pytest.fixture
def proxy(echo: int) -> Iterator[TcpProxy]:
    with TcpProxy(echo) as running:
        yield running


def connect(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection((processes.LOOPBACK, proxy.port), timeout=1)


def echoed(line: socket.socket, text: bytes = b"hello") -> bytes:
    line.sendall(text)
    got = b""
    while len(got) < len(text) and (piece := line.recv(65536)):
        got += piece
    return got


def test_bytes_pass(proxy):
    with connect(proxy) as line:
        assert echoed(line) == b"hello"
        assert echoed(line, b"x" * 1_000_000) == b"x" * 1_000_000


def test_a_swallowed_line_stays_open_and_dead_and_a_new_one_works_after_mending(proxy):
    with connect(proxy) as old:
        assert echoed(old) == b"hello"
        proxy.swallow()
        with pytest.raises(TimeoutError):
            echoed(old)
        with connect(proxy) as meanwhile, pytest.raises(TimeoutError):
            echoed(meanwhile)

        proxy.mend()

        with pytest.raises(TimeoutError):
            echoed(old)
        with connect(proxy) as new:
            assert echoed(new) == b"hello"


def test_a_cut_resets_what_is_open_only(proxy):
    with connect(proxy) as line:
        assert echoed(line) == b"hello"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            line.recv(1)
    with connect(proxy) as line:
        assert echoed(line) == b"hello"


def test_refusing_and_listening_again(proxy):
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)

    proxy.mend()

    with connect(proxy) as line:
        assert echoed(line) == b"hello"


def test_delay_and_bandwidth(proxy):
    with connect(proxy) as line:
        proxy.delay = 0.1
        began = time.monotonic()
        assert echoed(line) == b"hello"
        assert time.monotonic() - began >= 0.2
        proxy.delay, proxy.bytes_per_second = 0.0, 20_000
        began = time.monotonic()
        assert len(echoed(line, b"x" * 4_000)) == 4_000
        assert time.monotonic() - began >= 0.2


def test_an_answer_is_cut_short(proxy):
    proxy.most_answered = 3
    with connect(proxy) as line:
        line.sendall(b"hello")
        assert line.recv(65536) == b"hel"
        with pytest.raises(ConnectionResetError):
            line.recv(1)

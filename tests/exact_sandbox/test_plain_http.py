"""HTTP as strangers speak it: old, hasty, slow, odd and malicious."""

from __future__ import annotations

import json
import re
import socket
import time

import pytest
from hypothesis import given, settings, strategies as st

from exact_sandbox.http import incoming
from exact_sandbox.http.head import BadMessage, read_head

OK = b"HTTP/1.1 200 OK"


def exchange(running, *pieces: bytes, half_close: bool = False) -> bytes:
    """Send pieces one after the other and return all that comes back until the connection ends."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=5) as connection:
        for piece in pieces:
            connection.sendall(piece)
            if len(pieces) > 1:
                time.sleep(0.002)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
        return received


def request(method: str = "GET", path: str = "/_sandbox/clock", *headers: str, body: bytes = b""):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


LAST = "Connection: close"


def test_requests_sent_ahead_are_answered_in_order(running):
    answer = exchange(
        running,
        request() + request("GET", "/_sandbox/nothing") + request("GET", "/_sandbox/log", LAST),
    )

    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"404", b"200"]


def test_a_request_may_come_byte_by_byte(running):
    whole = request(
        "POST", "/_sandbox/clock", LAST, "Content-Length: 22", body=b'{"advance_seconds": 5}'
    )

    assert exchange(running, *(whole[i : i + 1] for i in range(len(whole)))).startswith(OK)


def test_http_1_0_is_answered_and_closed(running):
    assert exchange(running, b"GET /_sandbox/clock HTTP/1.0\r\n\r\n").startswith(OK)


def test_http_1_0_may_ask_to_keep_the_connection(running):
    asked = b"GET /_sandbox/clock HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    answer = exchange(running, asked + request("GET", "/_sandbox/clock", LAST))

    assert answer.count(OK) == 2
    assert b"Connection: keep-alive" in answer


def test_head_is_answered_like_get_without_a_body(running, exact):
    token = exact.http.headers["Authorization"]
    asked = (
        "/api/v1/1000001/financial/Journals",
        f"Authorization: {token}",
        "Accept: application/json",
    )
    head = exchange(running, request("HEAD", *asked, LAST))
    whole = exchange(running, request("GET", *asked, LAST))

    assert head.startswith(OK)
    assert head.endswith(b"\r\n\r\n")
    length = next(line for line in whole.split(b"\r\n") if line.startswith(b"Content-Length"))
    assert length in head
    assert [row["method"] for row in running.sandbox.log.since(0)[-2:]] == ["HEAD", "GET"]


def test_a_client_that_asks_first_is_told_to_go_on(running):
    with socket.create_connection(("127.0.0.1", running.port), timeout=5) as connection:
        connection.sendall(
            request("POST", "/_sandbox/clock", "Content-Length: 22", "Expect: 100-continue", LAST)
        )
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b'{"advance_seconds": 5}')
        assert connection.recv(100).startswith(OK)


def test_chunks_may_have_extensions_and_trailers(running):
    body = b'6;x="y"\r\n{"adva\r\n11\r\nnce_seconds": 77}\r\n0\r\nDigest: none\r\n\r\n'
    answer = exchange(
        running, request("POST", "/_sandbox/clock", "Transfer-Encoding: chunked", LAST, body=body)
    )

    assert b'"shift_seconds":77' in answer


def test_an_absolute_address_and_bare_line_feeds_are_understood(running):
    asked = b"\r\n\nGET http://exact.example/_sandbox/clock?x#y HTTP/1.1\nHost: a\nConnection: close\n\n"

    assert exchange(running, asked).startswith(OK)


def test_a_client_that_only_says_goodbye_after_asking_gets_its_answer(running):
    assert exchange(running, request(), half_close=True).startswith(OK)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no host
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/3\r\nHost: a\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"G\x00T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nName : x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", 417),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 300 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 140_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"y" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /" + b"y" * 200_000, 414),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n99999999\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 5000, 400),
    ],
)
def test_what_is_no_http_is_refused_in_exacts_form(running, capfd, sent, status):
    answer = exchange(running, sent)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close" in head
    assert json.loads(body)["error"]["message"]["value"].endswith(".")
    assert capfd.readouterr().err == ""


def test_a_head_that_does_not_end_is_given_up(running, monkeypatch):
    monkeypatch.setattr(incoming, "HEAD_SECONDS", 0.1)

    assert exchange(running, b"GET / HTTP/1.1\r\nHost: ").startswith(b"HTTP/1.1 408 ")


def test_a_body_that_does_not_come_is_given_up(running, monkeypatch):
    monkeypatch.setattr(incoming, "BODY_SECONDS", 0.1)

    answer = exchange(running, request("POST", "/", "Content-Length: 5", body=b"x"))

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_an_idle_connection_is_closed_without_a_word(running, monkeypatch):
    monkeypatch.setattr(incoming, "IDLE_SECONDS", 0.1)

    assert exchange(running, b"") == b""


def test_a_client_that_hangs_up_in_the_middle_disturbs_nobody(running, capfd):
    for sent in (b"GET / HT", request("POST", "/", "Content-Length: 9", body=b"x"), request()):
        with socket.create_connection(("127.0.0.1", running.port)) as connection:
            connection.sendall(sent)

    assert exchange(running, request("GET", "/_sandbox/clock", LAST)).startswith(OK)
    assert capfd.readouterr().err == ""


def test_an_unknown_method_is_refused_by_the_api_not_the_server(exact):
    assert exact.call("BREW", "financial/Journals").status_code == 405


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_either_a_head_or_refused(data):
    try:
        head = read_head(data)
    except BadMessage:
        return
    assert head.path.startswith("/")
    assert head.length is None or head.length >= 0


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "PATCH"]),
    st.lists(
        st.sampled_from(
            [
                "Host: a",
                "Host:b",
                "Connection: close",
                "Content-Length: 3",
                "Content-Length: 3",
                "Transfer-Encoding: chunked",
                "Expect: 100-continue",
                "X-Y:",
                "X Y: z",
                "é: x",
            ]
        ),
        max_size=5,
    ),
)
def test_heads_with_odd_headers_are_either_clear_or_refused(method, lines):
    try:
        head = read_head("\r\n".join([f"{method} /x?y HTTP/1.1", *lines]).encode("latin-1"))
    except BadMessage:
        return
    named = [line.partition(":")[0] for line in lines]
    assert named.count("Host") == 1
    assert (head.length is None) == ("Transfer-Encoding" in named)
    assert not {"X Y", "é"} & set(named)

"""Takes requests off a socket, one after the other, with patience that ends."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable

from exact_sandbox.http.head import (
    END_OF_HEAD,
    MAX_BODY,
    MAX_HEAD,
    MAX_LINE,
    BadMessage,
    Head,
    read_head,
)

IDLE_SECONDS = 120  # between two requests
HEAD_SECONDS = 30  # for a whole head
BODY_SECONDS = 60  # for the next piece of a body
_PIECE = 256 * 1024
_MAX_CHUNK_LINE = 4_096
_MAX_TRAILERS = 100
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?")


class Gone(Exception):
    """The client closed the connection, or was silent too long between two requests."""


class Incoming:
    """The bytes a client sends; what came too early is kept for the next request."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray()

    def head(self) -> Head:
        """Return the head of the next request; raises BadMessage or Gone."""
        if not self._buffer:
            self._receive(IDLE_SECONDS)
        deadline = time.monotonic() + HEAD_SECONDS
        searched = 0
        while True:
            # Some clients end a body with a line too many.
            while self._buffer.startswith((b"\r", b"\n")):
                del self._buffer[:1]
            match = END_OF_HEAD.search(self._buffer, max(searched - 4, 0))
            if match and match.start() <= MAX_HEAD:
                data = bytes(self._buffer[: match.start()])
                del self._buffer[: match.end()]
                return read_head(data)
            searched = len(self._buffer)
            # First what tells more: how much came at once must not decide what is said.
            if searched > MAX_LINE and b"\n" not in self._buffer:
                raise BadMessage(414, "The request line is too long.")
            if searched > MAX_HEAD:
                raise BadMessage(431, "The head of the request is too long.")
            self._receive_in_time(deadline - time.monotonic())

    def body(self, head: Head, send_continue: Callable[[], None]) -> bytes:
        """Return the body of a request; raises BadMessage or Gone."""
        if head.awaits_continue and not self._buffer and head.length != 0:
            send_continue()
        return self._chunks() if head.length is None else self._exactly(head.length)

    def _chunks(self) -> bytes:
        body = bytearray()
        while True:
            match = _CHUNK_SIZE.fullmatch(self._line())
            if match is None:
                raise BadMessage(400, "A chunk of the body cannot be read.")
            size = int(match[1], 16)
            if len(body) + size > MAX_BODY:
                raise BadMessage(413, "The body is too large.")
            if size == 0:
                break
            body += self._exactly(size)
            if self._line():
                raise BadMessage(400, "A chunk of the body is longer than it says.")
        for _ in range(_MAX_TRAILERS):
            if not self._line():
                return bytes(body)
        raise BadMessage(431, "The body ends with too many lines.")

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > _MAX_CHUNK_LINE:
                raise BadMessage(400, "A chunk of the body cannot be read.")
            self._receive_in_time(BODY_SECONDS)
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.removesuffix(b"\r")

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._receive_in_time(BODY_SECONDS)
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _receive_in_time(self, seconds: float) -> None:
        """Receive more of a request that has begun; raises BadMessage when it takes too long."""
        try:
            self._receive(max(seconds, 0.001))
        except TimeoutError as error:
            raise BadMessage(408, "The rest of the request did not come.") from error

    def _receive(self, seconds: float) -> None:
        self._connection.settimeout(seconds)
        data = self._connection.recv(_PIECE)
        if not data:
            raise Gone
        self._buffer += data

"""The thinnest client there is, so that what is measured is the sandbox."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

WAIT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the body and how long it took, in milliseconds."""

    status: int
    body: bytes
    milliseconds: float

    def rows(self) -> list[dict[str, Any]]:
        """Return the records of a list."""
        rows: list[dict[str, Any]] = json.loads(self.body)["d"]["results"]
        return rows


class Client:
    """One connection that is kept open, with a bearer token."""

    def __init__(self, port: int, token: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._headers = (
            f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
            "Accept: application/json\r\nContent-Type: application/json\r\n"
        )

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def call(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Send a request and return the answer; raises OSError when the connection ends."""
        head = f"{method} {path} HTTP/1.1\r\n{self._headers}Content-Length: {len(body)}\r\n\r\n"
        started = time.perf_counter()
        self._socket.sendall(head.encode() + body)
        status, received = self._receive()
        return Answer(status, received, (time.perf_counter() - started) * 1000)

    def _receive(self) -> tuple[int, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        length = int((head.partition(b"Content-Length: ")[2] or b"0").split(b"\r\n")[0])
        pieces, missing = [body], length - len(body)
        while missing > 0:
            pieces.append(self._more())
            missing -= len(pieces[-1])
        return int(head[9:12]), b"".join(pieces)

    def _more(self) -> bytes:
        data = self._socket.recv(256 * 1024)
        if not data:
            raise ConnectionError("The sandbox closed the connection.")
        return data


def address(division: int, path: str, **options: str) -> str:
    """Return the path of a request with its query options, without their dollar."""
    query = urlencode({f"${name}": value for name, value in options.items()}, quote_via=quote)
    return f"/api/v1/{division}/{path}" + (f"?{query}" if query else "")

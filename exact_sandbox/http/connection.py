"""Serves one connection: request after request, until either side has had enough."""

from __future__ import annotations

import contextlib
import io
import json
import select
import socket
import struct
import sys
import time
import traceback
from email.utils import formatdate
from http.client import responses
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from werkzeug import Request, Response

from exact_sandbox.app import Reply
from exact_sandbox.errors import body as error_body
from exact_sandbox.http.head import BadMessage, Head
from exact_sandbox.http.incoming import Gone, Incoming

SEND_SECONDS = 120
DRIPS_A_SECOND = 200  # beyond that a drip is more than one byte
_CLIENT_GONE = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Handler(Protocol):
    """What answers requests: the app."""

    def handle(self, request: Request, client: Connection) -> Reply:
        """Return the reply to a request; never raises."""


class Connection:
    """A client at the other end of a socket."""

    def __init__(
        self, connection: socket.socket, address: str, environ: dict[str, Any], handler: Handler
    ) -> None:
        self._socket = connection
        self._address = address
        self._environ = environ  # what is the same for each request
        self._handler = handler
        self._incoming = Incoming(connection)
        self.busy = False

    def serve(self) -> None:
        """Answer requests until the connection ends; never raises."""
        try:
            while self._serve_one():
                pass
        except (Gone, OSError):
            pass  # a client that went away is no error of ours
        except Exception:  # noqa: BLE001 - one bad connection must not show a traceback to anyone else
            traceback.print_exc()
        finally:
            self.close()

    def close(self) -> None:
        """End the connection."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def interrupt(self) -> None:
        """Wake the thread that serves: its reads find the end."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def wait_until_gone(self, seconds: float) -> None:
        """Return once the client has closed the connection, or after so many seconds."""
        poll = select.poll()
        poll.register(self._socket, _CLIENT_GONE)
        poll.poll(seconds * 1000)

    def _serve_one(self) -> bool:
        """Answer a request and return whether there may be another."""
        try:
            head = self._incoming.head()
            self.busy = True
            body = self._incoming.body(head, lambda: self._send(_CONTINUE))
        except BadMessage as problem:
            self._refuse(problem)
            return False
        reply = self._handler.handle(Request(self._request_environ(head, body)), self)
        if reply.response is None:
            return False
        more = self._answer(head, reply.response, reply)
        self.busy = False
        return more

    def _request_environ(self, head: Head, body: bytes) -> dict[str, Any]:
        environ = {
            **self._environ,
            # To the app a HEAD is a GET whose body is not sent.
            "REQUEST_METHOD": "GET" if head.method == "HEAD" else head.method,
            "PATH_INFO": unquote_to_bytes(head.path.encode("latin-1")).decode("latin-1"),
            "QUERY_STRING": head.query,
            "SERVER_PROTOCOL": head.version,
            "REMOTE_ADDR": self._address,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "sandbox.head": head,
        }
        for name, value in head.headers:
            key = name.upper().replace("-", "_")
            if key == "CONTENT_TYPE":
                environ[key] = value
            elif key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING") and "_" not in name:
                key = f"HTTP_{key}"
                joint = "; " if key == "HTTP_COOKIE" else ","
                environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
        return environ

    def _answer(self, head: Head, response: Response, reply: Reply) -> bool:
        """Send an answer and return whether the connection stays open."""
        body = response.get_data()
        bodiless = response.status_code in (204, 304)
        stays = head.keeps_alive and not reply.ending
        lines = [f"HTTP/1.1 {_status(response.status_code)}"]
        lines += [
            f"{name}: {value}"
            for name, value in response.headers.items()
            if name.lower() != "content-length"
        ]
        lines.append(f"Date: {formatdate(usegmt=True)}")
        if not bodiless:
            lines.append(f"Content-Length: {len(body)}")
        if not stays:
            lines.append("Connection: close")
        elif head.version == "HTTP/1.0":
            lines.append("Connection: keep-alive")
        start = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        if bodiless or head.method == "HEAD":
            body = b""
        if reply.ending:
            self._send(start + body[: len(body) // 2])
            if reply.ending == "reset":
                self._reset()
        elif reply.drip_s and body:
            self._send(start)
            self._drip(body, reply.drip_s)
        else:
            self._send(start + body)
        return stays

    def _send(self, data: bytes) -> None:
        self._socket.settimeout(SEND_SECONDS)
        self._socket.sendall(data)

    def _drip(self, body: bytes, seconds: float) -> None:
        drips = min(len(body), max(int(seconds * DRIPS_A_SECOND), 1))
        size = -(-len(body) // drips)
        for start in range(0, len(body), size):
            time.sleep(seconds * size / len(body))
            self._send(body[start : start + size])

    def _reset(self) -> None:
        """Make closing the socket a reset, which throws away what the client has not read yet."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def _refuse(self, problem: BadMessage) -> None:
        """Answer a request that is no HTTP, and wait a moment so that the answer arrives."""
        body = json.dumps(error_body(problem.text)).encode()
        status = _status(problem.status)
        self._send(
            f"HTTP/1.1 {status}\r\nContent-Type: application/json; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode("latin-1")
            + body
        )
        # Closing with unread bytes would reset the connection before the client has the answer.
        self._socket.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + 1
        self._socket.settimeout(0.2)
        while time.monotonic() < deadline and self._socket.recv(65_536):
            pass


def _status(code: int) -> str:
    return f"{code} {responses.get(code, 'Unknown')}"


def fixed_environ(host: str, port: int, scheme: str) -> dict[str, Any]:
    """Return the part of a request's environment that is the same for all."""
    return {
        "SCRIPT_NAME": "",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "wsgi.url_scheme": scheme,
        "wsgi.errors": sys.stderr,
    }

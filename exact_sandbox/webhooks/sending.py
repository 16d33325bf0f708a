"""Makes the calls: one POST to the subscribed address, nothing followed, nothing else contacted."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
from urllib.parse import urlsplit

from exact_sandbox.webhooks.queue import Outcome

SCHEMES = frozenset({"http", "https"})
LONGEST_ANSWER = 64 * 1024
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class Caller:
    """Makes one call at a time; `stop` ends the one in progress."""

    def __init__(self) -> None:
        self._connection: http.client.HTTPConnection | None = None

    def post(self, url: str, body: str, timeout: float) -> Outcome:
        """POST a body to a callback and return how it ended; never raises.

        A redirect is no success and is not followed.
        """
        started = time.monotonic()
        answer, error = None, ""
        try:
            answer = self._exchange(url, body.encode(), timeout)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            error = f"{type(problem).__name__}: {problem}"
        finally:
            self._close()
        return Outcome(answer, error, round((time.monotonic() - started) * 1000))

    def stop(self) -> None:
        """End the call in progress, if there is one."""
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _exchange(self, url: str, body: bytes, timeout: float) -> int:
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise ValueError(f"{url} is no address of a callback.")
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(parts.hostname, parts.port, timeout=timeout)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Length": str(len(body)), "Content-Type": "application/json"}
        self._connection.request("POST", path, body=body, headers=headers)
        response = self._connection.getresponse()
        response.read(LONGEST_ANSWER)
        return response.status

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def is_callback(url: str, rule: str) -> bool:
    """Whether an address may be subscribed: `rule` is a position of the switch webhook_callback."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or any(character.isspace() or ord(character) < 32 for character in url):
        return False
    if parts.scheme == "https" or (parts.scheme == "http" and rule == "any"):
        return True
    return parts.scheme == "http" and rule == "https_or_local" and host in _LOCAL_HOSTS

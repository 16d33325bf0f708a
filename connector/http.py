"""The one way out: every outside HTTP call is opened here, with a total deadline, a size cap and no silent repeats.

A failure says which side of the line it lies on, because a write must never be repeated when the other side may
have executed it (RELIABILITY B2 to B7, B13):

    TransportError
    ├── NotSent      no byte of the request left this machine (DNS, connect, TLS): safe to try again
    └── AnswerLost   bytes left and no whole answer came back: for a write the outcome is unknown

Nothing is read from the environment: no proxy variables, no ``.netrc`` passwords, no replacement certificate
bundle. Where calls go must not depend on a variable somebody set for another program.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, Literal

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.retry import Retry

USER_AGENT = "exact-connector/1"
CONNECT_TIMEOUT = 10.0  # seconds
READ_TIMEOUT = (
    60.0  # seconds between two pieces of an answer; the total deadline is usually shorter
)
DEADLINE = 30.0  # seconds from the first look-up of the host to the last byte of the answer
MAX_BODY_BYTES = 8 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024

Reason = Literal["connect", "tls", "deadline", "read_timeout", "reset", "short_body", "too_large"]

before_send: list[Callable[[], None]] = []
"""Called before each request; one that raises stops it (installed at start, see RELIABILITY F7)."""


class TransportError(Exception):
    """No whole answer was received. ``reason`` is a short word for logs and counters."""

    def __init__(self, message: str, *, reason: Reason) -> None:
        super().__init__(message)
        self.reason: Reason = reason


class NotSent(TransportError):
    """Nothing left this machine, so the other side did nothing."""


class AnswerLost(TransportError):
    """The request may have reached the other side, and its answer did not reach us whole."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer, whatever its status. Body and address can hold personal data, so ``repr`` leaves them out."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = field(repr=False)

    @property
    def content_type(self) -> str:
        """The media type in lower case without its parameters; empty when the answer has none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


class _Flight:
    """One request on its way: whether bytes left, and the alarm that ends it at the deadline."""

    def __init__(self, deadline: float) -> None:
        self.wrote = False
        self.expired = False
        self._handle: socket.socket | None = None
        self._lock = threading.Lock()
        self._ends_at = time.monotonic() + deadline
        self._alarm = threading.Timer(deadline, self._expire)
        self._alarm.daemon = True

    def __enter__(self) -> _Flight:
        self._alarm.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._alarm.cancel()
        with self._lock:
            self._release()

    @property
    def is_over(self) -> bool:
        # The clock is read as well, so that a late alarm thread changes nothing.
        return self.expired or time.monotonic() >= self._ends_at

    def watch(self, sock: socket.socket) -> None:
        """Keep a second handle on the connection, which stays valid when TLS takes the first one over."""
        with self._lock:
            self._release()
            # Not sock.dup(): a TLS socket refuses it. Shutting this handle down ends the connection itself.
            self._handle = socket.socket(fileno=os.dup(sock.fileno()))
            if self.expired:
                self._shut_down()

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            self._shut_down()

    def _shut_down(self) -> None:
        if self._handle is not None:
            with suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)

    def _release(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


_flight: ContextVar[_Flight | None] = ContextVar("outbound_flight", default=None)


class _DeadlinePassed(OSError):
    """Raised inside the connection when the deadline passed before the first byte was written."""


class _Watched:
    """Mixed into a connection: reports its socket to the flight, and the moment the first byte is written."""

    sock: socket.socket | None

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]  # the connection class beside this mixin has it
        flight = _flight.get()
        if flight is not None:
            flight.watch(sock)
        return sock

    def send(self, data: Any) -> None:
        # http.client would connect inside send(); doing it first keeps "connected" and "wrote" apart.
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]  # the connection class beside this mixin has it
        flight = _flight.get()
        if flight is not None and not flight.wrote:
            if flight.is_over:
                raise _DeadlinePassed("deadline passed before the request was written")
            if self.sock is not None:
                flight.watch(self.sock)
            flight.wrote = True
        super().send(data)  # type: ignore[misc]  # as above


class _WatchedHTTPConnection(_Watched, HTTPConnection):
    pass


class _WatchedHTTPSConnection(_Watched, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPSConnection


class _Adapter(HTTPAdapter):
    def __init__(self) -> None:
        # No transport retries at all: repeating a request is the caller's decision (RELIABILITY B4).
        super().__init__(max_retries=Retry(total=0, connect=0, read=False, redirect=0, status=0))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


class Session(requests.Session):
    """What `session` returns: connections kept open for one worker."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        # A redirect is an answer like any other; looking for its target would also read its body without a cap.
        return None


def session(*, user_agent: str = USER_AGENT, verify: bool | str = True) -> Session:
    """Return a session that keeps connections open between calls of one worker.

    ``verify`` is True, or the path of a certificate bundle; it can not be switched off. Cookies are not kept, so
    one session may serve several customers. Not for use by two threads at once.
    """
    if not verify:
        raise ValueError(
            "Certificates are always verified; give the path of a bundle to trust another authority."
        )
    opened = Session()
    opened.trust_env = False
    opened.verify = verify
    opened.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    opened.headers["User-Agent"] = user_agent
    for scheme in ("https://", "http://"):
        opened.mount(scheme, _Adapter())
    return opened


def send(
    opened: Session,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
    deadline: float = DEADLINE,
    max_body_bytes: int = MAX_BODY_BYTES,
) -> Answer:
    """Send one request once and return its whole answer, whatever the status. Times are seconds.

    This function will raise `NotSent` when no byte left, and `AnswerLost` when one did and the answer did not
    come back whole, in time and within ``max_body_bytes`` (counted after decompression). Redirects are returned,
    never followed.
    """
    for check in before_send:
        check()
    with _Flight(deadline) as flight:
        token = _flight.set(flight)
        try:
            with opened.request(
                method,
                url,
                headers=dict(headers or {}),
                data=body,
                timeout=(min(connect_timeout, deadline), min(read_timeout, deadline)),
                allow_redirects=False,
                stream=True,
            ) as response:
                # From here on bytes left for certain, also when a test answered in place of the socket.
                flight.wrote = True
                content = _read(response, flight, max_body_bytes)
        except TransportError:
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _as_transport_error(error, flight, method, url) from error
        finally:
            _flight.reset(token)
    return Answer(
        status=response.status_code,
        headers=CaseInsensitiveDict(response.headers),
        body=content,
        url=url,
    )


def _read(response: requests.Response, flight: _Flight, max_body_bytes: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    for piece in response.iter_content(_CHUNK_BYTES):
        size += len(piece)
        if size > max_body_bytes:
            raise AnswerLost(
                f"The answer is larger than {max_body_bytes} bytes.", reason="too_large"
            )
        if flight.is_over:
            break
        pieces.append(piece)
    if flight.is_over:
        # The alarm ends the stream, which can look like a normal end when the answer gave no length.
        raise AnswerLost("The answer was not complete at the deadline.", reason="deadline")
    return b"".join(pieces)


def _as_transport_error(error: Exception, flight: _Flight, method: str, url: str) -> TransportError:
    where = f"{method} {url.partition('?')[0]}"
    if not flight.wrote:
        return NotSent(
            f"{where} was not sent: {type(error).__name__}", reason=_reason_not_sent(error, flight)
        )
    return AnswerLost(
        f"No whole answer to {where}: {type(error).__name__}", reason=_reason_lost(error, flight)
    )


def _reason_not_sent(error: Exception, flight: _Flight) -> Reason:
    if flight.is_over:
        return "deadline"
    return "tls" if isinstance(error, requests.exceptions.SSLError) else "connect"


def _reason_lost(error: Exception, flight: _Flight) -> Reason:
    if flight.is_over:
        return "deadline"
    if isinstance(error, requests.Timeout | TimeoutError | urllib3.exceptions.TimeoutError):
        return "read_timeout"
    if _mentions(error, urllib3.exceptions.ReadTimeoutError):
        return "read_timeout"
    if isinstance(
        error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError
    ):
        return "short_body"
    return "reset"


def _mentions(error: BaseException, kind: type[BaseException]) -> bool:
    return any(isinstance(argument, kind) for argument in error.args)

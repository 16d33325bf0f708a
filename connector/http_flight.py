"""One outgoing request on its way: whether bytes left, and the alarm that ends it at its deadline."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from connector.crash_points import crash_point, die, is_planned
from connector.public_addresses import AddressChoice, NotPublic


class Flight:
    """One request on its way; ``wrote`` turns true just before its first byte is written.

    ``addresses`` says to which addresses a connection to a name may be made; without it the system decides.
    """

    def __init__(self, deadline: float, addresses: AddressChoice | None = None) -> None:
        self.wrote = False
        self.expired = False
        self.refused = False
        self._addresses = addresses
        self._handle: socket.socket | None = None
        self._lock = threading.Lock()
        self._ends_at = time.monotonic() + deadline
        self._alarm = threading.Timer(deadline, self._expire)
        self._alarm.daemon = True

    def __enter__(self) -> Flight:
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
        """True when the deadline has passed."""
        # The clock is read as well, so that a late alarm thread changes nothing.
        return self.expired or time.monotonic() >= self._ends_at

    def choose(self, host: str, port: int) -> list[str]:
        """Return what to connect to for this host, or raise NotPublic when that is not allowed."""
        if self._addresses is None:
            return [host]
        try:
            return self._addresses(host, port)
        except NotPublic:
            self.refused = True
            raise

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


current_flight: ContextVar[Flight | None] = ContextVar("outboundcurrent_flight", default=None)


class _DeadlinePassed(OSError):
    """Raised inside the connection when the deadline passed before the first byte was written."""


class _Watched:
    """Mixed into a connection: reports its socket to the flight, and the moment the first byte is written."""

    sock: socket.socket | None
    port: int
    # What urllib3 connects to. The certificate is compared with the host's name, which this gives as well.
    _dns_host: str

    def _new_conn(self) -> socket.socket:
        flight = current_flight.get()
        if flight is None:
            return self._open()
        sock = self._open_one_of(flight)
        flight.watch(sock)
        return sock

    def _open(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]  # the connection class beside this mixin has it
        return sock

    def _open_one_of(self, flight: Flight) -> socket.socket:
        name = self._dns_host
        *others, last = flight.choose(name, self.port)
        try:
            for address in others:
                self._dns_host = address
                with suppress(OSError, HTTPError):
                    return self._open()
                if flight.is_over:
                    raise _DeadlinePassed("deadline passed before anything answered")
            self._dns_host = last
            return self._open()
        finally:
            self._dns_host = name

    def send(self, data: Any) -> None:
        # http.client would connect inside send(); doing it first keeps "connected" and "wrote" apart.
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]  # the connection class beside this mixin has it
        flight = current_flight.get()
        if flight is not None and not flight.wrote:
            if flight.is_over:
                raise _DeadlinePassed("deadline passed before the request was written")
            if self.sock is not None:
                flight.watch(self.sock)
            flight.wrote = True
            super().send(data)  # type: ignore[misc]  # as above
            return
        # What follows the head is the body.
        if is_planned("mid_send", data):
            super().send(data[: len(data) // 2])  # type: ignore[misc]  # as above
            die()
        super().send(data)  # type: ignore[misc]  # as above
        crash_point("after_send", data)


class _WatchedHTTPConnection(_Watched, HTTPConnection):
    pass


class _WatchedHTTPSConnection(_Watched, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPSConnection


class Adapter(HTTPAdapter):
    """Opens watched connections, and never repeats a request."""

    def __init__(self) -> None:
        # No transport retries at all: repeating a request is the caller's decision (RELIABILITY B4).
        super().__init__(max_retries=Retry(total=0, connect=0, read=False, redirect=0, status=0))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

"""Accepts connections and gives each a thread; can be told to stop."""

from __future__ import annotations

import os
import select
import signal
import socket
import ssl
import threading
import time

from exact_sandbox.http.connection import Connection, Handler, fixed_environ
from exact_sandbox.options import Options

BACKLOG = 512
GRACE_SECONDS = 1.0  # for answers that are on their way when it stops
HANDSHAKE_SECONDS = 30


def open_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=False)


def tls_context(options: Options) -> ssl.SSLContext | None:
    """Return what is needed to speak https; raises OSError when a file cannot be used."""
    if options.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(options.certificate, options.key)
    except OSError as error:
        raise OSError(f"The certificate or its key cannot be used: {error}") from error
    return context


class Listener:
    """Serves the connections of a listening socket, which other processes may share."""

    def __init__(
        self, listening: socket.socket, handler: Handler, tls: ssl.SSLContext | None
    ) -> None:
        self._listening = listening
        self._listening.setblocking(False)  # another process may be quicker
        self._handler = handler
        self._tls = tls
        self._open: set[Connection] = set()
        self._guard = threading.Lock()
        self._wake, self._waker = os.pipe()
        host, port = listening.getsockname()[:2]
        self._environ = fixed_environ(str(host), int(port), "https" if tls else "http")

    def serve(self, alive: int | None = None) -> None:
        """Accept connections until `stop` or `wake`, or until the pipe `alive` ends."""
        poll = select.poll()
        poll.register(self._listening, select.POLLIN)
        for pipe in (self._wake, alive):
            if pipe is not None:
                poll.register(pipe, select.POLLIN)
        while True:
            if any(ready != self._listening.fileno() for ready, _ in poll.poll()):
                return
            try:
                connection, address = self._listening.accept()
            except OSError:  # it went away again, or another process has it
                continue
            thread = threading.Thread(
                target=self._serve_connection, args=(connection, str(address[0])), daemon=True
            )
            try:
                thread.start()
            except RuntimeError:  # the system gives no more threads: hang up, but go on serving
                connection.close()

    def wake(self) -> None:
        """Have `serve` return."""
        os.write(self._waker, b"x")

    def wake_at_signals(self) -> None:
        """Have `serve` return at each signal that has a handler; only in the main thread.

        A handler alone runs too late when its signal comes just before the wait begins.
        """
        os.set_blocking(self._waker, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)

    def stop(self) -> None:
        """Accept no more; let answers that are on their way arrive, then end every connection."""
        self.wake()
        self._interrupt(idle_only=True)
        deadline = time.monotonic() + GRACE_SECONDS
        while self._open and time.monotonic() < deadline:
            time.sleep(0.005)
        self._interrupt(idle_only=False)

    def close(self) -> None:
        """Close the listening socket and what `serve` woke up by, once it has returned."""
        self._listening.close()
        os.close(self._wake)
        os.close(self._waker)

    def _interrupt(self, *, idle_only: bool) -> None:
        with self._guard:
            for connection in self._open:
                if not (idle_only and connection.busy):
                    connection.interrupt()

    def _serve_connection(self, plain: socket.socket, address: str) -> None:
        # Here, in the connection's own thread, so that a slow handshake holds up nobody.
        try:
            plain.settimeout(HANDSHAKE_SECONDS)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            encrypted = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
        except OSError:
            plain.close()
            return
        connection = Connection(encrypted, address, self._environ, self._handler)
        with self._guard:
            self._open.add(connection)
        try:
            connection.serve()
        finally:
            with self._guard:
                self._open.discard(connection)

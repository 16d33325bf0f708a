"""Speaks HTTP/1.1 with keep-alive, one thread a connection, and can let go of a socket abruptly."""

from __future__ import annotations

import contextlib
import io
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from werkzeug import Request, Response

from exact_sandbox.app import App
from exact_sandbox.options import Options, from_environment
from exact_sandbox.sandbox import Sandbox

IDLE_SECONDS = 120
MAX_BODY = 64 * 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    """Reads a request, has the app answer it, writes the answer."""

    protocol_version = "HTTP/1.1"
    server: Server
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            return
        reply = self.server.app.handle(Request(self._environ(body), shallow=False))
        if reply.response is None:
            self._drop()
        else:
            self._send(reply.response, cut=reply.cut)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _serve

    def _body(self) -> bytes | None:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunked_body()
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            self.send_error(413)
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def _chunked_body(self) -> bytes | None:
        pieces = []
        total = 0
        while True:
            try:
                size = int(self.rfile.readline(64).partition(b";")[0], 16)
            except ValueError:
                self.send_error(400)
                self.close_connection = True
                return None
            total += size
            if total > MAX_BODY:
                self.send_error(413)
                self.close_connection = True
                return None
            pieces.append(self.rfile.read(size))
            if size == 0:
                while self.rfile.readline(65_536).strip():
                    pass
                return b"".join(pieces)
            self.rfile.readline(8)

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.url_scheme": self.server.scheme,
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "CONTENT_LENGTH": str(len(body)),
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            if key == "CONTENT_TYPE":
                environ[key] = value
            elif key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):  # the body is read already
                environ[f"HTTP_{key}"] = value
        return environ

    def _send(self, response: Response, *, cut: bool) -> None:
        body = response.get_data()
        bodiless = response.status_code in (204, 304)
        lines = [f"HTTP/1.1 {response.status}"]
        lines += [
            f"{name}: {value}"
            for name, value in response.headers.items()
            if name.lower() != "content-length"
        ]
        lines.append(f"Date: {self.date_time_string()}")
        if not bodiless:
            lines.append(f"Content-Length: {len(body)}")
        if self.close_connection or cut:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        if self.command == "HEAD" or bodiless:
            body = b""
        self.wfile.write(head + (body[: len(body) // 2] if cut else body))
        if cut:
            self._drop()

    def _drop(self) -> None:
        """Close the socket the hard way: the client sees a reset, not an answer."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet: the log is at /_sandbox/log."""


class Server(ThreadingHTTPServer):
    """Listens, and knows its open connections so that it can stop at once."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, app: App, options: Options) -> None:
        self.app = app
        self.scheme = "https" if options.certificate else "http"
        self._tls = _tls_context(options)
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__((options.host, options.port), Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; the handshake waits for its thread, so a slow one holds up nobody."""
        connection, address = super().get_request()
        if self._tls is not None:
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection while it is open."""
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours; anything else is shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def disconnect_all(self) -> None:
        """Close every open connection."""
        with self._guard:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _tls_context(options: Options) -> ssl.SSLContext | None:
    """Return what is needed to speak https; raises OSError when a file cannot be used."""
    if options.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(options.certificate, options.key)
    except OSError as error:
        raise OSError(f"The certificate or its key cannot be used: {error}") from error
    return context


class RunningSandbox:
    """A sandbox that serves; `base_url` is its address, `sandbox` its state."""

    def __init__(self, options: Options) -> None:
        self.sandbox = Sandbox(options)
        self.app = App(self.sandbox)
        try:
            self._server = Server(self.app, options)
        except OSError:
            self.sandbox.close()
            raise
        self.port = int(self._server.server_address[1])
        self.base_url = options.public_url or f"{self._server.scheme}://{options.host}:{self.port}"
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def serve(self) -> None:
        """Serve until interrupted."""
        self._server.serve_forever(poll_interval=0.2)

    def stop(self) -> None:
        """Stop serving, end open connections and close the store."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.disconnect_all()
        self._server.server_close()
        self.app.close()
        self.sandbox.close()


@contextlib.contextmanager
def running_sandbox(
    port: int = 0,
    data: Path | str | None = None,
    **options: Any,
) -> Iterator[RunningSandbox]:
    """Run a sandbox over real HTTP for the length of a `with` block.

    `options` are the fields of Options: host, public_url, client_id, client_secret, redirect_uris,
    minute_limit, day_limit, certificate, key. Port 0 takes a free one; read it from `base_url`.
    """
    settings = replace(
        from_environment({}), port=port, data=Path(data) if data else None, **options
    )
    running = RunningSandbox(settings)
    running.start()
    try:
        yield running
    finally:
        running.stop()

"""Runs a sandbox: its state, its app and the socket they are reached by."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from exact_sandbox.app import App
from exact_sandbox.http.listener import Listener, open_socket, tls_context
from exact_sandbox.options import Options, from_environment
from exact_sandbox.sandbox import Sandbox


class RunningSandbox:
    """A sandbox that serves from this process; `base_url` is its address, `sandbox` its state."""

    def __init__(self, options: Options) -> None:
        tls = tls_context(options)
        listening = open_socket(options.host, options.port)
        try:
            self.sandbox = Sandbox(options)
        except BaseException:
            listening.close()
            raise
        self.app = App(self.sandbox)
        self.sandbox.webhooks.resume()
        self.port = int(listening.getsockname()[1])
        self.base_url = base_url(options, self.port)
        self._listener = Listener(listening, self.app, tls)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._thread = threading.Thread(target=self._listener.serve, daemon=True)
        self._thread.start()

    def serve(self) -> None:
        """Serve until a signal comes; only in the main thread."""
        self._listener.wake_at_signals()
        try:
            self._listener.serve()
        finally:
            signal.set_wakeup_fd(-1)

    def stop(self) -> None:
        """Stop serving, end open connections and close the store."""
        self.app.hurry()
        self._listener.stop()
        if self._thread is not None:
            self._thread.join()
        self._listener.close()
        self.app.close()
        self.sandbox.close()


def base_url(options: Options, port: int) -> str:
    """Return the address clients are told."""
    scheme = "https" if options.certificate else "http"
    return options.public_url or f"{scheme}://{options.host}:{port}"


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

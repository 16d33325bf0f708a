"""Serves from several processes that share one store: a parent that watches, and its workers.

The parent opens the socket and the store, forks the workers and then only waits for signals: it
passes on SIGTERM and SIGINT and puts another worker in the place of one that died.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from dataclasses import replace
from pathlib import Path

from exact_sandbox.app import App
from exact_sandbox.http.listener import Listener, open_socket, tls_context
from exact_sandbox.options import Options
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.server import base_url

STOP_SECONDS = 10  # for the workers to end by themselves
_ENDING = (signal.SIGTERM, signal.SIGINT)
_AWAITED = (*_ENDING, signal.SIGCHLD)
FASTEST_REPLACEMENT_SECONDS = 0.5  # a worker that cannot start must not keep the machine busy


class Workers:
    """A sandbox that serves from several processes; `base_url` is its address."""

    def __init__(self, options: Options) -> None:
        tls_context(options)  # a certificate that cannot be used is better said now
        self._listening = open_socket(options.host, options.port)
        self.base_url = base_url(options, int(self._listening.getsockname()[1]))
        self._folder = None if options.data else Path(tempfile.mkdtemp(prefix="exact-sandbox-"))
        if self._folder is not None:
            options = replace(options, data=self._folder / "books.sqlite3")
        self._options = options
        self._running: dict[int, float] = {}  # process id → when it was started
        self._alive, self._parent_end = os.pipe()  # ends for the workers when the parent is gone
        # SQLite's connections do not survive a fork, so the parent keeps none.
        Sandbox(options).close()
        # Signals are taken one by one in `serve`: a handler could run just before a wait and be missed.
        signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)  # what is ignored never waits
        signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)

    def serve(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        for _ in range(self._options.workers):
            self._start()
        while signal.sigwait(_AWAITED) not in _ENDING:
            self._replace_the_dead()

    def _start(self) -> None:
        process = os.fork()
        if process == 0:
            os.close(self._parent_end)
            # Whatever happens, a worker must not go on as a second parent.
            os._exit(_work(self._options, self._listening, self._alive))
        self._running[process] = time.monotonic()

    def _tell_workers(self) -> None:
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
                os.kill(process, signal.SIGTERM)

    def _replace_the_dead(self) -> None:
        for process, started in list(self._running.items()):
            ended, status = os.waitpid(process, os.WNOHANG)
            if not ended:
                continue
            del self._running[process]
            code = os.waitstatus_to_exitcode(status)
            sys.stderr.write(f"A worker ended ({code}); another starts.\n")
            time.sleep(max(0.0, started + FASTEST_REPLACEMENT_SECONDS - time.monotonic()))
            self._start()

    def stop(self) -> None:
        """End the workers, then clean up."""
        self._tell_workers()
        self._listening.close()
        os.close(self._alive)
        os.close(self._parent_end)
        deadline = time.monotonic() + STOP_SECONDS
        while self._running and time.monotonic() < deadline:
            self._running = {
                process: started
                for process, started in self._running.items()
                if os.waitpid(process, os.WNOHANG) == (0, 0)
            }
            time.sleep(0.01)
        for process in self._running:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _work(options: Options, listening: socket.socket, alive: int) -> int:
    """Serve as one of the workers, while the parent lives, and return the exit status."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent passes on what matters
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _AWAITED)
        sandbox = Sandbox(options, joining=True)
        app = App(sandbox)
        listener = Listener(listening, app, tls_context(options))
        listener.wake_at_signals()
        signal.signal(signal.SIGTERM, lambda _signal, _frame: None)
        sandbox.webhooks.resume()
        listener.serve(alive)
        app.hurry()
        listener.stop()
        app.close()
        sandbox.close()
    except Exception:  # noqa: BLE001 - the last frame of a process: there is nobody to tell but stderr
        traceback.print_exc()
        return 1
    return 0

"""Serves from several processes that share one store: a parent that watches, and its workers.

The parent opens the socket and the store, forks the workers and does nothing else: it passes on
SIGTERM and SIGINT and puts another worker in the place of one that died.
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
from types import FrameType

from exact_sandbox.app import App
from exact_sandbox.http.listener import Listener, open_socket, tls_context
from exact_sandbox.options import Options
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.server import base_url

STOP_SECONDS = 10  # for the workers to end by themselves
_ENDING = (signal.SIGTERM, signal.SIGINT)
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
        self._stopping = False
        # SQLite's connections do not survive a fork, so the parent keeps none.
        Sandbox(options).close()
        for name in _ENDING:
            signal.signal(name, self._told_to_stop)

    def serve(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        for _ in range(self._options.workers):
            self._start()
        while not self._stopping:
            self._replace_the_dead()

    def _start(self) -> None:
        # A signal in between would miss the new worker, or reach it while it is still a parent.
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        process = os.fork()
        if process == 0:
            os.close(self._parent_end)
            # Whatever happens, a worker must not go on as a second parent.
            os._exit(_work(self._options, self._listening, self._alive))
        self._running[process] = time.monotonic()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)

    def _told_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True
        self._tell_workers()

    def _tell_workers(self) -> None:
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
                os.kill(process, signal.SIGTERM)

    def _replace_the_dead(self) -> None:
        try:
            process, status = os.wait()
        except ChildProcessError:
            return
        started = self._running.pop(process, time.monotonic())
        if self._stopping:
            return
        sys.stderr.write(f"A worker ended ({os.waitstatus_to_exitcode(status)}); another starts.\n")
        time.sleep(max(0.0, started + FASTEST_REPLACEMENT_SECONDS - time.monotonic()))
        if not self._stopping:
            self._start()

    def stop(self) -> None:
        """End the workers, then clean up."""
        self._tell_workers()  # also those that were started while the signal came
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
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        sandbox = Sandbox(options, joining=True)
        app = App(sandbox)
        listener = Listener(listening, app, tls_context(options))
        signal.signal(signal.SIGTERM, lambda _signal, _frame: listener.wake())
        listener.serve(alive)
        app.hurry()
        listener.stop()
        app.close()
        sandbox.close()
    except Exception:  # noqa: BLE001 - the last frame of a process: there is nobody to tell but stderr
        traceback.print_exc()
        return 1
    return 0

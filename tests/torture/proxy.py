"""A TCP proxy that breaks the line on purpose: before Valkey, PostgreSQL or the sandbox, controlled from the test."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Self

from connector.local import processes

_PIECE = 64 * 1024
_TICK = 0.05  # seconds in which a change of the line is noticed


class _Line:
    """One connection through the proxy. Once it was swallowed it stays dead, as after a router forgot it."""

    def __init__(self, near: socket.socket, *, is_dead: bool) -> None:
        self.sides = [near]
        self.is_dead = is_dead
        self.is_over = False
        self.is_cut = False
        self._pumps = 0
        self._lock = threading.Lock()

    def cut(self) -> None:
        """End it with a reset, within a tick."""
        self.is_cut = self.is_over = True

    def enter(self) -> None:
        """Another pump runs."""
        with self._lock:
            self._pumps += 1

    def leave(self) -> bool:
        """A pump has ended; with the last one the sockets are closed. True when it was the last."""
        with self._lock:
            self._pumps -= 1
            if self._pumps:
                return False
        for side in self.sides:
            if self.is_cut:
                # Closed with this set, the other side gets a reset instead of an orderly end.
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            side.close()
        return True


class TcpProxy:
    """Listens on a port of its own and passes on what comes, until it is told otherwise.

    Threads, so that it works beside blocking tests; each change counts for open connections and for new ones.
    """

    def __init__(self, target_port: int) -> None:
        self.target = (processes.LOOPBACK, target_port)
        self.port = processes.free_port()
        self.delay = 0.0  # seconds before each piece goes on
        self.bytes_per_second = 0  # 0: no limit
        self.most_answered: int | None = None  # bytes of answers after which a new line is cut
        self._swallows = False
        self._lines: set[_Line] = set()
        self._listener: socket.socket | None = None

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.refuse()

    # --- What a test may do to the line ---

    def mend(self) -> None:
        """Everything passes again; what was swallowed stays lost, and its connections stay dead."""
        self.delay, self.bytes_per_second, self.most_answered = 0.0, 0, None
        self._swallows = False
        if self._listener is None:
            self._listen()

    def swallow(self) -> None:
        """Half-open: connections stay open and new ones are accepted, but no byte arrives anywhere any more."""
        self._swallows = True
        for line in list(self._lines):
            line.is_dead = True

    def cut(self) -> None:
        """Reset every open connection, and return when that is done; new ones pass."""
        open_lines = set(self._lines)
        for line in open_lines:
            line.cut()
        end = time.monotonic() + 1
        while open_lines & self._lines and time.monotonic() < end:
            time.sleep(0.01)

    def refuse(self) -> None:
        """Nobody listens any more, and what was open is reset."""
        if self._listener is not None:
            listener, self._listener = self._listener, None
            # Closing alone would not wake the thread that waits in accept().
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    # --- How it works ---

    def _listen(self) -> None:
        self._listener = socket.create_server((processes.LOOPBACK, self.port), backlog=200)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            line = _Line(near, is_dead=self._swallows)
            self._lines.add(line)
            line.enter()
            threading.Thread(target=self._carry, args=(line, near), daemon=True).start()

    def _carry(self, line: _Line, near: socket.socket) -> None:
        if line.is_dead:
            self._pump(line, near, None)
            return
        try:
            far = socket.create_connection(self.target, timeout=10)
        except OSError:
            line.cut()
            self._end(line)
            return
        line.sides.append(far)
        line.enter()
        answers = {"most": self.most_answered}
        threading.Thread(
            target=self._pump, args=(line, far, near), kwargs=answers, daemon=True
        ).start()
        self._pump(line, near, far)

    def _pump(
        self,
        line: _Line,
        source: socket.socket,
        sink: socket.socket | None,
        most: int | None = None,
    ) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while not line.is_over:
                if not select.select([source], [], [], _TICK)[0]:
                    continue
                piece = source.recv(512 if self.bytes_per_second else _PIECE)
                if not piece:
                    break
                self._slow_down(len(piece))
                if line.is_dead or sink is None:
                    continue
                piece = piece if most is None else piece[: most - passed]
                sink.sendall(piece)
                passed += len(piece)
                if passed == most:
                    line.cut()
        # Of a dead line the one side may go, and the other never learns it.
        line.is_over = line.is_over or not line.is_dead or sink is None
        self._end(line)

    def _slow_down(self, size: int) -> None:
        time.sleep(self.delay + (size / self.bytes_per_second if self.bytes_per_second else 0))

    def _end(self, line: _Line) -> None:
        if line.leave():
            self._lines.discard(line)

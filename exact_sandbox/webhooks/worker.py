"""Sends deliveries from a thread that lives only while there is something to send."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

from exact_sandbox.webhooks import queue
from exact_sandbox.webhooks.events import collect
from exact_sandbox.webhooks.sending import Caller

if TYPE_CHECKING:
    from exact_sandbox.sandbox import Sandbox

LONGEST_WAIT = 1.0  # seconds between looks at a clock that another process may have moved
STOP_SECONDS = 5.0
MOST_AT_ONCE = 10_000
AUTOMATIC = "automatic"


class Webhooks:
    """The webhooks of one sandbox process; what is to be sent is in the store, shared by all."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._woken = self._stopping = self._queued = False
        self._automatic = self._is_automatic()  # as of the last change seen
        self._caller = Caller()
        sandbox.database.before_commit.append(self._collect)
        sandbox.database.after_commit.append(self._committed)
        sandbox.database.watch(self._look_at_switch)

    def resume(self) -> None:
        """Go on with what an earlier process left in the queue, or with what a moved clock made due."""
        if (
            queue.seconds_until_next(self._sandbox.database, self._sandbox.clock.seconds())
            is not None
        ):
            self.wake()

    def wake(self) -> None:
        """Have the queue looked at: something was added, or the clock was moved."""
        with self._condition:
            if self._stopping or not self._is_automatic():
                return
            self._woken = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
                self._thread.start()
            self._condition.notify()

    def queued(self) -> None:
        """Have the thread started once the transaction in hand is kept."""
        self._queued = True

    def deliver_now(self) -> list[int]:
        """Try every delivery that waits, due or not, once; return their ids in the order tried.

        What the tries queue anew or put off is left for later.
        """
        sandbox = self._sandbox
        caller = Caller()
        waiting = queue.waiting(sandbox.database, due_by=None, limit=MOST_AT_ONCE)
        return [each for each in waiting if self._try(each, caller)]

    def stop(self) -> None:
        """End the thread and the call it may be making."""
        with self._condition:
            self._stopping = True
            self._condition.notify()
            thread = self._thread
        self._caller.stop()
        if thread is not None:
            thread.join(STOP_SECONDS)

    def _collect(self) -> None:
        sandbox = self._sandbox
        self._queued |= collect(sandbox.database, sandbox.clock, sandbox.switches)

    def _committed(self) -> None:
        held = not self._automatic
        self._look_at_switch()
        # What the switch held goes now, whichever process it was queued by.
        if self._queued or (held and self._automatic):
            self._queued = False
            self.wake()

    def _look_at_switch(self) -> None:
        self._automatic = self._is_automatic()

    def _is_automatic(self) -> bool:
        return bool(self._sandbox.switches["webhook_delivery"] == AUTOMATIC)

    def _run(self) -> None:
        try:
            while self._next():
                pass
        except sqlite3.Error:
            if not self._stopping:  # else the store was closed under a call that took long
                raise
        finally:
            with self._condition:
                if self._thread is threading.current_thread():
                    self._thread = None

    def _next(self) -> bool:
        """Try what is due, or wait; return False when nothing is left."""
        sandbox = self._sandbox
        sandbox.refresh()
        if self._stopping or not self._is_automatic():
            return self._rest(None)
        now = sandbox.clock.seconds()
        due = queue.waiting(sandbox.database, due_by=now, limit=1)
        if due:
            self._try(due[0], self._caller)
            return True
        return self._rest(queue.seconds_until_next(sandbox.database, now))

    def _rest(self, wait: float | None) -> bool:
        """Wait for the next delivery; return False, and let the thread end, when none is left."""
        with self._condition:
            if self._woken:
                self._woken = False
                return True
            if wait is None or self._stopping:
                self._thread = None
                return False
            self._condition.wait(min(wait, LONGEST_WAIT))
            return True

    def _try(self, delivery_id: int, caller: Caller) -> bool:
        """Make one call, unless another process is making it."""
        sandbox = self._sandbox
        delivery = queue.claim(sandbox.database, sandbox.switches, delivery_id)
        if delivery is None:
            return False
        timeout = float(sandbox.switches["webhook_timeout_seconds"])
        outcome = caller.post(delivery["url"], delivery["body"], timeout)
        if not self._stopping:
            now = sandbox.clock.seconds()
            queue.report(sandbox.database, sandbox.switches, delivery, outcome, now)
        return True

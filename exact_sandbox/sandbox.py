"""The state of one running sandbox: its store, clock, switches, faults, limits and log."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from exact_sandbox.applications import register_from_options
from exact_sandbox.clock import Clock
from exact_sandbox.database import Database
from exact_sandbox.error_velocity import ErrorVelocity
from exact_sandbox.faults import Faults
from exact_sandbox.hosts import country_hosts
from exact_sandbox.limits import Limits
from exact_sandbox.options import Options
from exact_sandbox.request_log import RequestLog
from exact_sandbox.schema import state_tables
from exact_sandbox.seed.load import load
from exact_sandbox.sessions import Sessions
from exact_sandbox.store import Store
from exact_sandbox.switches import Switches
from exact_sandbox.webhooks.worker import Webhooks


class Sandbox:
    """Everything one sandbox knows; all of it is in `database` and, what is short-lived, in `state`.

    Whoever holds the lock of `state` never waits for that of `database`; the other way round is fine.
    `joining` is for a process beside others: it takes the store as it is.
    """

    def __init__(self, options: Options, *, joining: bool = False) -> None:
        self.options = options
        self._began_at = time.monotonic()
        self.hosts = country_hosts(options.country_hosts)
        self.public_url = options.public_url
        self.clock = Clock()
        self.database = Database(options.data, self.clock)
        self.state = Store(state_path(options.data), state_tables(), durable=False)
        self.switches = Switches(self.database, started=limits_of(options))
        self.faults = Faults(self.state)
        self.limits = Limits(self.database, self.state, self.clock, self.switches)
        self.error_velocity = ErrorVelocity(self.state, self.clock, self.switches)
        self.log = RequestLog(self.state)
        self.sessions = Sessions(self.database)
        self._load_clock()
        self.database.watch(self._load_clock)
        if not joining:
            self._begin()
        self.webhooks = Webhooks(self)

    def _begin(self) -> None:
        with self.database.transaction():
            if not self.database.setting("seeded"):
                load(self.database)
            register_from_options(self.database, self.options)
            # What is asked for at the start counts, whatever a file remembers.
            for name in limits_of(self.options):
                self.switches.reset(name)

    def refresh(self) -> None:
        """Notice what other processes have changed; called as each request begins."""
        self.database.refresh()

    def uptime_seconds(self) -> float:
        """Return how long this process has known the sandbox, in real time."""
        return time.monotonic() - self._began_at

    # The clock.

    def _load_clock(self) -> None:
        self.clock.shift_seconds = float(self.database.setting("clock_shift", "0"))
        frozen_at = self.database.setting("clock_frozen_at")
        self.clock.frozen_at = float(frozen_at) if frozen_at else None

    def _keep_clock(self) -> None:
        frozen_at = self.clock.frozen_at
        self.database.set_setting("clock_shift", repr(self.clock.shift_seconds))
        self.database.set_setting("clock_frozen_at", "" if frozen_at is None else repr(frozen_at))
        self.webhooks.resume()

    def advance_clock(self, seconds: float) -> None:
        """Move the clock, back with a negative number; raises ClockError."""
        self.clock.advance(seconds)
        self._keep_clock()

    def set_clock(self, moment: datetime) -> None:
        """Put the clock at a moment; raises ClockError."""
        self.clock.set(moment)
        self._keep_clock()

    def freeze_clock(self, frozen: bool) -> None:
        """Stop the clock, or let it run on from where it stands."""
        self.clock.freeze(frozen)
        self._keep_clock()

    # The end.

    @property
    def resets(self) -> int:
        """How often the sandbox was put back; what was ordered before the last time is void."""
        return self.database.counter("resets")

    def reset(self) -> None:
        """Go back to the seed: books, users, tokens, switches, faults, limits, clock and log."""
        with self.database.transaction():
            self.database.set_counter("resets", self.resets + 1)
            self.database.clear()
            load(self.database)
            register_from_options(self.database, self.options)
            self.switches.load()
            self._load_clock()
            with self.state.transaction():
                self.state.clear()

    def close(self) -> None:
        """Stop sending webhooks and close the stores."""
        self.webhooks.stop()
        self.database.close()
        self.state.close()


def limits_of(options: Options) -> dict[str, int]:
    """Return the limits the sandbox is started with; those not named are Exact's."""
    named = {"minute_limit": options.minute_limit, "day_limit": options.day_limit}
    return {name: value for name, value in named.items() if value is not None}


def state_path(data: Path | None) -> Path | None:
    """Return the file of the short-lived state that belongs to a data file."""
    return None if data is None else data.with_name(f"{data.name}-state")

"""The state of one running sandbox: its store, clock, switches, faults, limits and log."""

from __future__ import annotations

from exact_sandbox.applications import register_from_options
from exact_sandbox.clock import Clock
from exact_sandbox.database import Database
from exact_sandbox.faults import Faults
from exact_sandbox.limits import Limits
from exact_sandbox.options import Options
from exact_sandbox.request_log import RequestLog
from exact_sandbox.seed.load import load
from exact_sandbox.switches import Switches


class Sandbox:
    """Everything one sandbox knows."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.clock = Clock()
        self.switches = Switches()
        self.database = Database(options.data, self.clock)
        self.clock.shift_seconds = float(self.database.setting("clock_shift", "0"))
        self.faults = Faults()
        self.limits = Limits(self.clock, self.switches)
        self.log = RequestLog()
        self.sessions: dict[str, str] = {}  # browser session → user id
        self.public_url = options.public_url
        self._set_limits()
        if not self.database.setting("seeded"):
            load(self.database)
        register_from_options(self.database, options)

    def _set_limits(self) -> None:
        for name in ("minute_limit", "day_limit"):
            value = getattr(self.options, name)
            if value is not None:
                self.switches.set(name, value)

    def advance_clock(self, seconds: float) -> None:
        """Move the clock; a sandbox with a data file keeps the shift."""
        self.clock.advance(seconds)
        self.database.set_setting("clock_shift", str(self.clock.shift_seconds))

    def reset(self) -> None:
        """Go back to the seed: books, users, tokens, switches, faults, limits, clock and log."""
        self.faults.clear()
        self.switches.reset()
        self._set_limits()
        self.limits.reset()
        self.log.clear()
        self.sessions.clear()
        self.clock.shift_seconds = 0.0
        with self.database.transaction():
            self.database.clear()
            load(self.database)
            register_from_options(self.database, self.options)

    def close(self) -> None:
        """Close the store."""
        self.database.close()

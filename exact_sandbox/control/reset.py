"""Back to the seed."""

from __future__ import annotations

from exact_sandbox.control.routes import Call, Route, Subject


def _reset(call: Call) -> None:
    call.sandbox.reset()


SUBJECT = Subject(
    "reset",
    "Back to how a fresh sandbox starts.",
    (
        Route(
            "POST",
            "/_sandbox/reset",
            _reset,
            "Put books, users, tokens, switches, faults, limits, clock and log back to the seed; "
            "rowversions go on counting.",
        ),
    ),
)

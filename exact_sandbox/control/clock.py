"""The clock that dates, limits and tokens follow."""

from __future__ import annotations

from datetime import datetime

from exact_sandbox.clock import ClockError
from exact_sandbox.control.routes import (
    Call,
    ControlError,
    Route,
    Subject,
    fields,
    number,
    ref,
    text,
    yes_no,
)

_FAR = 10**10  # seconds: three centuries


def _show(call: Call) -> dict[str, object]:
    clock = call.sandbox.clock
    return {
        "now": clock.now().isoformat(),
        "shift_seconds": clock.ahead_seconds(),
        "frozen": clock.frozen_at is not None,
    }


def _move(call: Call) -> dict[str, object]:
    if not call.body:
        raise ControlError("Say advance_seconds, set or frozen.")
    # Stopped or let go first, so that a moment named with it is met exactly.
    if "frozen" in call.body:
        call.sandbox.freeze_clock(call.body["frozen"])
    if "set" in call.body:
        try:
            moment = datetime.fromisoformat(call.body["set"])
        except ValueError as error:
            raise ControlError("set must be a moment such as 2026-12-31T23:59:50Z.") from error
        call.sandbox.set_clock(moment)
    if "advance_seconds" in call.body:
        call.sandbox.advance_clock(float(call.body["advance_seconds"]))
    return _show(call)


SUBJECT = Subject(
    "clock",
    "The clock that dates, limits and tokens follow.",
    (
        Route("GET", "/_sandbox/clock", _show, "What time it is", response=ref("Clock")),
        Route(
            "POST",
            "/_sandbox/clock",
            _move,
            "Move the clock forward, or back with a negative number; put it at a moment; stop it "
            "or let it run on",
            request=fields(
                advance_seconds=number("Seconds to move by.", minimum=-_FAR, maximum=_FAR),
                set=text("A moment to put it at; without a time zone it is UTC."),
                frozen=yes_no("Whether it stands still."),
            ),
            response=ref("Clock"),
            example={"advance_seconds": 600},
        ),
    ),
    schemas={
        "Clock": fields(
            "now shift_seconds frozen",
            now=text("The sandbox's time, UTC, with its zone."),
            shift_seconds=number("How far it is ahead of the real time, in seconds."),
            frozen=yes_no("Whether it stands still."),
        ),
    },
    refusals=(ClockError,),
)

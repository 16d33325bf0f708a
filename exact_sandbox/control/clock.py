"""The clock that dates, limits and tokens follow."""

from __future__ import annotations

from exact_sandbox.control.routes import Call, Route, Subject, fields, number, ref, text

_FAR = 10**10  # seconds: three centuries


def _show(call: Call) -> dict[str, object]:
    clock = call.sandbox.clock
    return {"now": clock.now().isoformat(), "shift_seconds": clock.shift_seconds}


def _advance(call: Call) -> dict[str, object]:
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
            _advance,
            "Move the clock forward, or back with a negative number",
            request=fields(
                "advance_seconds",
                advance_seconds=number("Seconds to move by.", minimum=-_FAR, maximum=_FAR),
            ),
            response=ref("Clock"),
            example={"advance_seconds": 600},
        ),
    ),
    schemas={
        "Clock": fields(
            "now shift_seconds",
            now=text("The sandbox's time, UTC, without a time zone."),
            shift_seconds=number("How far it is ahead of the real time, in seconds."),
        ),
    },
)

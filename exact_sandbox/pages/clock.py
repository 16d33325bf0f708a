"""The clock: move it, so that limits, tokens and due dates pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from exact_sandbox.clock import ClockError
from exact_sandbox.pages.layout import shift_in_words
from exact_sandbox.pages.page import Done, Form, Page, Refused, Screen, Visit
from exact_sandbox.pages.parts import button, card, facts, field, form, join, tag

_STEPS = {
    "minute": ("A minute on", 60),
    "ten-minutes": ("Ten minutes on", 600),
    "hour": ("An hour on", 3_600),
    "day": ("A day on", 86_400),
    "month": ("31 days on", 31 * 86_400),
}
_TO = {
    "next-minute": "To the next minute",
    "midnight": "To the next midnight (UTC)",
    "now": "Back to the real time",
}
_LONGEST = 11  # characters: three centuries, either way


def show(visit: Visit) -> Screen:
    """Return what time it is and the ways to move it."""
    clock = visit.sandbox.clock
    shift = clock.ahead_seconds()
    frozen = clock.frozen_at is not None
    content = join(
        Markup("<h1>Clock</h1>"),
        Markup(
            '<p class="lead">Dates, call limits and tokens follow this clock: calls a minute and a day '
            "come free again, access tokens live ten minutes, refresh tokens thirty days.</p>"
        ),
        card(
            "Now",
            facts(
                [
                    ("The sandbox's time (UTC)", clock.now().strftime("%Y-%m-%d %H:%M:%S")),
                    ("The real time (UTC)", datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")),
                    ("Difference", shift_in_words(shift) if shift else "none"),
                    ("State", tag("stands still", "warn") if frozen else tag("runs", "good")),
                ]
            ),
        ),
        card(
            "Move it",
            form(
                "/clock",
                *(button(text, name="step", value=step) for step, (text, _) in _STEPS.items()),
                Markup("<br>"),
                button(
                    "Let it run on" if frozen else "Stop it",
                    name="step",
                    value="run" if frozen else "stop",
                    kind="plain",
                ),
                *(
                    button(text, name="step", value=step, kind="plain")
                    for step, text in _TO.items()
                ),
            ),
            form(
                "/clock",
                field(
                    "Or by so many seconds",
                    "seconds",
                    visit.form.get("seconds", ""),
                    more='inputmode="numeric" autocomplete="off"',
                ),
                button("Move"),
                kind="row",
            ),
        ),
    )
    return Screen("Clock", content, "/clock")


def move(visit: Visit) -> Done:
    """Move the clock as was chosen."""
    sandbox = visit.sandbox
    match visit.form.get("step", ""):
        case "now":
            sandbox.freeze_clock(False)
            sandbox.advance_clock(-sandbox.clock.shift_seconds)
        case "stop" | "run" as step:
            sandbox.freeze_clock(step == "stop")
        case _:
            sandbox.advance_clock(_seconds(visit))
    return Done("/clock", f"It is {sandbox.clock.now().strftime('%Y-%m-%d %H:%M:%S')} UTC now.")


def _seconds(visit: Visit) -> float:
    now = visit.sandbox.clock.now()
    match visit.form.get("step", ""):
        case "next-minute":
            return (
                (now.replace(second=0, microsecond=0) + timedelta(minutes=1)) - now
            ).total_seconds()
        case "midnight":
            tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            return (tomorrow - now).total_seconds()
        case step if step in _STEPS:
            return float(_STEPS[step][1])
    raw = visit.form.get("seconds", "").strip()
    if not raw.removeprefix("-").isdecimal() or len(raw) > _LONGEST:
        raise Refused("Fill in a whole number of seconds; a negative one moves back.")
    return float(raw)


PAGE = Page("/clock", show)
PAGES = (PAGE, Form("/clock", move, PAGE, (Refused, ClockError)))

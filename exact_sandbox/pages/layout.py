"""The frame around every page: navigation, what is unusual at the moment, and the last message."""

from __future__ import annotations

from markupsafe import Markup

from exact_sandbox.html import page
from exact_sandbox.pages.page import Screen
from exact_sandbox.sandbox import Sandbox

NAVIGATION = (
    ("/", "Home"),
    ("/bank-desk", "Bank desk"),
    ("/outbox", "Outbox"),
    ("/webhooks", "Webhooks"),
    ("/log", "Requests"),
    ("/faults", "Faults"),
    ("/switches", "Switches"),
    ("/clock", "Clock"),
    ("/access", "Access"),
)


def whole_page(sandbox: Sandbox, screen: Screen, message: tuple[str, str] | None = None) -> str:
    """Return a screen in its frame; a message is its kind (done or error) and its text."""
    content = screen.content
    if message is not None:
        kind, text = message
        role = "alert" if kind == "error" else "status"
        content = (
            Markup('<p class="message {}" role="{}">{}</p>').format(kind, role, text) + content
        )
    return page(
        screen.title, content, navigation=_navigation(screen.section), notice=_unusual(sandbox)
    )


def _navigation(section: str) -> Markup:
    items = Markup("").join(
        Markup('<li><a href="{}"{}>{}</a></li>').format(
            address, Markup(' aria-current="page"') if address == section else "", text
        )
        for address, text in NAVIGATION
    )
    return Markup('<nav aria-label="Sandbox"><ul>{}</ul></nav>').format(items)


def _unusual(sandbox: Sandbox) -> Markup:
    """Return what makes the sandbox behave otherwise than a fresh one, or nothing."""
    parts = []
    waiting = len(sandbox.faults.as_json())
    if waiting:
        parts.append(
            Markup('<a href="/faults">{}</a>').format(
                counted(waiting, "fault waits", "faults wait")
            )
        )
    changed = len(changed_switches(sandbox))
    if changed:
        parts.append(
            Markup('<a href="/switches">{}</a>').format(
                counted(changed, "switch is changed", "switches are changed")
            )
        )
    shift = sandbox.clock.ahead_seconds()
    if shift:
        parts.append(Markup('<a href="/clock">The clock is {}</a>').format(shift_in_words(shift)))
    if not parts:
        return Markup("")
    return Markup('<aside class="notice" aria-label="Unusual at the moment">{}</aside>').format(
        Markup(" &middot; ").join(parts)
    )


def counted(number: int, one: str, several: str) -> str:
    """Return a number with the words that fit it."""
    return f"{number:,} {one if number == 1 else several}"


def changed_switches(sandbox: Sandbox) -> list[dict[str, object]]:
    """Return the switches that are not in their default position."""
    return [each for each in sandbox.switches.as_json() if each["value"] != each["default"]]


def shift_in_words(seconds: float) -> str:
    """Return how far the clock is from the real time, such as '1 day 2 hours ahead'."""
    rest = round(abs(seconds))
    parts = []
    for length, one, several in (
        (86_400, "day", "days"),
        (3_600, "hour", "hours"),
        (60, "minute", "minutes"),
        (1, "second", "seconds"),
    ):
        number, rest = divmod(rest, length)
        if number:
            parts.append(counted(number, one, several))
    return f"{' '.join(parts[:2]) or '0 seconds'} {'ahead' if seconds > 0 else 'behind'}"

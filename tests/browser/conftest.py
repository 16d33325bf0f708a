"""A real Chromium on the live server: every page is watched for errors, judged by axe and photographed."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from connector.tenancy.models import User
from tests import background
from tests.factories import PASSWORD

SCREENSHOTS = Path(__file__).resolve().parents[2] / "test-results" / "screenshots"
WIDTHS = (360, 1440)
BETWEEN = 768
HEIGHT = 800
THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
FLAGS = [
    "--no-sandbox",  # CI runs as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE_OPTIONS: dict[str, Any] = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # None of these rules reads style sheets, which axe would fetch and parse each time.
    "preload": {"assets": ["media"]},
}
# What another theme can change: it has the same elements at the same places.
AXE_COLORS = AXE_OPTIONS | {"runOnly": ["color-contrast", "link-in-text-block"]}
# What a width between the two can change: it shows nothing that neither of them shows, at other places.
AXE_PLACES = AXE_OPTIONS | {
    "runOnly": ["target-size", "scrollable-region-focusable", *AXE_COLORS["runOnly"]]
}
FORM_IN_ERROR = 422
_STATUS = re.compile(r"the server responded with a status of (\d+)")
# htmx says this when a page is left, or a newer request replaces one, while an answer is on its way: no error.
_LEFT_BEHIND = re.compile(r"^htmx:(sendAbort|afterRequest|abort)\b")
# Screenshots and axe leave empty style attributes; htmx would copy them into the next answer against the policy.
_WIPE_EMPTY_STYLES = (
    """document.querySelectorAll('[style=""]').forEach(node => node.removeAttribute('style'))"""
)
# How far the page scrolls sideways, and what moves although the system asks for less motion.
_OVERFLOW_AND_MOTION = """[
    document.documentElement.scrollWidth - document.documentElement.clientWidth,
    document.getAnimations().filter(one => one.playState === "running")
        .map(one => one.animationName || one.transitionProperty || "?"),
]"""


@dataclass
class Watch:
    """What went wrong in the browser. A test that provokes an answer on purpose adds its status first."""

    origin: str
    allowed_statuses: set[int] = field(default_factory=lambda: {FORM_IN_ERROR})
    problems: list[str] = field(default_factory=list)

    def heard(self, message: ConsoleMessage) -> None:
        """Note an error of the console; a breach of the Content-Security-Policy is one."""
        if message.type != "error" or _LEFT_BEHIND.match(message.text):
            return
        status = _STATUS.search(message.text)
        if status is None or int(status[1]) not in self.allowed_statuses:
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def failed(self, error: Error) -> None:
        """Note an exception that no script caught."""
        self.problems.append(f"script: {error.message}")

    def asked(self, request: Request) -> None:
        """Note a request that leaves the product's own origin."""
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.problems.append(f"foreign request: {request.url}")


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One Chromium for the whole run."""
    # Playwright's synchronous interface keeps an event loop in this thread; Django would take each query for a mistake.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def _background(transactional_db: None) -> None:
    """What waits seems to go on, as long as no test says otherwise."""
    background.runs()


@pytest.fixture
def watch(live_server: LiveServer) -> Watch:
    """The list that must be empty when the test ends."""
    return Watch(origin=live_server.url)


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, watch: Watch) -> Iterator[Page]:
    """A fresh browser window on the live server; relative addresses work in page.goto."""
    context = browser.new_context(
        base_url=live_server.url,
        viewport=ViewportSize(width=WIDTHS[-1], height=HEIGHT),
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Amsterdam",
    )
    context.set_default_timeout(30_000)  # CI has two cores for everything
    window = context.new_page()
    window.on("console", watch.heard)
    window.on("pageerror", watch.failed)
    window.on("request", watch.asked)
    yield window
    context.close()
    assert watch.problems == []


@pytest.fixture
def sign_in() -> Callable[[Page, User], None]:
    """Signs a person of tests.factories in through the real form."""

    def fill_in(page: Page, user: User) -> None:
        page.goto("/sign-in/?next=/settings/members/")
        page.get_by_label("E-mail address").fill(user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/settings/members/")

    return fill_in


@pytest.fixture
def axe() -> Callable[..., None]:
    """Asserts that axe finds nothing on the page as it is now, however minor; `options` can let it judge less."""
    judge = Axe()

    def find_nothing(page: Page, *, options: dict[str, Any] = AXE_OPTIONS) -> None:
        if page.evaluate("typeof axe === 'undefined'"):
            page.evaluate(judge.axe_script)
        asked = json.dumps(options)
        violations = page.evaluate(f"axe.run({asked}).then(found => found.violations)")
        assert [
            f"{found['impact']} {found['id']}: {found['help']}: {node['html'][:200]}"
            for found in violations
            for node in found["nodes"]
        ] == []

    return find_nothing


@pytest.fixture
def look_at(axe: Callable[..., None]) -> Callable[..., None]:
    """Judges the page at both widths in both themes: no sideways scrolling, nothing that moves, axe, a screenshot of each.

    A page that is looked at in several states is judged by axe narrow and dark, and wide and light; `whole` judges the colors of
    the wide dark one as well, and in the light what the width between them can change.
    """

    def look(
        page: Page, name: str, widths: tuple[int, ...] = WIDTHS, *, whole: bool = False
    ) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for width in widths:
            page.set_viewport_size(ViewportSize(width=width, height=HEIGHT))
            for theme in THEMES:
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
                photograph(page, f"{name}-{width}-{theme}", width)
                if (width == widths[0]) == (theme == "dark"):
                    axe(page)
                elif len(widths) == 1 or (whole and width != widths[0]):
                    axe(page, options=AXE_COLORS)
        if whole and len(widths) > 1:
            page.set_viewport_size(ViewportSize(width=BETWEEN, height=HEIGHT))
            page.emulate_media(color_scheme=THEMES[0], reduced_motion="reduce")
            photograph(page, f"{name}-{BETWEEN}-{THEMES[0]}", BETWEEN)
            axe(page, options=AXE_PLACES)
            page.set_viewport_size(ViewportSize(width=widths[-1], height=HEIGHT))
        page.evaluate(_WIPE_EMPTY_STYLES)

    return look


def photograph(page: Page, name: str, width: int) -> None:
    """This function will keep a screenshot of the whole page, which may neither scroll sideways nor move."""
    page.screenshot(path=SCREENSHOTS / f"{name}.jpg", type="jpeg", full_page=True)
    assert_it_fits(page, name, width)


def assert_it_fits(page: Page, name: str, width: int) -> None:
    """This function will see to it that the page neither scrolls sideways nor moves."""
    overflow, moving = page.evaluate(_OVERFLOW_AND_MOTION)
    assert overflow <= 0, f"{name} scrolls sideways by {overflow} px at {width} px"
    assert moving == [], f"{name} moves for somebody who asked for less motion: {moving}"

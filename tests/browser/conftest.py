"""A real Chromium on the live server: every page is watched for errors, judged by axe and photographed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

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
from tests.factories import PASSWORD

SCREENSHOTS = Path(__file__).resolve().parents[2] / "test-results" / "screenshots"
WIDTHS = (360, 1440)
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
AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
FORM_IN_ERROR = 422
_STATUS = re.compile(r"the server responded with a status of (\d+)")
# htmx says this when a page is left, or a newer request replaces one, while an answer is on its way: no error.
_LEFT_BEHIND = re.compile(r"^htmx:(sendAbort|afterRequest|abort)\b")
# Screenshots and axe leave empty style attributes; htmx would copy them into the next answer against the policy.
_WIPE_EMPTY_STYLES = (
    """document.querySelectorAll('[style=""]').forEach(node => node.removeAttribute('style'))"""
)


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
def axe() -> Callable[[Page], None]:
    """Asserts that axe finds nothing serious or critical on the page as it is now."""
    judge = Axe()

    def find_nothing(page: Page) -> None:
        violations = judge.run(page, options=AXE_OPTIONS).response["violations"]
        grave = [
            f"{found['impact']} {found['id']}: {found['help']}: {node['html'][:200]}"
            for found in violations
            if found["impact"] in {"serious", "critical"}
            for node in found["nodes"]
        ]
        assert grave == []

    return find_nothing


@pytest.fixture
def look_at(axe: Callable[[Page], None]) -> Callable[..., None]:
    """Judges the page at both widths in both themes: no sideways scrolling, axe, and a screenshot of each."""

    def look(page: Page, name: str, widths: tuple[int, ...] = WIDTHS) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for width in widths:
            page.set_viewport_size(ViewportSize(width=width, height=HEIGHT))
            for theme in THEMES:
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
                page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{theme}.png", full_page=True)
                overflow = page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                assert overflow <= 0, f"{name} scrolls sideways by {overflow} px at {width} px"
                axe(page)
        page.evaluate(_WIPE_EMPTY_STYLES)

    return look

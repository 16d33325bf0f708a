"""What a person without a mouse does: walk with Tab, press, tick, choose by arrows. It fails where they would not get."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

MOST = 80  # presses of Tab from one end of a page to the other


def walk_to(page: Page, target: Locator, *, key: str = "Tab", most: int = MOST) -> None:
    """This function will press a key until the target has the focus; it fails when a keyboard user never gets there."""
    for _ in range(most):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    expect(target).to_be_focused()


def press(page: Page, target: Locator) -> None:
    """This function will walk to a link or button and press it."""
    walk_to(page, target)
    page.keyboard.press("Enter")


def tick(page: Page, target: Locator) -> None:
    """This function will walk to a check box and turn it on."""
    walk_to(page, target)
    page.keyboard.press("Space")
    expect(target).to_be_checked()


def choose(page: Page, target: Locator) -> None:
    """This function will walk to a group of radio buttons and go on by arrows until the target is chosen."""
    name = target.get_attribute("name")
    for _ in range(MOST):
        if page.evaluate("name => document.activeElement.name === name", name):
            break
        page.keyboard.press("Tab")
    for _ in range(MOST):
        if target.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("ArrowDown")
    if not target.is_checked():
        page.keyboard.press("Space")
    expect(target).to_be_checked()


def pick(page: Page, target: Locator, label: str = "") -> None:
    """This function will walk to a drop-down and choose by typing how the option begins, or the next one."""
    walk_to(page, target)
    if label:
        page.keyboard.type(label)
    else:
        page.keyboard.press("ArrowDown")
    expect(target).not_to_have_value("")

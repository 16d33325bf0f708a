"""Reads the sandbox's pages as a browser without script would, and sends their forms."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from tests.exact_sandbox.exact_client import ExactClient


class Outline(HTMLParser):
    """Reads a page: that its elements close, its ids, links, labels and headings."""

    VOID = frozenset({"meta", "link", "input", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.unnamed: list[dict[str, str | None]] = []
        self.labeled: set[str | None] = set()
        self.headings = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if named.get("id"):
            self.ids.append(str(named["id"]))
        if tag == "a":
            self.links.append(str(named["href"]))
        if tag == "label":
            self.labeled.add(named["for"])
        if tag in ("input", "select") and named.get("type") != "hidden":
            self.unnamed.append(named)
        self.headings += tag == "h1"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def check(self) -> None:
        assert self.open == []
        assert self.headings == 1
        assert len(set(self.ids)) == len(self.ids)
        for field in self.unnamed:
            assert field.get("aria-label") or field.get("id") in self.labeled, field


def post(exact: ExactClient, address: str, /, **form: Any) -> tuple[int, str]:
    """Send a form and follow the way back; return the status and the page."""
    answer = exact.browser.post(f"{exact.base_url}{address}", data=form, timeout=10)
    return answer.status_code, answer.text


def read(exact: ExactClient, path: str) -> str:
    answer = exact.browser.get(f"{exact.base_url}{path}", timeout=10)
    assert answer.status_code == 200, answer.text
    Outline(answer.text).check()
    return answer.text


def said(page: str) -> str:
    """Return the message above a page."""
    found = re.search(r'<p class="message \w+" role="\w+">(.*?)</p>', page)
    return found[1] if found else ""

"""What a page says about itself: its address, what shows it, and what its forms do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from markupsafe import Markup
from werkzeug import Request, Response
from werkzeug.datastructures import MultiDict

from exact_sandbox.bank_input import desk_context
from exact_sandbox.books.bank_entries import BankError
from exact_sandbox.rules.context import Context
from exact_sandbox.sandbox import Sandbox

_PARAMETER = re.compile(r"\{(\w+)\}")


class Missing(Exception):
    """What a page is about does not exist; the text says so."""


class Refused(ValueError):
    """What a form asks cannot be done; the text says why."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page; `form` has what was filled in, empty when nothing was sent.

    `address` is the page's own path, also where a form of it was sent elsewhere.
    """

    sandbox: Sandbox
    request: Request
    address: str
    path: dict[str, str]
    query: dict[str, str]
    form: MultiDict[str, str]

    def context(self) -> Context:
        """Return a bookkeeper at work in the path's division; raises Missing."""
        try:
            return desk_context(self.sandbox, self.path["division"])
        except BankError as error:
            raise Missing(str(error)) from error

    def number(self, name: str, default: int) -> int:
        """Return a whole number of the query; the default for anything else."""
        raw = self.query.get(name, "")
        return int(raw) if raw.isdecimal() and len(raw) < 10 else default

    def with_query(self, **changes: object) -> str:
        """Return this page's address with parts of the query changed; an empty value drops one."""
        query = {**self.query, **{name: str(value) for name, value in changes.items()}}
        kept = urlencode({name: value for name, value in query.items() if value})
        return f"{self.address}?{kept}" if kept else self.address


@dataclass(frozen=True, slots=True)
class Screen:
    """A page as it is shown: its title, content, and which entry of the navigation it is under."""

    title: str
    content: Markup
    section: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What a form has done, in a sentence, and the page to go on to."""

    location: str
    text: str


@dataclass(frozen=True)
class Page:
    """An address that shows a screen."""

    path: str
    show: Callable[[Visit], Screen | Response]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as an expression that captures its parameters."""
        return as_pattern(self.path)


@dataclass(frozen=True)
class Form:
    """An address that the forms of a page are sent to; a refusal is shown on that page."""

    path: str
    carry_out: Callable[[Visit], Done]
    page: Page
    refusals: tuple[type[Exception], ...] = (Refused,)
    alone: bool = False  # what it does holds the store itself, and only as long as it needs to

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as an expression that captures its parameters."""
        return as_pattern(self.path)


def as_pattern(path: str) -> re.Pattern[str]:
    """Return a path with {parameters} as an expression that captures them."""
    return re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", path.replace(".", r"\.")))

"""A browser without a screen: follows links and submits forms as they stand in the pages, for the demo's check."""

from __future__ import annotations

import http
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any

_TIMEOUT = 30  # seconds
_VOID_TYPES = {"submit", "button", "image", "reset", "file"}
_UNSEEN = {"script", "style", "template", "datalist"}


class PageProblem(Exception):
    """A page is not what the journey needs: it says which page and what was looked for."""


@dataclass
class Form:
    """A form of a page: where it goes, what is filled in, and its buttons by their text."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    options: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """The name of each field that has an id, by that id."""


class _Reader(HTMLParser):
    """Collects forms, links and the text of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.labels: list[tuple[str, str]] = []
        self.signs: list[str] = []
        self._label: tuple[str, list[str]] | None = None
        self._form: Form | None = None
        self._owned: dict[str, Form] = {}
        self._select: tuple[str, Form, bool] | None = None
        self._option: tuple[str, bool] | None = None
        self._button: tuple[str, str, Form] | None = None
        self._area: tuple[str, Form] | None = None
        self._link: str | None = None
        self._link_name = ""
        self._text: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        present = {name for name, _ in attrs}
        if tag in _UNSEEN:
            self._silent += 1
        elif tag == "form":
            self._form = Form(values.get("action", ""), values.get("method", "get").lower())
            self.forms.append(self._form)
            if "id" in values:
                self._owned[values["id"]] = self._form
        elif tag == "a" and "href" in values:
            self._link, self._text = values["href"], []
            self._link_name = values.get("aria-label", "")
        elif tag == "svg" and "aria-label" in values:
            self.signs.append(values["aria-label"])
        elif tag == "label" and "for" in values:
            self._label = (values["for"], [])
        elif "disabled" not in present:
            self._start_control(tag, values, present)

    def _start_control(self, tag: str, values: dict[str, str], present: set[str]) -> None:
        form = self._owned.get(values.get("form", "")) or self._form
        name = values.get("name", "")
        if form is None:
            return
        if name and "id" in values:
            form.names[values["id"]] = name
        if tag == "input":
            self._input(form, name, values, present)
        elif tag == "select" and name:
            self._select = (name, form, "multiple" in present)
            form.options[name] = []
        elif tag == "option" and self._select:
            self._option, self._text = (values.get("value", ""), "selected" in present), []
        elif tag == "textarea" and name:
            self._area, self._text = (name, form), []
        elif tag == "button" and values.get("type", "submit") == "submit":
            self._button, self._text = (name, values.get("value", ""), form), []

    @staticmethod
    def _input(form: Form, name: str, values: dict[str, str], present: set[str]) -> None:
        kind = values.get("type", "text").lower()
        if kind == "submit":
            form.buttons.append((values.get("value", ""), name, values.get("value", "")))
        if not name or kind in _VOID_TYPES:
            return
        if kind in {"checkbox", "radio"}:
            value = values.get("value", "on")
            form.options.setdefault(name, []).append((value, value))
            if "checked" not in present:
                return
            form.values.setdefault(name, []).append(value)
            return
        form.values.setdefault(name, []).append(values.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        text = " ".join("".join(self._text).split())
        if tag in _UNSEEN:
            self._silent = max(0, self._silent - 1)
        elif tag == "form":
            self._form = None
        elif tag == "a" and self._link is not None:
            self.links.append((self._link_name or text, self._link))
            self._link = None
        elif tag == "label" and self._label is not None:
            self.labels.append((" ".join("".join(self._label[1]).split()), self._label[0]))
            self._label = None
        elif tag == "option" and self._option and self._select:
            name, form, multiple = self._select
            value, selected = self._option
            form.options[name].append((value, text))
            if selected or (name not in form.values and not multiple):
                form.values[name] = [value]
            self._option = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._area:
            name, form = self._area
            form.values.setdefault(name, []).append("".join(self._text))
            self._area = None
        elif tag == "button" and self._button:
            name, value, form = self._button
            form.buttons.append((text, name, value))
            self._button = None

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._text.append(data)
            if self._label is not None:
                self._label[1].append(data)
            self.words.append(data)


@dataclass
class Page:
    """A page that was read."""

    url: str
    status: int
    reader: _Reader

    @property
    def text(self) -> str:
        """What a person reads on it, in one line."""
        return " ".join(" ".join(self.reader.words).split())

    def form(self, button: str) -> Form:
        """This function will return the form with a button of this text, or raise PageProblem."""
        for form in self.reader.forms:
            if any(text.startswith(button) for text, _, _ in form.buttons):
                return form
        raise PageProblem(f"{self.url}: no button “{button}”. The page says: {self.text[:600]}")

    def has_button(self, button: str) -> bool:
        """This function will tell whether a button of this text can be pressed."""
        forms = self.reader.forms
        return any(text.startswith(button) for form in forms for text, _, _ in form.buttons)

    def name_of(self, form: Form, label: str) -> str:
        """This function will return the name of the form's field with this label, or raise PageProblem."""
        for text, html_id in self.reader.labels:
            if label in text and html_id in form.names:
                return form.names[html_id]
        raise PageProblem(f"{self.url}: no field “{label}”, only {self.reader.labels}")

    def option(self, form: Form, name: str, words: str) -> str:
        """This function will return the value of the choice whose text has these words, or raise PageProblem."""
        for value, text in form.options.get(name, []):
            if words in text:
                return value
        raise PageProblem(f"{self.url}: {name} offers no “{words}”, only {form.options.get(name)}")


class Visitor:
    """One person with a browser: cookies are kept, redirects are followed."""

    def __init__(self, start: str) -> None:
        self.start = start
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar()), urllib.request.ProxyHandler({})
        )

    def open(self, address: str) -> Page:
        """This function will open a page; errors of the server are pages too."""
        return self._fetch(urllib.request.Request(urllib.parse.urljoin(self.start, address)))  # noqa: S310  # our own addresses

    def follow(self, page: Page, words: str) -> Page:
        """This function will click the first link whose text has these words, or raise PageProblem."""
        for text, href in page.reader.links:
            if words in text:
                return self.open(urllib.parse.urljoin(page.url, href))
        raise PageProblem(f"{page.url}: no link “{words}”. The page says: {page.text[:600]}")

    def press(self, page: Page, button: str, **changes: Any) -> Page:
        """This function will fill in fields, press the button and return the page that follows.

        Raises PageProblem when there is no such button or the answer is an error.
        """
        answer = self.submit(page, button, **changes)
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise PageProblem(f"{answer.url} answered {answer.status}: {answer.text[:800]}")
        return answer

    def press_in_vain(self, page: Page, button: str, **changes: Any) -> Page:
        """This function will do the same where the form must come back with what is wrong in it, or raise PageProblem."""
        answer = self.submit(page, button, **changes)
        if answer.status != http.HTTPStatus.UNPROCESSABLE_ENTITY:
            raise PageProblem(f"{answer.url} took it, with {answer.status}: {answer.text[:800]}")
        return answer

    def submit(self, page: Page, button: str, **changes: Any) -> Page:
        """This function will fill in fields, press the button and return whatever page follows."""
        form = page.form(button)
        values = {**form.values}
        for name, value in changes.items():
            if value is None:
                values.pop(name, None)
            else:
                values[name] = [str(value)]
        _, name, value = next(one for one in form.buttons if one[0].startswith(button))
        if name:
            values[name] = [value]
        data = urllib.parse.urlencode(values, doseq=True)
        target = urllib.parse.urljoin(page.url, form.action or page.url)
        if form.method == "get":
            return self.open(f"{target.partition('?')[0]}?{data}")
        request = urllib.request.Request(target, data=data.encode(), headers={"Referer": page.url})  # noqa: S310  # our own addresses
        return self._fetch(request)

    def _fetch(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as answer:
                return _read(answer.url, answer.status, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return _read(error.url or request.full_url, error.code, error.read())


def _read(url: str, status: int, body: bytes) -> Page:
    reader = _Reader()
    reader.feed(body.decode("utf-8", errors="replace"))
    reader.close()
    return Page(url, status, reader)

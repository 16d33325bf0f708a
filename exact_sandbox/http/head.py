"""Reads the head of a request: its line, its headers, and how long its body is.

https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LINE = 64 * 1024
MAX_HEAD = 128 * 1024
MAX_HEADERS = 200
MAX_BODY = 64 * 1024 * 1024
END_OF_HEAD = re.compile(rb"\r?\n\r?\n")

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_TARGET = re.compile(r"[\x21-\x7e\x80-\xff]+")
_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)


class BadMessage(Exception):
    """A request that breaks the rules of HTTP; the connection ends after the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request; `length` is that of the body, None for one in chunks."""

    method: str
    path: str
    query: str
    version: str
    headers: list[tuple[str, str]]
    length: int | None
    keeps_alive: bool
    awaits_continue: bool


def read_head(data: bytes) -> Head:
    """Return what a head says (without the empty line that ends it); raises BadMessage."""
    first, *lines = data.decode("latin-1").replace("\r\n", "\n").split("\n")
    method, path, query, version = _request_line(first)
    headers = _headers(lines)
    named: dict[str, list[str]] = {}
    for name, value in headers:
        named.setdefault(name.lower(), []).append(value)
    if version == "HTTP/1.1" and len(named.get("host", [])) != 1:
        raise BadMessage(400, "A request must name its host once.")
    options = ",".join(named.get("connection", [])).lower().replace(" ", "").split(",")
    expected = ",".join(named.get("expect", [])).lower()
    if expected not in ("", "100-continue"):
        raise BadMessage(417, "Only 100-continue can be expected.")
    return Head(
        method,
        path,
        query,
        version,
        headers,
        _body_length(version, named),
        keeps_alive="close" not in options and (version == "HTTP/1.1" or "keep-alive" in options),
        awaits_continue=bool(expected) and version == "HTTP/1.1",
    )


def _request_line(line: str) -> tuple[str, str, str, str]:
    if len(line) > MAX_LINE:
        raise BadMessage(414, "The request line is too long.")
    method, _, rest = line.partition(" ")
    target, _, version = rest.rpartition(" ")
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        if re.fullmatch(r"HTTP/[2-9](\.\d)?", version):
            raise BadMessage(505, "This server speaks HTTP/1.1.")
        raise BadMessage(400, "The request line cannot be read.")
    if not _TOKEN.fullmatch(method) or not _TARGET.fullmatch(target):
        raise BadMessage(400, "The request line cannot be read.")
    if not target.startswith(("/", "*")):
        absolute = _ABSOLUTE.match(target)
        if absolute is None:
            raise BadMessage(400, "The address of the request cannot be read.")
        target = target[absolute.end() :]
    path, _, query = target.partition("#")[0].partition("?")
    return method, path if path.startswith("/") else f"/{path}", query, version


def _headers(lines: list[str]) -> list[tuple[str, str]]:
    if len(lines) > MAX_HEADERS:
        raise BadMessage(431, "The request has too many headers.")
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        value = value.strip(" \t")
        if not colon or not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise BadMessage(400, "A header of the request cannot be read.")
        headers.append((name, value))
    return headers


def _body_length(version: str, named: dict[str, list[str]]) -> int | None:
    lengths = {
        part.strip() for value in named.get("content-length", []) for part in value.split(",")
    }
    coding = ",".join(named.get("transfer-encoding", [])).lower().replace(" ", "")
    if coding:
        # Both at once is how requests are smuggled past a proxy.
        if lengths or version == "HTTP/1.0":
            raise BadMessage(400, "The length of the body is not clear.")
        if coding != "chunked":
            raise BadMessage(501, "Only chunked bodies are understood.")
        return None
    if len(lengths) > 1:
        raise BadMessage(400, "The length of the body is not clear.")
    length = lengths.pop() if lengths else "0"
    if not (length.isascii() and length.isdecimal()):
        raise BadMessage(400, "The length of the body is not a number.")
    if len(length) > 12 or int(length) > MAX_BODY:
        raise BadMessage(413, "The body is too large.")
    return int(length)

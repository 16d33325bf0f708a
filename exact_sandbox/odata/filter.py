"""Parses an OData v2 `$filter` into a small tree.

Grammar: https://www.odata.org/documentation/odata-version-2-0/uri-conventions/ (section 4.5)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from exact_sandbox.errors import BadRequest
from exact_sandbox.values import Value

MAX_LENGTH = 16_000
MAX_DEPTH = 60

COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
# name: (types of the arguments, type of the result)
FUNCTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "substringof": (("String", "String"), "Boolean"),
    "startswith": (("String", "String"), "Boolean"),
    "endswith": (("String", "String"), "Boolean"),
    "indexof": (("String", "String"), "Int32"),
    "length": (("String",), "Int32"),
    "trim": (("String",), "String"),
    "tolower": (("String",), "String"),
    "toupper": (("String",), "String"),
    "concat": (("String", "String"), "String"),
    "year": (("DateTime",), "Int32"),
    "month": (("DateTime",), "Int32"),
    "day": (("DateTime",), "Int32"),
}


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the filter, with its Edm type ("Null" for null)."""

    type: str
    value: Value


@dataclass(frozen=True, slots=True)
class Name:
    """A property of the endpoint."""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple[Node, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides and one of eq, ne, gt, ge, lt, le."""

    operator: str
    left: Node
    right: Node
    position: int


@dataclass(frozen=True, slots=True)
class Logical:
    """Two or more conditions joined by `and` or `or`."""

    operator: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """A condition after `not`."""

    operand: Node


Node = Literal | Name | Call | Comparison | Logical | Negation

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<guid>guid'(?P<guid_text>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})')
    | (?P<datetime>datetime'(?P<datetime_text>[^']*)')
    | (?P<string>'(?P<string_text>(?:[^']|'')*)')
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?P<suffix>[LlMmDdFf]?)(?![\w']))
    | (?P<word>[A-Za-z_][A-Za-z_0-9]*)
    | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)
_DATETIME = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?)?")
_CONSTANTS = {"true": Literal("Boolean", True), "false": Literal("Boolean", False)}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # guid, datetime, string, number, word, mark or end
    text: str
    position: int
    literal: Literal | None = None


def _syntax_error(position: int) -> BadRequest:
    return BadRequest(f"Bad Request - Error in query syntax at position {position}.")


def _literal(match: re.Match[str]) -> Literal | None:
    if match["guid"]:
        return Literal("Guid", match["guid_text"].lower())
    if match["datetime"]:
        text = match["datetime_text"]
        if not _DATETIME.fullmatch(text):
            raise _syntax_error(match.start())
        try:
            return Literal("DateTime", datetime.fromisoformat(text[:26]))
        except ValueError as error:
            raise _syntax_error(match.start()) from error
    if match["string"]:
        return Literal("String", match["string_text"].replace("''", "'"))
    if match["number"]:
        return _number(match)
    return None


def _number(match: re.Match[str]) -> Literal:
    suffix = match["suffix"].lower()
    digits = match["number"][: -len(suffix)] if suffix else match["number"]
    number = Decimal(digits)
    if suffix == "l" or (not suffix and number == number.to_integral_value() and "." not in digits):
        if abs(number) >= 2**63 or number != number.to_integral_value():
            raise _syntax_error(match.start())
        return Literal("Int64" if suffix == "l" else "Int32", int(number))
    if abs(number) >= Decimal(10) ** 12:
        raise _syntax_error(match.start())
    return Literal("Double", number)


def _tokens(text: str) -> list[_Token]:
    tokens = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise _syntax_error(position)
        start = match.end() - len(match[0].lstrip())
        kind = next(
            name
            for name in ("guid", "datetime", "string", "number", "word", "mark")
            if match[name] is not None
        )
        tokens.append(_Token(kind, match[kind], start, _literal(match)))
        position = match.end()
    tokens.append(_Token("end", "", len(text)))
    return tokens


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.index = 0
        self.depth = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.index]

    def take(self) -> _Token:
        token = self.token
        self.index += 1
        return token

    def word_is(self, *words: str) -> bool:
        return self.token.kind == "word" and self.token.text in words

    def expect(self, mark: str) -> None:
        token = self.take()
        if token.kind != "mark" or token.text != mark:
            raise _syntax_error(token.position)

    def either(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _syntax_error(self.token.position)
        node = self._joined("or", self.both)
        self.depth -= 1
        return node

    def both(self) -> Node:
        return self._joined("and", self.negation)

    def _joined(self, operator: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self.word_is(operator):
            self.take()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Logical(operator, tuple(parts))

    def negation(self) -> Node:
        if not self.word_is("not"):
            return self.comparison()
        self.take()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _syntax_error(self.token.position)
        node = Negation(self.negation())
        self.depth -= 1
        return node

    def comparison(self) -> Node:
        left = self.operand()
        if not self.word_is(*COMPARISONS):
            return left
        operator = self.take()
        return Comparison(operator.text, left, self.operand(), operator.position)

    def operand(self) -> Node:
        token = self.take()
        if token.literal is not None:
            return token.literal
        if token.kind == "mark" and token.text == "(":
            node = self.either()
            self.expect(")")
            return node
        if token.kind != "word" or token.text in {*COMPARISONS, "and", "or", "not"}:
            raise _syntax_error(token.position)
        if token.text in _CONSTANTS:
            return _CONSTANTS[token.text]
        if token.text == "null":
            return Literal("Null", None)
        if self.token.kind == "mark" and self.token.text == "(":
            return self.call(token)
        return Name(token.text, token.position)

    def call(self, name: _Token) -> Node:
        if name.text not in FUNCTIONS:
            raise BadRequest(f"Unknown function '{name.text}' at position {name.position}.")
        self.expect("(")
        arguments = [self.either()]
        while self.token.text == "," and self.token.kind == "mark":
            self.take()
            arguments.append(self.either())
        self.expect(")")
        if len(arguments) != len(FUNCTIONS[name.text][0]):
            raise BadRequest(
                f"No applicable function found for '{name.text}' at position {name.position} "
                "with the specified arguments.",
            )
        return Call(name.text, tuple(arguments), name.position)


def parse_filter(text: str) -> Node:
    """Return the tree of a `$filter`; raises BadRequest when it cannot be read."""
    if len(text) > MAX_LENGTH:
        raise BadRequest("Bad Request - The query string is too long.")
    parser = _Parser(text)
    node = parser.either()
    if parser.token.kind != "end":
        raise _syntax_error(parser.token.position)
    return node


def parse_literal(text: str) -> Literal:
    """Return one literal, as in a key or a `$skiptoken`; raises BadRequest."""
    node = parse_filter(text)
    if not isinstance(node, Literal):
        raise _syntax_error(0)
    return node

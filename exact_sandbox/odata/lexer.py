"""Cuts a `$filter`, a key or a `$skiptoken` into tokens, with the texts of WCF Data Services.

Literals: https://www.odata.org/documentation/odata-version-2-0/overview/ (section 6, primitive
types). WCF, which Exact runs on, has no literals for Edm.Time and Edm.DateTimeOffset.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from exact_sandbox.errors import BadRequest
from exact_sandbox.odata.tree import Literal
from exact_sandbox.values import read_guid, read_moment

_TOKEN = re.compile(
    r"""
      (?P<prefix>guid|datetime|binary|X)'(?P<inside>[^']*)'
    | '(?P<string>(?:[^']|'')*)'
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[LlMmDdFf]?)(?![\w.'])
    | (?P<word>[^\W\d]\w*)
    | (?P<mark>[(),/\-])
    """,
    re.VERBOSE,
)
_BLANK = re.compile(r"\s*")
_LARGEST_INTEGER = 2**63
_CONSTANTS = {
    "true": Literal("Boolean", value=True),
    "false": Literal("Boolean", value=False),
    "null": Literal("Null", None),
}
_EDM_NAMES = {"guid": "Edm.Guid", "datetime": "Edm.DateTime", "binary": "Edm.Binary"}


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of the text; `kind` is literal, word, mark or end."""

    kind: str
    text: str
    position: int
    literal: Literal | None = None


def syntax_error(position: int) -> BadRequest:
    """Return WCF's refusal of a text that cannot be read."""
    return BadRequest(f"Syntax error at position {position}.")


def tokens(text: str, *, spaced_guid: bool = False) -> list[Token]:
    """Return the tokens, the last of kind "end"; raises BadRequest.

    `spaced_guid` reads `guid '…'` as if the space were not there.
    """
    if spaced_guid:
        text = _without_guid_spaces(text)
    found = []
    position = _skip_blank(text, 0)
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        found.append(_token(match))
        position = _skip_blank(text, match.end())
    found.append(Token("end", "", len(text)))
    return found


def _skip_blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _without_guid_spaces(text: str) -> str:
    """Take the space out of `guid '…'`, but not inside a text in quotes."""
    parts = re.split(r"('(?:[^']|'')*')", text)
    for index in range(0, len(parts) - 1, 2):
        parts[index] = re.sub(r"\bguid\s+$", "guid", parts[index])
    return "".join(parts)


def _unreadable(text: str, position: int) -> BadRequest:
    if text[position] == "'":
        return BadRequest(f"Unterminated string literal at position {len(text)} in '{text}'.")
    if text[position].isdigit() or text[position] in ".-":
        return syntax_error(position)
    return BadRequest(
        f"Syntax error: character '{text[position]}' is not valid at position {position} in '{text}'.",
    )


def _token(match: re.Match[str]) -> Token:
    start = match.start()
    if match["prefix"]:
        return Token("literal", match[0], start, _prefixed(match))
    if match["string"] is not None:
        return Token(
            "literal", match[0], start, Literal("String", match["string"].replace("''", "'"))
        )
    if match["number"]:
        return Token("literal", match[0], start, _number(match["number"], start))
    if match["word"]:
        constant = _CONSTANTS.get(match["word"])
        return Token("literal" if constant else "word", match["word"], start, constant)
    return Token("mark", match["mark"], start)


def _unrecognized(edm_name: str, text: str, position: int) -> BadRequest:
    return BadRequest(f"Unrecognized '{edm_name}' literal '{text}' at position {position}.")


def _prefixed(match: re.Match[str]) -> Literal:
    prefix = "binary" if match["prefix"] == "X" else match["prefix"]
    inside = match["inside"]
    try:
        if prefix == "guid":
            return Literal("Guid", read_guid(inside))
        if prefix == "datetime":
            return Literal("DateTime", read_moment(inside))
        return Literal("Binary", base64.b64encode(bytes.fromhex(inside)).decode())
    except (ValueError, OverflowError) as error:
        raise _unrecognized(_EDM_NAMES[prefix], match[0], match.start()) from error


def _number(text: str, position: int) -> Literal:
    suffix = text[-1].lower() if text[-1].isalpha() else ""
    digits = text[:-1] if suffix else text
    is_integer = digits.lstrip("-").isdecimal() and suffix in ("", "l")
    if suffix == "l" and not is_integer:
        raise _unrecognized("Edm.Int64", text, position)
    if not is_integer:
        try:
            return Literal("Double", Decimal(digits))
        except InvalidOperation as error:
            raise _unrecognized("Edm.Double", text, position) from error
    if len(digits) > 20 or not -_LARGEST_INTEGER <= int(digits) < _LARGEST_INTEGER:
        raise _unrecognized("Edm.Int64" if suffix else "Edm.Int32", text, position)
    # A number without suffix that is too long for Int32 is read as Int64: clients forget the L.
    wide = suffix == "l" or abs(int(digits)) >= 2**31
    return Literal("Int64" if wide else "Int32", int(digits))

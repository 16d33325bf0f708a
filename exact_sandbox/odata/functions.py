"""The functions of a `$filter`: what they take, what they give, and how SQLite computes it.

https://www.odata.org/documentation/odata-version-2-0/uri-conventions/ (section 4.5)

In a template {0}, {1} and {2} are the arguments. Doubles are whole millionths, dates milliseconds
since 1970. `unicode_lower` and `unicode_upper` are added to SQLite, whose own know only ASCII.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

_SECONDS = "(({0} - (({0} % 1000) + 1000) % 1000) / 1000)"
# A text that grows by `replace` inside `replace` is cut, or a short filter could fill the memory.
_LONGEST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Function:
    """One form of a function; an argument type "Number" takes every number."""

    arguments: tuple[str, ...]
    result: str
    template: str


def _part_of_date(code: str) -> tuple[Function, ...]:
    sql = f"CAST(strftime('{code}', {_SECONDS}, 'unixepoch') AS INTEGER)"
    return (Function(("DateTime",), "Int32", sql),)


def _text(template: str) -> tuple[Function, ...]:
    return (Function(("String",), "String", template),)


def _on_texts(result: str, template: str) -> tuple[Function, ...]:
    return (Function(("String", "String"), result, template),)


def _rounding(template: str) -> tuple[Function, ...]:
    return (Function(("Number",), "Double", template),)


FUNCTIONS: dict[str, tuple[Function, ...]] = {
    "substringof": _on_texts("Boolean", "(instr(unicode_lower({1}), unicode_lower({0})) > 0)"),
    "startswith": _on_texts(
        "Boolean", "(substr(unicode_lower({0}), 1, length({1})) = unicode_lower({1}))"
    ),
    "endswith": _on_texts(
        "Boolean",
        (
            "(length({0}) >= length({1}) AND "
            "substr(unicode_lower({0}), length({0}) - length({1}) + 1) = unicode_lower({1}))"
        ),
    ),
    "indexof": _on_texts("Int32", "(instr(unicode_lower({0}), unicode_lower({1})) - 1)"),
    "concat": _on_texts("String", "({0} || {1})"),
    "replace": (
        Function(
            ("String", "String", "String"),
            "String",
            f"substr(replace({{0}}, {{1}}, {{2}}), 1, {_LONGEST_TEXT})",
        ),
    ),
    "substring": (
        Function(("String", "Integer"), "String", "substr({0}, max({1}, 0) + 1)"),
        Function(
            ("String", "Integer", "Integer"), "String", "substr({0}, max({1}, 0) + 1, max({2}, 0))"
        ),
    ),
    "length": (Function(("String",), "Int32", "length({0})"),),
    "trim": _text("trim({0})"),
    "tolower": _text("unicode_lower({0})"),
    "toupper": _text("unicode_upper({0})"),
    "year": _part_of_date("%Y"),
    "month": _part_of_date("%m"),
    "day": _part_of_date("%d"),
    "hour": _part_of_date("%H"),
    "minute": _part_of_date("%M"),
    "second": _part_of_date("%S"),
    # A half is rounded away from zero, as SQL Server does.
    "round": _rounding("(CAST(round({0} / 1000000.0) AS INTEGER) * 1000000)"),
    "floor": _rounding(
        "(CAST({0} AS INTEGER) - ((CAST({0} AS INTEGER) % 1000000) + 1000000) % 1000000)"
    ),
    "ceiling": _rounding(
        "(CAST({0} AS INTEGER) + ((-CAST({0} AS INTEGER) % 1000000) + 1000000) % 1000000)"
    ),
}


def add_functions(connection: sqlite3.Connection) -> None:
    """Teach a connection the functions that filters use beyond SQLite's own."""
    connection.create_function("unicode_lower", 1, _lower, deterministic=True)
    connection.create_function("unicode_upper", 1, _upper, deterministic=True)


def _lower(text: object) -> str | None:
    return None if text is None else str(text).lower()


def _upper(text: object) -> str | None:
    return None if text is None else str(text).upper()

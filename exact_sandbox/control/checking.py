"""Checks a body against the part of JSON Schema that the control API describes itself with."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from exact_sandbox.control.routes import Schema

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, Decimal),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}
_NAMES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def problem_with(schema: Schema, value: Any, name: str = "The body") -> str | None:
    """Return in a sentence what is wrong with a value, or None."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        return f"{name} must be {' or '.join(_NAMES[kind] for kind in kinds)}."
    if "enum" in schema and value not in schema["enum"]:
        return f"{name} takes one of: {', '.join(map(str, schema['enum']))}."
    if isinstance(value, dict):
        return _object_problem(schema, value, "" if name == "The body" else f"{name}.")
    if isinstance(value, list):
        return _list_problem(schema, value, name)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _range_problem(schema, value, name)
    if isinstance(value, str):
        return _text_problem(schema, value, name)
    return None


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _text_problem(schema: Schema, value: str, name: str) -> str | None:
    if len(value) > schema.get("maxLength", len(value)):
        return f"{name} is longer than {schema['maxLength']} characters."
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return f"{name} does not fit {schema['pattern']}."
    if any("\ud800" <= character <= "\udfff" for character in value):
        return f"{name} holds half of a character."  # JSON can write it, no store can keep it
    return None


def _object_problem(schema: Schema, value: dict[str, Any], prefix: str) -> str | None:
    known: dict[str, Schema] = schema.get("properties", {})
    missing = [name for name in schema.get("required", []) if name not in value]
    if missing:
        return f"{prefix}{missing[0]} is missing."
    for name, item in value.items():
        if name in known:
            problem = problem_with(known[name], item, f"{prefix}{name}")
            if problem:
                return problem
        elif schema.get("additionalProperties") is False:
            return f"There is no {prefix}{name}. Known: {', '.join(known)}."
    return None


def _list_problem(schema: Schema, value: list[Any], name: str) -> str | None:
    for number, item in enumerate(value):
        problem = problem_with(schema.get("items", {}), item, f"{name}[{number}]")
        if problem:
            return problem
    if len(value) < schema.get("minItems", 0):
        return f"{name} must have at least {schema['minItems']}."
    if len(value) > schema.get("maxItems", len(value)):
        return f"{name} must have at most {schema['maxItems']}."
    return None


def _range_problem(schema: Schema, value: int | Decimal, name: str) -> str | None:
    if isinstance(value, Decimal) and not value.is_finite():
        return f"{name} must be a number."
    if value < schema.get("minimum", value):
        return f"{name} must be at least {schema['minimum']}."
    if value > schema.get("maximum", value):
        return f"{name} must be at most {schema['maximum']}."
    return None

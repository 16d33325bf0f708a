"""What a subject of the control API says about itself: its addresses, what they take and give."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from werkzeug import Request

from exact_sandbox.rules.context import Context
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import all_users

Schema = dict[str, Any]
_PARAMETER = re.compile(r"\{(\w+)\}")


class ControlError(ValueError):
    """A request that is refused; the text is for people, the status 400, 403, 404, 405 or 422."""

    def __init__(self, text: str, status: int = 422) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the control API: the parts of its path, its query and its checked body."""

    sandbox: Sandbox
    request: Request
    path: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]

    def division(self) -> Context:
        """Return a bookkeeper at work in the path's division; raises ControlError (404)."""
        return division_context(self.sandbox, self.path["division"], status=404)

    def number(self, name: str, default: int = 0) -> int:
        """Return a whole number of the query; raises ControlError for anything else."""
        raw = self.query.get(name) or str(default)
        if not raw.isdecimal() or len(raw) > 15:
            raise ControlError(f"{name} must be a whole number.")
        return int(raw)


Handler = Callable[[Call], object]


@dataclass(frozen=True)
class Route:
    """One method on one address; `{name}` in the path is a parameter.

    The handler returns the JSON of the answer; None is an answer 204 without a body, and a file is
    returned as a whole Response. `request` and
    `response` are JSON schemas (without `request` no body is read), `query` maps the name of a
    parameter to its schema, `example` is a body that works on a fresh sandbox.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    request: Schema | None = None
    response: Schema | None = None
    status: int = 200
    content_type: str = "application/json"
    query: dict[str, Schema] = field(default_factory=dict)
    example: dict[str, Any] | None = None
    alone: bool = False  # the handler holds the store itself, and only as long as it needs to

    @cached_property
    def parameters(self) -> list[str]:
        """The names in the path."""
        return _PARAMETER.findall(self.path)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as an expression that captures its parameters."""
        return re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", self.path.replace(".", r"\.")))


@dataclass(frozen=True, slots=True)
class Subject:
    """A family of addresses; `schemas` may be named by `ref`, `refusals` are answered with 422."""

    name: str
    description: str
    routes: tuple[Route, ...]
    schemas: dict[str, Schema] = field(default_factory=dict)
    refusals: tuple[type[Exception], ...] = ()


def division_context(sandbox: Sandbox, division: object, *, status: int = 422) -> Context:
    """Return the context of a bookkeeper at work in a division; raises ControlError."""
    text = str(division)
    if not text.isdecimal() or len(text) > 12:
        raise ControlError("Name the division by its code.", status)
    if sandbox.database.find("divisions", Code=int(text)) is None:
        raise ControlError(f"There is no division {text}.", status)
    return Context(sandbox, all_users(sandbox.database)[0], int(text))


def ref(name: str) -> Schema:
    """Return a schema that points to one of `Subject.schemas`."""
    return {"$ref": f"#/components/schemas/{name}"}


def fields(required: str = "", /, **properties: Schema) -> Schema:
    """Return the schema of an object with these fields and no others; `required` is a list of words."""
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    if required:
        schema["required"] = required.split()
    return schema


def many(schema: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": schema}


def text(description: str = "", **more: Any) -> Schema:
    """Return the schema of a text."""
    return _described("string", description, more)


def whole(description: str = "", **more: Any) -> Schema:
    """Return the schema of a whole number."""
    return _described("integer", description, more)


def number(description: str = "", **more: Any) -> Schema:
    """Return the schema of a number."""
    return _described("number", description, more)


def yes_no(description: str = "", **more: Any) -> Schema:
    """Return the schema of true or false."""
    return _described("boolean", description, more)


def amount(description: str = "") -> Schema:
    """Return the schema of an amount of money: a text such as "12.50", or a number."""
    return {"type": ["string", "number"], "description": description, "examples": ["12.50"]}


def or_null(schema: Schema) -> Schema:
    """Return a schema that takes null as well."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*kinds, "null"]}


def _described(kind: str, description: str, more: dict[str, Any]) -> Schema:
    return {"type": kind, **({"description": description} if description else {}), **more}

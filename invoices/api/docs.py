"""The page on which a person reads the API's description; made from the same schema that programs read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator


@dataclass(frozen=True)
class Field:
    """A field of a body, as the page shows it."""

    name: str
    type: str
    required: bool
    description: str
    anchor: str


@dataclass(frozen=True)
class Model:
    """A body or a part of one."""

    name: str
    description: str
    fields: list[Field]


@dataclass(frozen=True)
class Operation:
    """One thing a program may ask."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[dict[str, Any]]
    body: str
    examples: list[tuple[str, str]]
    answers: list[tuple[str, str]]


@cache
def schema() -> dict[str, Any]:
    """This function will return the OpenAPI document; it is the same until the program changes."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # drf-spectacular is half typed
    return document


def browse(request: HttpRequest) -> HttpResponse:
    """This function will show the operations by subject and the bodies they speak."""
    document = schema()
    context = {
        "info": document["info"],
        "groups": _operations(document),
        "models": [
            _model(name, part) for name, part in sorted(document["components"]["schemas"].items())
        ],
    }
    return render(request, "api/browse.html", context)


def _operations(document: dict[str, Any]) -> dict[str, list[Operation]]:
    groups: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    # A webhook is what we ask of the program; it has a name in place of an address.
    for path, methods in (*document["paths"].items(), *document["webhooks"].items()):
        for method, operation in methods.items():
            groups[operation["tags"][0]].append(_operation(path, method, operation))
    return groups


def _operation(path: str, method: str, operation: dict[str, Any]) -> Operation:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=operation.get("parameters", []),
        body=_body(body.get("schema", {})),
        examples=[
            (
                example.get("summary", name),
                json.dumps(example["value"], indent=2, ensure_ascii=False),
            )
            for name, example in body.get("examples", {}).items()
        ],
        answers=[
            (
                code,
                _reference(answer.get("content", {}).get("application/json", {}).get("schema", {})),
            )
            for code, answer in operation["responses"].items()
        ],
    )


def _body(definition: dict[str, Any]) -> str:
    """The name of the body's model; of what a callback carries, that of its data."""
    return _reference(definition.get("properties", {}).get("data", definition))


def _model(name: str, part: dict[str, Any]) -> Model:
    required = set(part.get("required", ()))
    return Model(
        name=name,
        description=part.get("description", ""),
        fields=[
            Field(
                name=field,
                type=_type(definition),
                required=field in required,
                description=definition.get("description", ""),
                anchor=_reference(definition),
            )
            for field, definition in part.get("properties", {}).items()
        ],
    )


def _reference(definition: dict[str, Any]) -> str:
    """The name of the model that a definition points at, directly, in a list or as one of several."""
    if "$ref" in definition:
        return str(definition["$ref"]).rsplit("/", 1)[1]
    inner = [
        definition.get("items", {}),
        *definition.get("anyOf", ()),
        *definition.get("allOf", ()),
    ]
    return next((name for part in inner if part and (name := _reference(part))), "")


def _type(definition: dict[str, Any]) -> str:
    if "anyOf" in definition:
        kinds = [_type(part) for part in definition["anyOf"]]
        if kinds[:2] == ["number", "text"]:
            kinds = ["decimal", *kinds[2:]]
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in definition:
        return " or ".join(f"“{value}”" for value in definition["enum"])
    if "$ref" in definition:
        return _reference(definition)
    match definition.get("type"):
        case "array":
            return f"list of {_type(definition.get('items', {}))}"
        case "null":
            return "nothing"
        case "string":
            text = {"date": "date", "date-time": "time"}.get(definition.get("format", ""), "text")
            return (
                f"{text}, at most {definition['maxLength']:,}"
                if "maxLength" in definition
                else text
            )
        case kind:
            return str(kind or "anything")

"""The OpenAPI description of the control API, written from the tables of its subjects."""

from __future__ import annotations

import re
from typing import Any

from exact_sandbox.control.routes import Call, Route, Schema, Subject

ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string", "description": "What is wrong, in a sentence."}},
}
_ERRORS = {
    "400": "The body is not JSON.",
    "403": "A page of another site sent this.",
    "404": "There is no such thing.",
    "422": "The request is understood and refused.",
}


def describe(subjects: tuple[Subject, ...], server: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the subjects' addresses."""
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Schema] = {"Error": ERROR}
    for subject in subjects:
        schemas |= subject.schemas
        for route in subject.routes:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(subject, route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Exact Online sandbox: control API",
            "version": "1",
            "description": "Set up, disturb and inspect the sandbox. Exact's own addresses are "
            "under /api and described by Exact.",
        },
        "servers": [{"url": server}],
        "tags": [{"name": each.name, "description": each.description} for each in subjects],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                f"Error{status}": {
                    "description": description,
                    "content": _json({"$ref": "#/components/schemas/Error"}),
                }
                for status, description in _ERRORS.items()
            },
        },
    }


def _operation(subject: Subject, route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "tags": [subject.name],
        "operationId": _operation_id(route),
        "summary": route.summary,
        "responses": _responses(route),
    }
    parameters = [_parameter(name, "path", {"type": "string"}) for name in route.parameters]
    parameters += [_parameter(name, "query", schema) for name, schema in route.query.items()]
    if parameters:
        operation["parameters"] = parameters
    if route.request is not None:
        content = _json(route.request)
        if route.example is not None:
            content["application/json"]["example"] = route.example
        required = bool(route.request.get("required"))
        operation["requestBody"] = {"required": required, "content": content}
    return operation


def _responses(route: Route) -> dict[str, Any]:
    if route.response is None:
        answers: dict[str, Any] = {"204": {"description": "Done."}}
    else:
        content = {route.content_type: {"schema": route.response}}
        answers = {str(route.status): {"description": "Done.", "content": content}}
    expected = ["422"]
    if route.parameters:
        expected.append("404")
    if route.method != "GET":
        expected += ["400", "403"]
    for status in sorted(expected):
        answers[status] = {"$ref": f"#/components/responses/Error{status}"}
    return answers


def _parameter(name: str, place: str, schema: Schema) -> dict[str, Any]:
    kind = {key: value for key, value in schema.items() if key not in ("description", "required")}
    parameter: dict[str, Any] = {"name": name, "in": place, "schema": kind}
    if place == "path" or schema.get("required") is True:
        parameter["required"] = True
    if "description" in schema:
        parameter["description"] = schema["description"]
    return parameter


def _operation_id(route: Route) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", route.path.removeprefix("/_sandbox").lower()).strip("_")
    return f"{route.method.lower()}_{words}"


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _show(call: Call) -> dict[str, Any]:
    from exact_sandbox.control.table import SUBJECTS  # noqa: PLC0415 - the table lists this module too

    return describe(SUBJECTS, call.sandbox.public_url or call.request.host_url.rstrip("/"))


SUBJECT = Subject(
    "openapi",
    "This description.",
    (
        Route(
            "GET",
            "/_sandbox/openapi.json",
            _show,
            "This description",
            response={"type": "object", "required": ["openapi", "paths"]},
        ),
    ),
)

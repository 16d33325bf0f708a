"""The description of the control API: valid, complete, and true."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from jsonschema import Draft202012Validator

from exact_sandbox.control.checking import problem_with
from exact_sandbox.control.openapi import describe
from exact_sandbox.control.routes import fields, many, number, or_null, text, whole, yes_no
from exact_sandbox.control.table import SUBJECTS

DOCUMENT = describe(SUBJECTS, "http://localhost:8100")
OPERATIONS = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def resolved(schema):
    """Return a schema with the components that it may point to."""
    return {**schema, "components": DOCUMENT["components"]}


def test_it_is_served(exact):
    served = exact.control("GET", "/_sandbox/openapi.json").json()

    assert served["openapi"] == "3.1.0"
    assert served["servers"] == [{"url": exact.base_url}]
    assert served["paths"] == json.loads(json.dumps(DOCUMENT["paths"]))


def test_names_are_unique_and_references_lead_somewhere():
    identifiers = [parameter.values[2]["operationId"] for parameter in OPERATIONS]
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    pointed = set(re.findall(r'"#/components/(\w+)/(\w+)"', json.dumps(DOCUMENT)))

    assert len(set(identifiers)) == len(identifiers)
    assert len(tags) == len(DOCUMENT["tags"])
    assert pointed
    for family, name in pointed:
        assert name in DOCUMENT["components"][family]


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_an_operation_is_described_in_full(path, method, operation):
    named = [each["name"] for each in operation.get("parameters", []) if each["in"] == "path"]

    assert re.findall(r"\{(\w+)\}", path) == named
    assert operation["summary"][0].isupper()
    assert operation["responses"]
    for parameter in operation.get("parameters", []):
        Draft202012Validator.check_schema(parameter["schema"])
    for answer in operation["responses"].values():
        for content in answer.get("content", {}).values():
            Draft202012Validator.check_schema(resolved(content["schema"]))


@pytest.mark.parametrize(
    "operation",
    [pytest.param(p.values[2], id=p.id) for p in OPERATIONS if "requestBody" in p.values[2]],
)
def test_a_body_is_described_and_its_example_fits(operation):
    content = operation["requestBody"]["content"]["application/json"]

    Draft202012Validator.check_schema(content["schema"])
    if "example" in content:
        Draft202012Validator(resolved(content["schema"])).validate(content["example"])
        read = json.loads(json.dumps(content["example"]), parse_float=Decimal)
        assert problem_with(content["schema"], read) is None


@pytest.mark.parametrize(
    ("path", "reading"),
    [
        (path, operation)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        if method == "get"
    ],
)
def test_what_is_read_is_as_described(exact, path, reading):
    exact.book()
    exact.print_invoice(exact.invoice()["InvoiceID"], SendEmailToCustomer=True)
    exact.fault("slow", delay_s=0)
    (message,) = exact.outbox()
    (attachment,) = message["attachments"]
    address = path.format(
        division=exact.division,
        seq=exact.running.sandbox.log.newest,
        id=message["id"],
        name=attachment["name"] if "outbox" in path else "consent",
    )
    required = [each["name"] for each in reading.get("parameters", []) if each.get("required")]
    parameters = f"?division={exact.division}" if "division" in required else ""

    answer = exact.control("GET", address + parameters)

    assert answer.status_code == 200, answer.text
    ((kind, described),) = reading["responses"]["200"]["content"].items()
    assert answer.headers["Content-Type"].partition(";")[0] == kind
    if kind == "application/json":
        Draft202012Validator(resolved(described["schema"])).validate(answer.json())


SCHEMA = fields(
    "name",
    name=text(maxLength=3),
    count=whole(minimum=1, maximum=5),
    share=number(minimum=0),
    on=yes_no(),
    kind=text(enum=["a", "b"]),
    note=or_null(text()),
    parts=many(fields("id", id=text())) | {"minItems": 1, "maxItems": 2},
)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"name": "x", "note": None, "share": Decimal("0.5"), "parts": [{"id": ""}]}, None),
        ({}, "name is missing."),
        ({"name": 1}, "name must be a text."),
        ({"name": "long"}, "name is longer than 3 characters."),
        ({"name": "x", "count": 0}, "count must be at least 1."),
        ({"name": "x", "count": 6}, "count must be at most 5."),
        ({"name": "x", "count": True}, "count must be a whole number."),
        ({"name": "x", "count": Decimal("1.5")}, "count must be a whole number."),
        ({"name": "x", "share": "0"}, "share must be a number."),
        ({"name": "x", "share": Decimal("NaN")}, "share must be a number."),
        ({"name": "x", "on": 1}, "on must be true or false."),
        ({"name": "x", "kind": "c"}, "kind takes one of: a, b."),
        ({"name": "x", "note": 5}, "note must be a text or null."),
        ({"name": "x", "parts": []}, "parts must have at least 1."),
        ({"name": "x", "parts": [{"id": ""}] * 3}, "parts must have at most 2."),
        ({"name": "x", "parts": [{}]}, "parts[0].id is missing."),
        ({"name": "x", "parts": [{"id": "1", "ID": "2"}]}, "There is no parts[0].ID. Known: id."),
    ],
)
def test_a_body_that_does_not_fit_is_explained_in_a_sentence(body, problem):
    assert problem_with(SCHEMA, body) == problem

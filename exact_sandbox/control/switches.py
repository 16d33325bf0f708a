"""Facts about Exact that nobody is sure of, each with a position that can be changed."""

from __future__ import annotations

from exact_sandbox.control.routes import Call, Route, Schema, Subject, fields, many, ref, text
from exact_sandbox.switches import SWITCHES, Switch, SwitchError

_TYPES = {bool: "boolean", int: "integer", str: "string"}


def _schema(switch: Switch) -> Schema:
    schema: Schema = {"type": _TYPES[type(switch.default)], "description": switch.meaning}
    if switch.positions:
        schema["enum"] = list(switch.positions)
    return {**schema, "default": switch.default}


def _show(call: Call) -> dict[str, object]:
    return {"switches": call.sandbox.switches.as_json()}


def _set(call: Call) -> dict[str, object]:
    for name, value in call.body.items():
        call.sandbox.switches.set(name, value)
    return _show(call)


SUBJECT = Subject(
    "switches",
    "Facts about Exact that are unsure; the likelier position is the default.",
    (
        Route(
            "GET",
            "/_sandbox/switches",
            _show,
            "Every switch with its value, default, positions and meaning",
            response=ref("Switches"),
        ),
        Route(
            "PATCH",
            "/_sandbox/switches",
            _set,
            "Put switches in other positions",
            request=fields(**{name: _schema(switch) for name, switch in SWITCHES.items()}),
            response=ref("Switches"),
            example={"receivable_sign": "positive"},
        ),
    ),
    schemas={
        "Switch": fields(
            "name value default positions meaning",
            name=text(),
            value={"type": ["boolean", "integer", "string"]},
            default={"type": ["boolean", "integer", "string"]},
            positions=many(text()),
            meaning=text(),
        ),
        "Switches": fields("switches", switches=many(ref("Switch"))),
    },
    refusals=(SwitchError,),
)

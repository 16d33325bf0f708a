"""Facts about Exact that nobody is sure of, each with a position that can be changed."""

from __future__ import annotations

from exact_sandbox.control.routes import (
    Call,
    ControlError,
    Route,
    Schema,
    Subject,
    fields,
    many,
    ref,
    text,
)
from exact_sandbox.switches import LARGEST, SWITCHES, Switch, SwitchError

_TYPES = {bool: "boolean", int: "integer", str: "string"}


def _schema(switch: Switch) -> Schema:
    schema: Schema = {"type": _TYPES[type(switch.default)], "description": switch.meaning}
    if switch.positions:
        schema["enum"] = list(switch.positions)
    if schema["type"] == "integer":
        schema |= {"minimum": 0, "maximum": LARGEST}
    return {**schema, "default": switch.default}


def _show(call: Call) -> dict[str, object]:
    return {"switches": call.sandbox.switches.as_json()}


def _set(call: Call) -> dict[str, object]:
    for name, value in call.body.items():
        call.sandbox.switches.set(name, value)
    return _show(call)


def _one(call: Call) -> dict[str, object]:
    named = (each for each in call.sandbox.switches.as_json() if each["name"] == call.path["name"])
    switch = next(named, None)
    if switch is None:
        raise ControlError(f"There is no switch named '{call.path['name']}'.", 404)
    return switch


def _reset(call: Call) -> dict[str, object]:
    call.sandbox.switches.reset()
    return _show(call)


def _reset_one(call: Call) -> dict[str, object]:
    _one(call)
    call.sandbox.switches.reset(call.path["name"])
    return _one(call)


_POSITIONS = fields(**{name: _schema(switch) for name, switch in SWITCHES.items()})
_EXAMPLE = {"receivable_sign": "positive"}

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
            request=_POSITIONS,
            response=ref("Switches"),
            example=_EXAMPLE,
        ),
        Route(
            "POST",
            "/_sandbox/switches",
            _set,
            "The same, for clients that know no PATCH",
            request=_POSITIONS,
            response=ref("Switches"),
            example=_EXAMPLE,
        ),
        Route(
            "DELETE",
            "/_sandbox/switches",
            _reset,
            "Put every switch back to its default",
            response=ref("Switches"),
        ),
        Route("GET", "/_sandbox/switches/{name}", _one, "One switch", response=ref("Switch")),
        Route(
            "DELETE",
            "/_sandbox/switches/{name}",
            _reset_one,
            "Put one switch back to its default",
            response=ref("Switch"),
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

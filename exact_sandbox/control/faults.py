"""Misbehavior on demand."""

from __future__ import annotations

from exact_sandbox.control.routes import (
    Call,
    ControlError,
    Route,
    Schema,
    Subject,
    fields,
    many,
    number,
    or_null,
    ref,
    text,
    whole,
)
from exact_sandbox.faults import FAULTS, FaultError


def _show(call: Call) -> dict[str, object]:
    return {"faults": call.sandbox.faults.as_json(), "known": FAULTS}


def _order(call: Call) -> dict[str, object]:
    return {"id": call.sandbox.faults.add(call.body).id, **_show(call)}


def _call_off(call: Call) -> None:
    call.sandbox.faults.clear()


def _call_one_off(call: Call) -> None:
    if not call.sandbox.faults.call_off(call.path["id"]):
        raise ControlError("This fault does not wait (any more).", 404)


_DELAY: Schema = {"minimum": 0, "maximum": 3_600, "default": 1}

SUBJECT = Subject(
    "faults",
    "Misbehavior on demand: a fault waits for the first request that fits, or comes to a part of them.",
    (
        Route(
            "GET",
            "/_sandbox/faults",
            _show,
            "The faults that wait, and all that are known with their meaning",
            response=ref("Faults"),
        ),
        Route(
            "POST",
            "/_sandbox/faults",
            _order,
            "Order a fault",
            request=fields(
                "fault",
                fault=text("Which.", enum=list(FAULTS)),
                method=text("Only requests with this method; empty for any."),
                path=text("Only requests whose path contains this; empty for any."),
                times=or_null(
                    whole("How many requests go wrong; null for every one.", minimum=1, default=1)
                ),
                skip=whole("How many fitting requests go well first.", minimum=0, default=0),
                delay_s=number("Seconds, for the faults that wait.", **_DELAY),
                probability=or_null(
                    number("The part of the fitting requests that go wrong.", minimum=0, maximum=1)
                ),
                seed=whole("Decides which: the same seed, the same requests.", default=0),
                text=text("What validation_500 says.", maxLength=2_000),
            ),
            response=ref("Faults"),
            example={"fault": "commit_then_drop", "method": "POST", "path": "SalesEntries"},
        ),
        Route("DELETE", "/_sandbox/faults", _call_off, "Call all faults off"),
        Route("DELETE", "/_sandbox/faults/{id}", _call_one_off, "Call one fault off"),
    ),
    schemas={
        "Fault": {"type": "object", "required": ["id", "fault", "method", "path", "times"]},
        "Faults": fields(
            "faults known",
            id=text("Of the fault just ordered."),
            faults=many(ref("Fault")),
            known={"type": "object", "additionalProperties": {"type": "string"}},
        ),
    },
    refusals=(FaultError,),
)

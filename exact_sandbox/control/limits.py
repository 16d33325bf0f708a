"""What an application or a division may do by contract, and what of it is used."""

from __future__ import annotations

from exact_sandbox.control.routes import (
    Call,
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
from exact_sandbox.limits import Contract

_FIGURE: Schema = {"minimum": 0, "maximum": 2**31}


def _show(call: Call) -> dict[str, object]:
    sandbox = call.sandbox
    return {
        "minute_limit": sandbox.switches["minute_limit"],
        "day_limit": sandbox.switches["day_limit"],
        "contracts": [
            {
                "application": contract.application or None,
                "division": contract.division or None,
                "minute_limit": contract.minute_limit,
                "day_limit": contract.day_limit,
            }
            for contract in sandbox.limits.contracts()
        ],
        "usage": sandbox.limits.usage(),
        "blocks": sandbox.error_velocity.blocks(),
    }


def _agree(call: Call) -> dict[str, object]:
    body = call.body
    application = (body.get("application") or "").strip("{}").lower()
    call.sandbox.limits.agree(
        Contract(
            application,
            body.get("division") or 0,
            body.get("minute_limit"),
            body.get("day_limit"),
        )
    )
    return _show(call)


def _forget(call: Call) -> None:
    call.sandbox.limits.reset()
    call.sandbox.error_velocity.reset()


_CONTRACT = fields(
    application=or_null(text("A client id; null for every application.", maxLength=100)),
    division=or_null(whole("A division's code; null for every one.", minimum=1, maximum=2**31)),
    minute_limit=or_null(whole("Calls a minute; null as the switch says.", **_FIGURE)),
    day_limit=or_null(whole("Calls a day; null as the switch says.", **_FIGURE)),
)

SUBJECT = Subject(
    "limits",
    "What an application or a division may do by contract, and what of it is used.",
    (
        Route(
            "GET",
            "/_sandbox/limits",
            _show,
            "The limits, the contracts that differ, the calls counted and the endpoints blocked",
            response=ref("Limits"),
        ),
        Route(
            "PUT",
            "/_sandbox/limits",
            _agree,
            "Agree other limits for an application, a division or one in the other; the closest "
            "contract counts, and one without figures ends",
            request=_CONTRACT,
            response=ref("Limits"),
            example={"division": 1000001, "minute_limit": 300, "day_limit": 9000},
        ),
        Route("DELETE", "/_sandbox/limits", _forget, "Forget the calls and errors counted"),
    ),
    schemas={
        "Contract": _CONTRACT,
        "Limits": fields(
            "minute_limit day_limit contracts usage blocks",
            minute_limit=whole("Calls a minute without a contract."),
            day_limit=whole("Calls a day without a contract."),
            contracts=many(ref("Contract")),
            usage=many(
                fields(
                    application=text(),
                    division=whole(),
                    minute_used=whole(),
                    minute_limit=whole(),
                    day_used=whole(),
                    day_limit=whole(),
                )
            ),
            blocks=many(
                fields(
                    application=text(),
                    user=text("The user's id."),
                    division=whole("0 where the address names none."),
                    endpoint=text(),
                    began_at=number("Seconds since 1970."),
                    ends_at=number("Seconds since 1970."),
                )
            ),
        ),
    },
)

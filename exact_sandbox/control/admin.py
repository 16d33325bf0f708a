"""What an administrator does inside Exact."""

from __future__ import annotations

from exact_sandbox.admin import ORDERS, AdminError, carry_out
from exact_sandbox.control.routes import Call, Route, Schema, Subject, fields


def _carry_out(call: Call) -> None:
    carry_out(call.division(), call.body)


_ANYTHING: Schema = {}

SUBJECT = Subject(
    "admin",
    "What an administrator does inside Exact: archive, block, close, process, delete.",
    (
        Route(
            "POST",
            "/_sandbox/admin/{division}",
            _carry_out,
            "Carry out orders in a division, all or none: a block takes a code (an account its ID), "
            "a period is [year, period], a year its number, an entry its EntryID, the rest true or false",
            request=fields(**dict.fromkeys(ORDERS, _ANYTHING)),
            example={"block_journal": "70", "close_period": [2026, 1]},
        ),
    ),
    refusals=(AdminError,),
)

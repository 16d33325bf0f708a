"""Example data, booked through the real rules."""

from __future__ import annotations

from exact_sandbox.control.routes import (
    Call,
    ControlError,
    Route,
    Subject,
    division_context,
    fields,
    number,
    whole,
)
from exact_sandbox.errors import Refused
from exact_sandbox.seed.example import Example, ExampleError, load_example

_AT_ONCE = 10_000
_COUNTS = {
    name: whole()
    for name in (
        "division",
        "customers",
        "sales_entries",
        "credit_notes",
        "payments",
        "paid",
        "partly_paid",
    )
}


def _load(call: Call) -> dict[str, object]:
    context = division_context(call.sandbox, call.body["division"])
    asked = {name: value for name, value in call.body.items() if name != "division"}
    for name in ("paid", "partly_paid", "credit_notes"):
        if name in asked:
            asked[name] = float(asked[name])
    try:
        return load_example(context, Example(**asked))
    except Refused as error:
        raise ControlError(error.text) from error


def _part(description: str, default: float) -> dict[str, object]:
    return number(description, minimum=0, maximum=1, default=default)


SUBJECT = Subject(
    "seed",
    "Example data, booked through the real rules; the same seed gives the same data.",
    (
        Route(
            "POST",
            "/_sandbox/seed",
            _load,
            "Load customers, sales entries, credit notes and payments into a division",
            request=fields(
                "division",
                division=whole("The division's code."),
                sales_entries=whole(
                    "How many sales entries.", minimum=0, maximum=_AT_ONCE, default=100
                ),
                customers=whole(
                    "How many new customers to book them on; 0 takes those that are there.",
                    minimum=0,
                    maximum=_AT_ONCE,
                    default=10,
                ),
                paid=_part("Which part of the invoices is paid in full.", 0.5),
                partly_paid=_part("Which part of the others is paid partly.", 0.1),
                credit_notes=_part("Which part of the entries is a credit note.", 0.05),
                days_back=whole(
                    "How many days ago the first is dated.", minimum=0, maximum=3650, default=300
                ),
                seed=whole("The same seed gives the same data.", minimum=0, default=1),
            ),
            response=fields("division customers sales_entries payments", **_COUNTS),
            status=201,
            example={
                "division": 1000001,
                "sales_entries": 50,
                "customers": 8,
                "paid": 0.5,
                "seed": 1,
            },
        ),
    ),
    refusals=(ExampleError,),
)

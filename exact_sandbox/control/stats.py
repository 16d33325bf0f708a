"""Figures for programs: requests, calls left, what is in the books, memory and uptime."""

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
from exact_sandbox.stats import COUNTED, stats_of


def _show(call: Call) -> dict[str, object]:
    return stats_of(call.sandbox)


_LIMIT: dict[str, Schema] = {
    f"{length}_{what}": whole()
    for length in ("minute", "day")
    for what in ("used", "limit", "left")
}

SUBJECT = Subject(
    "stats",
    "Figures: requests, calls left, what is in the books, memory and uptime.",
    (
        Route(
            "GET",
            "/_sandbox/stats",
            _show,
            "The figures of this moment",
            response=ref("Stats"),
        ),
    ),
    schemas={
        "Stats": fields(
            "now uptime_seconds requests calls_left divisions",
            now=text("The sandbox's time, UTC."),
            uptime_seconds=number("Of the process that answers, in real time."),
            workers=whole("Processes that serve."),
            process_id=whole(),
            memory_bytes=or_null(whole("Of the process that answers.")),
            store_bytes=whole("Of the books, in the file or in memory."),
            faults_waiting=whole(),
            switches_changed=whole(),
            requests=fields(
                "total by_endpoint",
                total=whole("In the log."),
                by_endpoint=many(
                    fields(
                        "method endpoint status count",
                        method=text(),
                        endpoint=text("Divisions together, keys left out."),
                        status=or_null(whole("Null when no answer was sent.")),
                        count=whole(),
                    )
                ),
            ),
            calls_left=many(
                fields(
                    "application division minute_left day_left",
                    application=text("The client id."),
                    division=whole("The division's code."),
                    **_LIMIT,
                )
            ),
            divisions=many(ref("DivisionStats")),
        ),
        "DivisionStats": fields(
            "division open_items open_amounts",
            division=whole("The division's code."),
            **{name: whole() for name in COUNTED},
            open_items=whole("Terms that customers still owe."),
            open_amounts={
                "type": "object",
                "description": "What customers owe, by currency.",
                "additionalProperties": {"type": "string"},
            },
        ),
    },
)

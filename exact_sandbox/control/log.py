"""Every request under /api, without secrets."""

from __future__ import annotations

from exact_sandbox.control.routes import Call, Route, Subject, fields, many, ref, whole


def _show(call: Call) -> dict[str, object]:
    return {"entries": call.sandbox.log.since(call.number("since"))}


def _clear(call: Call) -> None:
    call.sandbox.log.clear()


SUBJECT = Subject(
    "log",
    "Every request under /api, without secrets.",
    (
        Route(
            "GET",
            "/_sandbox/log",
            _show,
            "The requests received, oldest first",
            query={"since": whole("Only requests after this sequence number.", minimum=0)},
            response=fields("entries", entries=many(ref("LogEntry"))),
        ),
        Route("DELETE", "/_sandbox/log", _clear, "Forget the requests; the numbers go on"),
    ),
    schemas={"LogEntry": {"type": "object", "required": ["seq", "at", "method", "path"]}},
)

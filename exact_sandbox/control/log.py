"""Every request under /api, without secrets."""

from __future__ import annotations

from exact_sandbox.control.routes import (
    Call,
    ControlError,
    Route,
    Subject,
    fields,
    many,
    or_null,
    ref,
    text,
    whole,
    yes_no,
)
from exact_sandbox.log_search import (
    LogError,
    LogQuestion,
    count_requests,
    find_request,
    find_requests,
)

_FILTERS = {
    "since": whole("Only requests after this sequence number.", minimum=0),
    "division": whole("Only requests in this division."),
    "method": text("Only requests with this method."),
    "path": text("Only requests whose path contains this, in any case."),
    "status": text("A number such as 404, a class such as 4xx, or none: no answer was sent."),
    "user": text("Only requests of this user, by e-mail address."),
    "application": text("Only requests of this application, by client id."),
    "fault": text("Only requests disturbed by this fault, or by any."),
}
_PAGE = {
    "limit": whole("At most so many, the newest of those that fit.", minimum=0),
}


def _question(call: Call) -> LogQuestion:
    unknown = set(call.query) - set(_FILTERS) - set(_PAGE)
    if unknown:
        known = ", ".join([*_FILTERS, *_PAGE])
        raise ControlError(f"There is no filter {min(unknown)}. Known: {known}.")
    return LogQuestion(
        since=call.number("since"),
        division=call.number("division") if "division" in call.query else None,
        **{
            name: call.query.get(name, "") for name in _FILTERS if name not in ("since", "division")
        },
    )


def _show(call: Call) -> dict[str, object]:
    question, log = _question(call), call.sandbox.log
    if "limit" not in call.query:
        return {"entries": find_requests(log, question)}
    newest = find_requests(log, question, newest_first=True, limit=call.number("limit"))
    return {"entries": newest[::-1]}


def _count(call: Call) -> dict[str, object]:
    return {"count": count_requests(call.sandbox.log, _question(call))}


def _one(call: Call) -> dict[str, object]:
    raw = call.path["seq"]
    entry = find_request(call.sandbox.log, int(raw)) if raw.isdecimal() and len(raw) < 16 else None
    if entry is None:
        raise ControlError("This request is not in the log.", 404)
    return entry


def _clear(call: Call) -> None:
    call.sandbox.log.clear()


SUBJECT = Subject(
    "log",
    "Every request under /api, without secrets; the last 50,000.",
    (
        Route(
            "GET",
            "/_sandbox/log",
            _show,
            "The requests received, oldest first",
            query=_FILTERS | _PAGE,
            response=fields("entries", entries=many(ref("LogEntry"))),
        ),
        Route("DELETE", "/_sandbox/log", _clear, "Forget the requests; the numbers go on"),
        Route(
            "GET",
            "/_sandbox/log/count",
            _count,
            "How many requests fit: how often a client called",
            query=_FILTERS,
            response=fields("count", count=whole()),
        ),
        Route(
            "GET",
            "/_sandbox/log/{seq}",
            _one,
            "One request",
            response=ref("LogEntry"),
        ),
    ),
    schemas={
        "LogEntry": fields(
            "seq at method path query headers",
            seq=whole("Its number; the numbers go up."),
            at=text("The sandbox's time, UTC."),
            method=text(),
            path=text(),
            query=text("As it was sent, secrets left out."),
            division=or_null(whole()),
            headers={"type": "object", "additionalProperties": {"type": "string"}},
            body=or_null(text("As it was sent, secrets left out.")),
            status=or_null(whole("Null when no answer was sent.")),
            application=or_null(text("The client id.")),
            user=or_null(text("The e-mail address.")),
            fault=or_null(text("The fault that disturbed it.")),
            executed=or_null(yes_no("Whether it was carried out.")),
        ),
    },
    refusals=(LogError,),
)

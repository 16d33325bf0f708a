"""The requests that came in: the list with filters, and one in full."""

from __future__ import annotations

import json
from http import HTTPStatus
from urllib.parse import unquote_plus

from markupsafe import Markup

from exact_sandbox.html import table
from exact_sandbox.log_search import (
    Entry,
    LogError,
    LogQuestion,
    count_requests,
    find_request,
    find_requests,
    same_requests,
)
from exact_sandbox.pages.layout import counted
from exact_sandbox.pages.page import Done, Form, Missing, Page, Screen, Visit
from exact_sandbox.pages.parts import (
    PER_PAGE,
    button,
    card,
    empty,
    example,
    facts,
    field,
    form,
    join,
    link,
    pager,
    select,
    tag,
)
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import all_users

_METHODS = ("GET", "POST", "PUT", "DELETE")
_STATUSES = ("2xx", "3xx", "4xx", "5xx", "none")


def request_table(entries: list[Entry]) -> Markup | None:
    """Return requests as a table, or None when there are none."""
    if not entries:
        return None
    lines: list[list[object]] = [
        [
            link(f"/log/{entry['seq']}", entry["seq"]),
            str(entry["at"])[:19].replace("T", " "),
            entry["method"],
            join(
                entry["path"],
                Markup(' <span class="soft">?{}</span>').format(unquote_plus(str(entry["query"])))
                if entry["query"]
                else "",
            ),
            entry["user"] or "",
            _outcome(entry),
        ]
        for entry in entries
    ]
    return table(["No.", "Time (UTC)", "Method", "Address", "User", "Answer"], lines)


def _outcome(entry: Entry) -> Markup:
    status = entry["status"]
    if status is None:
        label = tag("no answer", "bad")
    else:
        kind = "good" if int(str(status)) < 400 else "bad"
        label = tag(status, kind)
    fault = Markup(" {}").format(tag(entry["fault"], "warn")) if entry["fault"] else ""
    return join(label, fault)


def show_log(visit: Visit) -> Screen:
    """Return the requests that fit the filters, newest first."""
    page = max(1, visit.number("page", 1))
    log, question = visit.sandbox.log, _question(visit)
    try:
        total = count_requests(log, question)
        found = find_requests(
            log, question, newest_first=True, limit=PER_PAGE, offset=(page - 1) * PER_PAGE
        )
    except LogError as error:
        total, found = 0, []
        nothing = str(error)
    else:
        filtered = any(visit.query.values())
        nothing = "No request fits." if filtered else "No request came in yet."
    content = join(
        Markup("<h1>Requests</h1>"),
        Markup(
            '<p class="lead">Every request under <code>/api</code>, without secrets. For programs: '
            "<code>GET /_sandbox/log</code> with the same filters.</p>"
        ),
        card(
            "Filter",
            Markup('<form method="get" action="/log" class="filters">{}</form>').format(
                _filters(visit)
            ),
        ),
        card(
            counted(total, "request", "requests"),
            request_table(found) or empty(nothing),
            pager(visit, total, page=page),
        ),
        form("/log/clear", button("Forget all requests", kind="plain")),
    )
    return Screen("Requests", content, "/log")


def _question(visit: Visit) -> LogQuestion:
    query = visit.query
    return LogQuestion(
        division=visit.number("division", 0) or None,
        method=query.get("method", ""),
        path=query.get("path", ""),
        status=query.get("status", ""),
        user=query.get("user", ""),
        fault="any" if query.get("fault") else "",
    )


def _filters(visit: Visit) -> Markup:
    query = visit.query
    divisions = [
        (row["Code"], f"{row['Code']} {row['Description']}")
        for row in visit.sandbox.database.records("divisions", order='"Code"')
    ]
    users = [(user.username, user.username) for user in all_users(visit.sandbox.database)]
    return join(
        field("Address contains", "path", query.get("path", ""), more='autocomplete="off"'),
        select(
            "Method",
            "method",
            [("", "any"), *((name, name) for name in _METHODS)],
            query.get("method", ""),
        ),
        select(
            "Answer",
            "status",
            [("", "any"), *((name, "no answer" if name == "none" else name) for name in _STATUSES)],
            query.get("status", ""),
        ),
        select("User", "user", [("", "any"), *users], query.get("user", "")),
        select("Division", "division", [("", "any"), *divisions], query.get("division", "")),
        select(
            "Fault",
            "fault",
            [("", "any"), ("1", "only disturbed requests")],
            query.get("fault", ""),
        ),
        button("Filter"),
    )


def show_request(visit: Visit) -> Screen:
    """Return one request in full, and the tries before and after it."""
    raw = visit.path["seq"]
    entry = find_request(visit.sandbox.log, int(raw)) if raw.isdecimal() and len(raw) < 15 else None
    if entry is None:
        raise Missing("This request is not in the log (any more).")
    status = entry["status"]
    phrase = HTTPStatus(int(str(status))).phrase if status is not None else ""
    headers: dict[str, str] = entry["headers"]  # type: ignore[assignment] # as LogEntry has it
    content = join(
        Markup("<h1>Request {}</h1>").format(entry["seq"]),
        card(
            "What happened",
            facts(
                [
                    ("Time (UTC)", str(entry["at"]).replace("T", " ")),
                    ("Answer", join(_outcome(entry), " ", phrase)),
                    ("Executed", {True: "yes", False: "no", None: "no"}[entry["executed"]]),  # type: ignore[index] # as LogEntry has it
                    ("User", entry["user"]),
                    ("Application", entry["application"]),
                    ("Division", entry["division"]),
                ]
            ),
        ),
        card(
            "What was asked",
            example(_asked(entry), "Request"),
            Markup("<h3>Headers</h3>"),
            table(["Name", "Value"], [[name, value] for name, value in headers.items()]),
            _body(entry),
        ),
        _tries(visit.sandbox, entry),
    )
    return Screen(f"Request {entry['seq']}", content, "/log")


def _asked(entry: Entry) -> str:
    query = f"?{unquote_plus(str(entry['query']))}" if entry["query"] else ""
    return f"{entry['method']} {entry['path']}{query}"


def _body(entry: Entry) -> Markup:
    raw = entry["body"]
    if not isinstance(raw, str):
        return Markup("")
    try:
        text = json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    except ValueError:
        text = raw
    return join(Markup("<h3>Body</h3>"), example(text, "Body"))


def _tries(sandbox: Sandbox, entry: Entry) -> Markup:
    """Return the other requests that asked exactly the same, such as a retry after a fault."""
    same = same_requests(sandbox.log, entry, PER_PAGE)
    if len(same) < 2:
        return Markup("")
    place = [other["seq"] for other in same].index(entry["seq"]) + 1
    lead = f"This is try {place} of {len(same)} with the same method, address and body."
    return card("Tries", request_table(same), lead=lead)


def clear(visit: Visit) -> Done:
    """Forget the requests."""
    visit.sandbox.log.clear()
    return Done("/log", "The requests are forgotten.")


PAGE = Page("/log", show_log)
PAGES = (
    PAGE,
    Page("/log/{seq}", show_request),
    Form("/log/clear", clear, PAGE),
)

"""Finds requests in the log by what they were and how they ended, and counts them by endpoint."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from exact_sandbox.applications import plain_client_id
from exact_sandbox.request_log import RequestLog

Entry = dict[str, object]
_STATUS = re.compile(r"[1-5]xx|[1-5]\d\d|none")
_KEY = re.compile(r"\([^)]*\)")
_DIVISION = re.compile(r"^/api/v1/(?:beta/)?(\d+)/", re.IGNORECASE)


class LogError(ValueError):
    """A question that cannot be answered; the text says why."""


@dataclass(frozen=True, slots=True)
class LogQuestion:
    """Which requests are wanted; what is left empty does not matter.

    `path` is part of the path, any case. `status` is a number, 'none' for requests that got no
    answer, or a class such as '4xx'. `fault` is the name of one, or 'any'.
    """

    since: int = 0
    division: int | None = None
    method: str = ""
    path: str = ""
    status: str = ""
    user: str = ""
    application: str = ""
    fault: str = ""

    def conditions(self) -> Iterator[tuple[str, list[object]]]:
        """Return the conditions in SQL with their parameters; raises LogError."""
        yield "seq > ?", [self.since]
        if self.division is not None:
            yield "division = ?", [self.division]
        if self.method:
            yield "method = ?", [self.method.upper()]
        if self.path:
            yield "instr(lower(path), ?) > 0", [self.path.lower()]
        if self.status:
            yield _status_condition(self.status.lower())
        if self.user:
            yield "lower(user) = ?", [self.user.lower()]
        if self.application:
            yield "application = ?", [plain_client_id(self.application)]
        if self.fault == "any":
            yield "fault IS NOT NULL", []
        elif self.fault:
            yield "fault = ?", [self.fault]


def _status_condition(status: str) -> tuple[str, list[object]]:
    if not _STATUS.fullmatch(status):
        raise LogError("status is a number such as 404, a class such as 4xx, or none.")
    if status == "none":
        return "status IS NULL", []
    if status.endswith("xx"):
        return "status / 100 = ?", [int(status[0])]
    return "status = ?", [int(status)]


def _sql(question: LogQuestion) -> tuple[str, list[object]]:
    conditions = list(question.conditions())
    parameters = [value for _, values in conditions for value in values]
    return " AND ".join(text for text, _ in conditions), parameters


def find_requests(
    log: RequestLog,
    question: LogQuestion,
    *,
    newest_first: bool = False,
    limit: int = -1,
    offset: int = 0,
) -> list[Entry]:
    """Return the requests that fit, in the order they came unless the newest are wanted first."""
    condition, parameters = _sql(question)
    order = "DESC" if newest_first else "ASC"
    tail = f"{condition} ORDER BY seq {order} LIMIT ? OFFSET ?"
    return log.find(tail, [*parameters, limit, offset])


def count_requests(log: RequestLog, question: LogQuestion) -> int:
    """Return how many requests fit."""
    return log.count(*_sql(question))


def find_request(log: RequestLog, sequence: int) -> Entry | None:
    """Return the request with a sequence number, or None."""
    return next(iter(log.find("seq = ?", [sequence])), None)


def same_requests(log: RequestLog, entry: Entry, limit: int) -> list[Entry]:
    """Return the newest requests with the same method, address and body, oldest first."""
    names = ("method", "path", "query", "body")
    condition = " AND ".join(f"{name} IS ?" for name in names)
    tail = f"{condition} ORDER BY seq DESC LIMIT ?"
    return log.find(tail, [*(entry[name] for name in names), limit])[::-1]


def count_by_endpoint(log: RequestLog) -> list[dict[str, object]]:
    """Return how many requests each endpoint got, by method and status; divisions together."""
    counts: Counter[tuple[str, str, int | None]] = Counter()
    for method, path, status, number in log.totals():
        endpoint = _KEY.sub("(…)", _DIVISION.sub("", path)).rstrip("/").removeprefix("/api/v1/")
        counts[method, endpoint, status] += number
    return [
        {"method": method, "endpoint": endpoint, "status": status, "count": number}
        for (method, endpoint, status), number in sorted(
            counts.items(), key=lambda item: (item[0][1], item[0][0], item[0][2] or 0)
        )
    ]

"""Log lines as JSON: one event a line, safe against line breaks in names, no payloads."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from connector import log_context, log_redaction

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "request",
    "response",
    "taskName",
    "data",  # Celery's own: what its message already says
}


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object; what was passed in `extra` becomes fields."""

    def format(self, record: logging.LogRecord) -> str:
        """This function will return the line: time in UTC, level, logger, message, ids, extra fields, traceback.

        Secrets and personal data that got here by mistake are left out.
        """
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": log_redaction.clean(_message(record)),
        }
        extra = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        line |= {
            name: log_redaction.clean_field(name, value)
            for name, value in {**log_context.bound(), **extra}.items()
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["traceback"] = log_redaction.describe(record.exc_info[1])
        return json.dumps(line, default=str, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    """The sentence, without what libraries add to it: Django a request's address, Celery the words of a task's error."""
    if hasattr(record, "request"):
        return "A request failed"
    task = getattr(record, "data", None)
    if isinstance(task, Mapping) and "exc" in task:
        return f"Task {task['name']}[{task['id']}] {task['description']}"
    return record.getMessage()

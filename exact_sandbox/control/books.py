"""What is really booked, past every switch and fault."""

from __future__ import annotations

from exact_sandbox.books.check import book_problems
from exact_sandbox.control.routes import Call, Route, Subject, fields, many, ref, text
from exact_sandbox.truth import entries_of


def _entries(call: Call) -> dict[str, object]:
    return {"entries": entries_of(call.sandbox.database, call.division().division)}


def _check(call: Call) -> dict[str, object]:
    return {"problems": book_problems(call.sandbox.database, call.division().division)}


SUBJECT = Subject(
    "books",
    "What is really booked, past every switch and fault.",
    (
        Route(
            "GET",
            "/_sandbox/books/{division}/entries",
            _entries,
            "Every sales entry with its lines and terms; amounts are texts",
            response=fields("entries", entries=many(ref("BookedEntry"))),
        ),
        Route(
            "GET",
            "/_sandbox/books/{division}/check",
            _check,
            "What does not add up in the books: always empty",
            response=fields("problems", problems=many(text())),
        ),
    ),
    schemas={
        "BookedEntry": {"type": "object", "required": ["entry_id", "amount", "lines", "terms"]},
    },
)

"""What is really booked, past every switch and fault."""

from __future__ import annotations

from exact_sandbox.books.check import book_problems
from exact_sandbox.control.routes import Call, Route, Subject, fields, many, ref, text
from exact_sandbox.truth import entries_of
from exact_sandbox.truth_invoices import sales_invoices_of


def _entries(call: Call) -> dict[str, object]:
    return {"entries": entries_of(call.sandbox.database, call.division().division)}


def _sales_invoices(call: Call) -> dict[str, object]:
    context = call.division()
    return {"sales_invoices": sales_invoices_of(call.sandbox.database, context.division)}


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
            "/_sandbox/books/{division}/sales-invoices",
            _sales_invoices,
            "Every sales invoice, printed or not, with its lines and the entry printing made",
            response=fields("sales_invoices", sales_invoices=many(ref("SalesInvoice"))),
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
        "SalesInvoice": {"type": "object", "required": ["invoice_id", "status", "amount", "lines"]},
        "BookedEntry": {"type": "object", "required": ["entry_id", "amount", "lines", "terms"]},
    },
)

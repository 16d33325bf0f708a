"""What was sent to customers: e-mails, and messages to postboxes and over Peppol."""

from __future__ import annotations

from werkzeug import Response

from exact_sandbox import outbox
from exact_sandbox.control.routes import (
    Call,
    ControlError,
    Route,
    Subject,
    fields,
    many,
    ref,
    text,
    whole,
)


def _list(call: Call) -> dict[str, object]:
    division = call.number("division") if "division" in call.query else None
    found = outbox.list_emails(
        call.sandbox.database, division=division, invoice_id=call.query.get("invoice_id")
    )
    kind = call.query.get("kind")
    return {"messages": [message for message in found if kind in (None, message["kind"])]}


def _one(call: Call) -> dict[str, object]:
    message = outbox.find_email(call.sandbox.database, call.path["id"])
    if message is None:
        raise ControlError("There is no such message.", 404)
    return message


def _attachment(call: Call) -> Response:
    found = outbox.find_attachment(call.sandbox.database, call.path["id"], call.path["name"])
    if found is None:
        raise ControlError("There is no such attachment.", 404)
    return Response(
        found.content,
        content_type=found.content_type,
        headers={
            "Content-Disposition": f'inline; filename="{found.name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def _empty(call: Call) -> None:
    outbox.empty(call.sandbox.database)


SUBJECT = Subject(
    "outbox",
    "What was sent to customers: e-mails, and messages to postboxes and over Peppol.",
    (
        Route(
            "GET",
            "/_sandbox/outbox",
            _list,
            "The messages, newest first",
            query={
                "division": whole("Only messages of this division."),
                "invoice_id": text("Only messages about this sales invoice."),
                "kind": text("Only email, postbox or peppol."),
            },
            response=fields("messages", messages=many(ref("Message"))),
        ),
        Route("DELETE", "/_sandbox/outbox", _empty, "Throw every message away"),
        Route(
            "GET",
            "/_sandbox/outbox/{id}",
            _one,
            "One message with its text",
            response=ref("Message"),
        ),
        Route(
            "GET",
            "/_sandbox/outbox/{id}/attachments/{name}",
            _attachment,
            "A file of a message, as it was sent",
            response=text(format="binary"),
            content_type="application/pdf",
        ),
    ),
    schemas={
        "Message": {
            "type": "object",
            "required": ["id", "kind", "from", "to", "subject", "text", "attachments"],
        },
    },
)

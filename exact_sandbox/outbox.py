"""Keeps what was sent to customers: e-mails, and messages to digital postboxes and over Peppol.

Nothing leaves the sandbox. `/_sandbox/outbox` shows it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from exact_sandbox.database import Database, new_id
from exact_sandbox.values import from_store, to_store

EMAIL, POSTBOX, PEPPOL = "email", "postbox", "peppol"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a message carries."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A message to a customer; `kind` is email, postbox or peppol."""

    kind: str
    division: int
    invoice_id: str
    invoice_number: int
    sender: str
    recipient: str
    recipient_name: str
    subject: str
    text: str
    language: str
    attachments: tuple[Attachment, ...]


def send(database: Database, message: Message) -> str:
    """Put a message into the outbox, stamped with the sandbox's clock, and return its id."""
    message_id = new_id()
    database.execute(
        "INSERT INTO outbox (id, kind, division, invoice_id, invoice_number, sender, recipient, "
        "recipient_name, subject, body, language, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            message_id,
            message.kind,
            message.division,
            message.invoice_id,
            message.invoice_number,
            message.sender,
            message.recipient,
            message.recipient_name,
            message.subject,
            message.text,
            message.language,
            to_store("DateTime", database.clock.naive_now()),
        ],
    )
    for attachment in message.attachments:
        database.execute(
            "INSERT INTO outbox_attachments VALUES (?, ?, ?, ?)",
            [message_id, attachment.name, attachment.content_type, attachment.content],
        )
    return message_id


def list_emails(
    database: Database,
    *,
    division: int | None = None,
    invoice_id: str | None = None,
    limit: int = -1,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """Return messages of all kinds, newest first: every one, or of a division, invoice or page."""
    rows = database.execute(
        "SELECT * FROM outbox WHERE (? IS NULL OR division = ?) AND (? IS NULL OR invoice_id = ?) "
        "ORDER BY number DESC LIMIT ? OFFSET ?",
        [division, division, invoice_id, invoice_id, limit, offset],
    )
    return [_as_json(database, row) for row in rows]


def find_email(database: Database, message_id: str) -> dict[str, Any] | None:
    """Return a message by its id, or None."""
    rows = database.execute("SELECT * FROM outbox WHERE id = ?", [message_id])
    return _as_json(database, rows[0]) if rows else None


def find_attachment(database: Database, message_id: str, name: str) -> Attachment | None:
    """Return a file of a message, or None."""
    rows = database.execute(
        "SELECT * FROM outbox_attachments WHERE message_id = ? AND name = ?", [message_id, name]
    )
    return (
        Attachment(rows[0]["name"], rows[0]["content_type"], rows[0]["content"]) if rows else None
    )


def empty(database: Database) -> None:
    """Throw every message away."""
    database.execute("DELETE FROM outbox_attachments")
    database.execute("DELETE FROM outbox")


def _as_json(database: Database, row: sqlite3.Row) -> dict[str, Any]:
    attachments = database.execute(
        "SELECT name, content_type, length(content) AS size FROM outbox_attachments "
        "WHERE message_id = ? ORDER BY name",
        [row["id"]],
    )
    return {
        "id": row["id"],
        "kind": row["kind"],
        "division": row["division"],
        "invoice_id": row["invoice_id"],
        "invoice_number": row["invoice_number"],
        "from": row["sender"],
        "to": row["recipient"],
        "to_name": row["recipient_name"],
        "subject": row["subject"],
        "text": row["body"],
        "language": row["language"],
        "sent_at": f"{from_store('DateTime', row['created']).isoformat(timespec='milliseconds')}Z",
        "attachments": [
            {
                "name": attachment["name"],
                "content_type": attachment["content_type"],
                "size": attachment["size"],
                "url": f"/_sandbox/outbox/{row['id']}/attachments/{attachment['name']}",
            }
            for attachment in attachments
        ],
    }

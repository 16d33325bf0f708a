"""Webhooks as Exact writes them, to the byte."""

from __future__ import annotations

import hashlib
import hmac
import json
from uuid import UUID, uuid4

CLIENT = "b81cc4de-d192-400e-bcb4-09254394c52a"
SECRET = "the webhook secret"


def content_of(
    *,
    division: int,
    topic: str = "FinancialTransactions",
    action: str = "Create",
    key: UUID | str | None = None,
    host: str = "https://start.exactonline.nl",
    client: str = CLIENT,
) -> str:
    """The content that Exact signs: compact JSON."""
    key = key or uuid4()
    return json.dumps(
        {
            "Topic": topic,
            "ClientId": client,
            "Division": division,
            "Action": action,
            "Key": str(key),
            "ExactOnlineEndpoint": f"{host}/api/v1/{division}/x/Payment(guid'{key}')",
            "EventCreatedOn": "2026-11-27T12:34:56.789",
        },
        separators=(",", ":"),
    )


def sign(content: str, secret: str = SECRET) -> str:
    """The whole body of a webhook with this content."""
    signature = hmac.new(secret.encode(), content.encode(), hashlib.sha256).hexdigest().upper()
    return f'{{"Content":{content},"HashCode":"{signature}"}}'


def body_of(**content: object) -> str:
    """The whole body of a genuine webhook."""
    return sign(content_of(**content))  # type: ignore[arg-type]  # handed on as they are

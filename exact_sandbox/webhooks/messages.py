"""Writes the body of a delivery to the byte as Exact does, and signs it."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """What a delivery tells: which record of a topic was created, updated or deleted, and when."""

    topic: str
    division: int
    action: str
    key: str
    endpoint: str  # the absolute address of the record
    at: datetime  # naive, UTC


def signed_body(event: Event, client_id: str, secret: str) -> str:
    """Return compact JSON: the content and its HMAC-SHA256 in upper-case hexadecimal digits.

    The signature is over the raw bytes between `{"Content":` and `,"HashCode":`; whoever parses and
    writes the content anew gets another one.
    """
    content = json.dumps(
        {
            "Topic": event.topic,
            "ClientId": client_id,
            "Division": event.division,
            "Action": event.action,
            "Key": event.key,
            "ExactOnlineEndpoint": event.endpoint,
            "EventCreatedOn": event.at.isoformat(timespec="milliseconds"),
        },
        separators=(",", ":"),
        ensure_ascii=False,
    )
    signature = hmac.new(secret.encode(), content.encode(), hashlib.sha256).hexdigest().upper()
    return f'{{"Content":{content},"HashCode":"{signature}"}}'

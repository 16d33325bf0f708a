"""What a proven webhook says: that a record of a topic was created, changed or deleted in a division."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from integrations.exact import odata

CREATE = "Create"


class NotUnderstood(Exception):
    """The content lacks something or has another form."""


@dataclass(frozen=True, slots=True)
class Message:
    """One webhook. ``host`` is Exact's own address in it, without a closing slash; ``key`` names the record."""

    topic: str
    client_id: str
    host: str
    division: int
    action: str
    key: UUID | None


def read(content: bytes) -> Message:
    """This function will read the signed content. Raises NotUnderstood."""
    try:
        document = odata.from_json(content)
        endpoint = urlsplit(document["ExactOnlineEndpoint"])
        message = Message(
            topic=document["Topic"],
            client_id=plain_client_id(document["ClientId"]),
            host=f"{endpoint.scheme}://{endpoint.netloc}",
            division=document["Division"],
            action=document["Action"],
            key=_key(document.get("Key")),
        )
    except (odata.NotUnderstood, KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotUnderstood(type(error).__name__) from error
    is_text = isinstance(message.topic, str) and isinstance(message.action, str)
    if not is_text or type(message.division) is not int or not -(2**31) <= message.division < 2**31:
        raise NotUnderstood("A property has another type")
    return message


def plain_client_id(client_id: str) -> str:
    """This function will return an app's id in lower case without the braces that older registrations have."""
    return client_id.strip().strip("{}").lower()


def _key(value: object) -> UUID | None:
    """The record's id; None where a topic names its records otherwise, which is as good: it is never looked up."""
    try:
        return UUID(str(value))
    except ValueError:
        return None

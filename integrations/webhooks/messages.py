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
        client_id = plain_client_id(document["ClientId"])
        topic, action, division = (document[name] for name in ("Topic", "Action", "Division"))
    except (odata.NotUnderstood, KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotUnderstood(type(error).__name__) from error
    is_text = isinstance(topic, str) and isinstance(action, str)
    # A bool is an int to Python, and the column takes 32 bits.
    if not is_text or type(division) is not int or not 0 <= division < 2**31:
        raise NotUnderstood("A property has another form")
    return Message(
        topic=topic,
        client_id=client_id,
        host=odata.storable(f"{endpoint.scheme}://{endpoint.netloc}"),
        division=division,
        action=action,
        key=_key(document.get("Key")),
    )


def plain_client_id(client_id: str) -> str:
    """This function will return an app's id in lower case without the braces that older registrations have."""
    return client_id.strip().strip("{}").lower()


def _key(value: object) -> UUID | None:
    """The record's id; None where a topic names its records otherwise, which is as good: it is never looked up."""
    try:
        return UUID(str(value))
    except ValueError:
        return None

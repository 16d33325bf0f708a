"""The refusals of the sandbox and how Exact words them on the wire.

    ExactError            carries status, text and an optional Reason header
    ├─ BadRequest         400, a request Exact cannot read
    ├─ Forbidden          403, no rights or scope
    ├─ NotFound           404, unknown key or address
    └─ Refused            500, a rule of the books says no (Exact answers 500, not 400)

Exact's error body: https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-resterrorhandling
"""

from __future__ import annotations

GENERIC_500 = (
    "A problem has occurred. The cause of this issue will be investigated as soon as possible."
)


class ExactError(Exception):
    """An answer other than success; `text` is what the client reads in error.message.value."""

    status = 500

    def __init__(self, text: str = "", *, reason: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.reason = reason


class BadRequest(ExactError):
    """A request that cannot be read."""

    status = 400


class Unauthorized(ExactError):
    """A missing, unknown or expired bearer token; the body is empty."""

    status = 401


class Forbidden(ExactError):
    """The user or the application may not do this."""

    status = 403


class NotFound(ExactError):
    """No such record or address."""

    status = 404


class MethodNotAllowed(ExactError):
    """The endpoint does not know this verb; `allowed` are those it knows."""

    status = 405

    def __init__(self, text: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.allowed = allowed


class UnsupportedMediaType(ExactError):
    """The client sends or takes neither JSON nor Atom."""

    status = 415


class NotImplementedHere(ExactError):
    """Part of the protocol that the service does not have."""

    status = 501


class TooManyRequests(ExactError):
    """A limit was reached; `headers` are those of the limit that was exceeded, or none."""

    status = 429

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__()
        self.headers = headers


class Refused(ExactError):
    """A rule of the books says no; several texts are joined by a line break."""

    def __init__(self, *texts: str) -> None:
        super().__init__("\r\n".join(texts))


def body(text: str) -> dict[str, object]:
    """Return Exact's error body around a text."""
    return {"error": {"code": "", "message": {"lang": "", "value": text}}}

"""What can go wrong with a call to Exact, and what each answer means for a write.

    ExactError                  carries status, path, Exact's messages, the raw text and the Reason header
    ├── TemporaryProblem        try later; nothing was executed (or it was only a read)
    │   ├── NotSent             no byte left this machine
    │   ├── HeldBack            not called at all: a limit, a refusing endpoint or a stop; ``until`` says for how long
    │   ├── Throttled           429: ``limit`` and ``reset_at`` say until when
    │   └── Unavailable         a read got no usable answer: maintenance page, 5xx, lost answer
    ├── Unauthorized            401: refresh the token once, then reconnect
    ├── NeedsAttention          a person can fix it
    │   └── Refused             Exact says no
    │       ├── ValidationRefused   400, or 500 with Exact's own text: the data is not accepted
    │       ├── Forbidden           403: the app's scope or the user's rights fall short
    │       ├── NotFound            404 for one record
    │       └── DivisionGone        404 for a whole collection: the division is no longer there
    ├── OutcomeUnknown          a write may or may not have been executed: look in Exact before anything else
    └── UnexpectedAnswer        a read whose answer can not be trusted

Every error also carries its `Outcome`. https://start.exactonline.nl/docs/HlpRestAPIResources.aspx
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

from connector import http
from integrations.exact import limits, odata

MAX_RAW_CHARACTERS = 4000
LookedAt = http.Answer | http.NotSent | http.AnswerLost


class Outcome(StrEnum):
    """What an answer means for the request that was written (RELIABILITY A7 to A13)."""

    EXECUTED = "executed"
    NOT_SENT = "not_sent"
    REFUSED_UNEXECUTED = "refused_unexecuted"
    REFUSED = "refused"
    PROBABLY_REFUSED = "probably_refused"
    UNCERTAIN = "uncertain"


class ExactError(Exception):
    """A call to Exact did not do what was asked."""

    outcome = Outcome.UNCERTAIN

    def __init__(
        self,
        summary: str,
        *,
        path: str = "",
        status: int | None = None,
        messages: tuple[str, ...] = (),
        raw_text: str = "",
        reason_header: str = "",
        outcome: Outcome | None = None,
    ) -> None:
        where = f" at {path}" if path else ""
        answered = f" (HTTP {status})" if status is not None else ""
        super().__init__(f"{summary}{answered}{where}")
        self.path = path
        self.status = status
        self.messages = messages
        self.raw_text = raw_text
        self.reason_header = reason_header
        if outcome is not None:
            self.outcome = outcome


class TemporaryProblem(ExactError):
    """Try again later."""


class NotSent(TemporaryProblem):
    """No byte of the request left this machine."""

    outcome = Outcome.NOT_SENT


class HeldBack(TemporaryProblem):
    """The caller's own gate (``before_call`` of the client) let the call not out. ``until`` is UTC.

    ``reason`` says why, as a sentence without its end; ``endpoint`` is set when only that part of Exact is not called.
    """

    outcome = Outcome.NOT_SENT

    def __init__(self, reason: str, *, until: datetime, endpoint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until
        self.endpoint = endpoint


class Throttled(TemporaryProblem):
    """Refused for now (429). ``reset_at`` is UTC; ``limit`` is unknown for Exact's block after many errors."""

    outcome = Outcome.REFUSED_UNEXECUTED

    def __init__(
        self, summary: str, *, limit: limits.LimitKind, reset_at: datetime, **context: Any
    ) -> None:
        super().__init__(summary, **context)
        self.limit: limits.LimitKind = limit
        self.reset_at = reset_at


class Unavailable(TemporaryProblem):
    """A read got no usable answer; reading again later is safe."""


class Unauthorized(ExactError):
    """Exact does not accept the access token."""

    outcome = Outcome.REFUSED_UNEXECUTED


class NeedsAttention(ExactError):
    """Trying again changes nothing; a person has to change something."""

    outcome = Outcome.REFUSED


class Refused(NeedsAttention):
    """Exact says no."""


class ValidationRefused(Refused):
    """The data is not accepted; ``messages`` hold Exact's sentences in the language of its user."""


class Forbidden(Refused):
    """The app has not been given the scope, or the Exact user has not the rights."""

    def __init__(self, summary: str, *, cause: Literal["scope", "rights"], **context: Any) -> None:
        super().__init__(summary, **context)
        self.cause: Literal["scope", "rights"] = cause


class NotFound(Refused):
    """The record does not exist (any more)."""


class DivisionGone(Refused):
    """The division does not exist (any more) for this Exact user."""


class OutcomeUnknown(ExactError):
    """A write may or may not have been executed. Look in Exact first; never just send it again."""


class UnexpectedAnswer(ExactError):
    """An answer that can not be trusted: not the promised form, another division, too many pages."""


# The one text Exact gives for faults of its own; it also comes for some bad values, so it decides nothing.
_GENERIC = ("a problem has occurred", "the cause of this issue will be investigated")


def classify(method: str, answer: LookedAt) -> Outcome:
    """Return what an answer, or the lack of one, means for a request of this method."""
    if isinstance(answer, http.NotSent):
        return Outcome.NOT_SENT
    if isinstance(answer, http.AnswerLost):
        return Outcome.UNCERTAIN
    status = answer.status
    if 200 <= status < 300:
        return Outcome.EXECUTED if _is_readable(method, answer) else Outcome.UNCERTAIN
    if status == 401 or (status == 429 and not _is_html(answer)):
        return Outcome.REFUSED_UNEXECUTED
    if status in {403, 404}:
        return Outcome.REFUSED
    if status == 408 or not messages_of(answer):
        # Also a 429 in HTML: it comes from something in between, which may have passed the request on.
        return Outcome.UNCERTAIN
    if 400 <= status < 500:
        return Outcome.REFUSED
    if status == 500 and not is_generic(messages_of(answer)):
        return Outcome.PROBABLY_REFUSED
    return Outcome.UNCERTAIN


def error_from(
    method: str, path: str, answer: LookedAt, *, now: datetime | None = None
) -> ExactError | None:
    """Return the error that an answer stands for, or None when the call succeeded.

    ``path`` is the template of `endpoints`, so that it names no record. ``now`` (UTC) counts for 429 only.
    """
    outcome = classify(method, answer)
    if outcome is Outcome.EXECUTED:
        return None
    if isinstance(answer, http.NotSent):
        return NotSent(f"Not sent ({answer.reason})", path=path)
    is_read = method.upper() == "GET"
    if isinstance(answer, http.AnswerLost):
        kind = Unavailable if is_read else OutcomeUnknown
        return kind(f"No whole answer ({answer.reason})", path=path)
    context = _context(path, answer, outcome)
    if outcome is Outcome.REFUSED_UNEXECUTED:
        return _unexecuted(answer, context, now or datetime.now(UTC))
    if outcome is Outcome.UNCERTAIN:
        return _uncertain(answer, context, is_read=is_read)
    return _refused(path, answer, context)


def _unexecuted(answer: http.Answer, context: dict[str, Any], now: datetime) -> ExactError:
    if answer.status == 401:
        return Unauthorized("The access token was not accepted", **context)
    seen = limits.parse(answer.headers)
    kind = limits.limit_hit(seen)
    return Throttled("Too many calls", limit=kind, reset_at=limits.retry_at(seen, now), **context)


def _uncertain(answer: http.Answer, context: dict[str, Any], *, is_read: bool) -> ExactError:
    if not is_read:
        return OutcomeUnknown("Exact's answer does not tell whether it was done", **context)
    if _is_html(answer) or answer.status >= 500 or answer.status in {408, 429}:
        return Unavailable("Exact can not answer now", **context)
    return UnexpectedAnswer("Exact's answer can not be read", **context)


def _refused(path: str, answer: http.Answer, context: dict[str, Any]) -> ExactError:
    if answer.status == 403:
        is_scope = "scope" in f"{context['raw_text']} {context['reason_header']}".lower()
        return Forbidden("Not allowed", cause="scope" if is_scope else "rights", **context)
    if answer.status == 404:
        # Collections always exist, so when one is not found it is the division that is gone.
        if "{division}" in path and "({key})" not in path:
            return DivisionGone("The division is not there", **context)
        return NotFound("Not found", **context)
    return ValidationRefused("Exact does not accept the data", **context)


def _context(path: str, answer: http.Answer, outcome: Outcome) -> dict[str, Any]:
    return {
        "path": path,
        "status": answer.status,
        "messages": messages_of(answer),
        "raw_text": _capped(
            answer.body[: MAX_RAW_CHARACTERS * 4].decode("utf-8", errors="replace")
        ),
        "reason_header": _capped(answer.headers.get("Reason", "")),
        "outcome": outcome,
    }


def _capped(text: str) -> str:
    return odata.storable(text[:MAX_RAW_CHARACTERS])


def messages_of(answer: http.Answer) -> tuple[str, ...]:
    """Return Exact's own sentences; it joins several with a line break. Empty when the body is not an error."""
    if _is_html(answer):
        return ()
    try:
        document = odata.from_json(answer.body)
        value = document["error"]["message"]
        text = value["value"] if isinstance(value, Mapping) else value
    except (odata.NotUnderstood, KeyError, TypeError, IndexError):
        return ()
    if not isinstance(text, str):
        return ()
    return tuple(_capped(line.strip()) for line in text.splitlines() if line.strip())


def is_generic(messages: tuple[str, ...]) -> bool:
    """Tell whether the text is only Exact's general "a problem has occurred"."""
    return all(any(phrase in message.lower() for phrase in _GENERIC) for message in messages)


def _is_html(answer: http.Answer) -> bool:
    return "html" in answer.content_type or answer.body[:200].lstrip().lower().startswith(
        (b"<!doctype", b"<html")
    )


def is_json(answer: http.Answer) -> bool:
    """Tell whether the answer says it is JSON; a maintenance page comes with status 200 and HTML."""
    return answer.content_type in {"application/json", "text/json"}


def _is_readable(method: str, answer: http.Answer) -> bool:
    if not answer.body.strip():
        return method.upper() in {"PUT", "DELETE"}  # Exact answers those with 204 and nothing else
    if not is_json(answer):
        return False
    try:
        document = odata.from_json(answer.body)
    except odata.NotUnderstood:
        return False
    return isinstance(document, dict) and isinstance(document.get("d"), dict | list)

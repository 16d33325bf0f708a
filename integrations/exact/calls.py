"""What is told of one call to Exact: its bare facts to whoever counts, and what was said to whoever keeps a history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from integrations.exact import errors, limits

Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call as it may be counted and logged: no bodies, no tokens, no record ids.

    ``status`` is None when no whole answer came; ``outcome`` says what that means. ``duration_ms`` is wall time.
    """

    method: Method
    path_template: str
    status: int | None
    duration_ms: int
    limits: limits.Limits
    division: int | None
    outcome: errors.Outcome


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call with what was said in it. It holds personal data: mask it at once, and keep no reference to it.

    ``received`` is the decoded answer, None when there is none; ``refusal`` is the raw body of an answer that is an error.
    No header is in it, so no token either.
    """

    record: CallRecord
    url: str = field(repr=False)
    sent: Mapping[str, Any] | None = field(repr=False)
    received: Any = field(repr=False)
    refusal: bytes = field(repr=False)


def ignore_record(record: CallRecord) -> None:
    """Take no notice of a call (for scripts and tests)."""


def allow_call(method: Method, path: str) -> None:
    """Let every call out (for scripts and tests)."""


def ignore_exchange(exchange: Exchange) -> None:
    """Keep nothing of a call (outside the lanes)."""

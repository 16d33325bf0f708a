"""One call of an endpoint, over `connector.http`: to public addresses only, within ten seconds, its answer capped.

It runs in a thread of its own beside those for other endpoints and touches no database.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime

from django.conf import settings
from django.utils.translation import gettext_noop

from connector import http, public_addresses
from connector.http import NotSent, TransportError
from connector.sentences import sentence
from payments.psa_reports.lines import Claim

logger = logging.getLogger(__name__)

DEADLINE = 10.0  # seconds for all of a call
SLOW = 2.0  # seconds from which on an endpoint goes with the slow ones
MAX_ANSWER_BYTES = 64 * 1024
GONE = 410
_REDIRECTS = range(300, 400)
_NO_ANSWER = gettext_noop("No answer within %(seconds)s seconds.")
_CUT_OFF = gettext_noop("The connection was closed before the answer was complete.")
_WORDS: dict[str, str] = {
    "connect": gettext_noop("No connection: the name is not known or nothing answers there."),
    "tls": gettext_noop(
        "No secure connection: its certificate is not valid for the name in the address."
    ),
    "not_public": gettext_noop(
        "The name in the address leads into a private network, which is not called. Use a public address."
    ),
    "deadline": _NO_ANSWER,
    "read_timeout": _NO_ANSWER,
    "reset": _CUT_OFF,
    "short_body": _CUT_OFF,
    "too_large": gettext_noop("The answer is longer than %(size)s kB; an empty one is enough."),
}


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent where. Without ``report_id`` it is a test that a person asked for."""

    claim: Claim
    endpoint_id: int
    url: str
    message_id: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    report_id: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call, for people in ``words``; ``status`` is None when no answer came."""

    words: str
    seconds: float
    status: int | None = None
    retry_after: timedelta | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver asks not to be called any more."""
        return self.status == GONE


def call(opened: http.Session, message: Message, *, now: datetime) -> Outcome:
    """This function will make the call and say what came of it; it raises nothing. ``now`` is UTC."""
    began = time.monotonic()
    try:
        answer = http.send(
            opened,
            "POST",
            message.url,
            headers=message.headers,
            body=message.body,
            deadline=DEADLINE,
            connect_timeout=DEADLINE / 2,
            max_body_bytes=MAX_ANSWER_BYTES,
            addresses=public_addresses.list_public_or_own
            if settings.PSA_CALLBACKS_TO_LOCALHOST
            else public_addresses.list_public,
        )
    except TransportError as error:
        never_left = isinstance(error, NotSent) and error.reason == "deadline"
        words = sentence(
            _WORDS["connect" if never_left else error.reason],
            seconds=round(DEADLINE),
            size=MAX_ANSWER_BYTES // 1024,
        )
        return Outcome(words, time.monotonic() - began)
    except Exception:
        # Whatever it is, the others are called all the same.
        logger.exception("A callback could not be made", extra={"endpoint_id": message.endpoint_id})
        return Outcome(sentence("The call could not be made."), time.monotonic() - began)
    seconds = time.monotonic() - began
    return Outcome(
        _say(answer.status, seconds),
        seconds,
        answer.status,
        _retry_after(answer.headers.get("Retry-After", ""), now),
    )


def _say(status: int, seconds: float) -> str:
    if status in _REDIRECTS:
        return sentence(
            "Answered %(status)s, a redirect, which is not followed. Use the address it leads to.",
            status=status,
        )
    return sentence(
        "Answered %(status)s after %(seconds)s s.",
        status=status,
        seconds=Decimal(f"{seconds:.1f}"),
    )


def _retry_after(text: str, now: datetime) -> timedelta | None:
    """How long the receiver asks to be left alone, in seconds or until a date.

    https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
    """
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=int(text[:9]))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return until - now if until.tzinfo is not None and until > now else None

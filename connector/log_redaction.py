"""The second wall around secrets and personal data: nobody means to log them, and nobody can by mistake.

The first wall is that log lines carry a constant sentence and ids. Here, fields with a telling name lose their value, what
looks like a secret or an address loses it in any text, and the message of an exception is kept only when its class is one
whose messages hold no data: those of others may quote a row, a form or an answer.
"""

from __future__ import annotations

import re
import traceback
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from functools import cache
from types import TracebackType
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

REDACTED = "[redacted]"
_WORDS = frozenset(
    {
        "address",
        "authorization",
        "bearer",
        "body",
        "code",
        "cookie",
        "cookies",
        "csrf",
        "customer",
        "email",
        "iban",
        "key",
        "mail",
        "name",
        "names",
        "passwd",
        "password",
        "payload",
        "phone",
        "raw",
        "secret",
        "secrets",
        "session",
        "subject",
        "text",
        "token",
        "tokens",
        "user",
        "username",
        "vat",
    }
)
# Field names that hold one of these words and still are an id, a state or a count.
_HARMLESS = frozenset({"status_code", "problem_code", "key_id", "user_id", "session_count"})
_PATTERNS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), rf"\1 {REDACTED}"),
    (
        re.compile(
            r"(?i)(\b(?:access_token|refresh_token|client_secret|token|secret|password|passwd|code|state|api_key)"
            r"[\"']?\s*[=:]\s*[\"']?)[^\s&\"',;)}]+"
        ),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"://[^/\s:@]*:[^/\s@]*@"), f"://{REDACTED}@"),
    # A worker's own name looks like an address and is none.
    (re.compile(r"\b(?!celery@)[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), REDACTED),
    (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"), REDACTED),
    # PostgreSQL quotes the row that it refused.
    (re.compile(r"(?s)\b(DETAIL|CONTEXT):.*"), rf"\1: {REDACTED}"),
)
_SECRET_SETTINGS = ("SECRET_KEY", "EXACT_CLIENT_SECRET", "EMAIL_HOST_PASSWORD", "METRICS_TOKEN")
_SHORTEST_SECRET = 8
# Their messages are written by us or by the line, and hold no data of anybody.
_TELLING = (
    "connector.",
    "integrations.exact.errors.",
    "integrations.exact.oauth.",
    "integrations.lanes.",
    "integrations.token_store.",
    "django.db.utils.OperationalError",
    "django.db.utils.InterfaceError",
    "django.core.exceptions.ImproperlyConfigured",
    "kombu.exceptions.",
    "redis.exceptions.",
    "celery.exceptions.",
    "billiard.exceptions.",
)


def clean_field(name: str, value: object) -> object:
    """This function will return what may be logged of a field: nothing when its name says what it holds."""
    if name not in _HARMLESS and _WORDS & set(re.split(r"[_\W]+", name.lower())):
        return REDACTED
    if isinstance(value, Mapping):
        return {str(key): clean_field(str(key), one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean_field(name, one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return clean(str(value))


def clean(text: str) -> str:
    """This function will take out of a text what looks like a secret, a log-in, an address or a quoted row."""
    for secret in _known_secrets():
        text = text.replace(secret, REDACTED)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


@cache
def _known_secrets() -> tuple[str, ...]:
    found = {str(getattr(settings, name, "")) for name in _SECRET_SETTINGS}
    found |= set(settings.EXACT_WEBHOOK_SECRETS)
    found |= {urlsafe_b64encode(key).decode() for key in settings.ENCRYPTION_KEYS}
    found.add(str(settings.DATABASES["default"].get("PASSWORD") or ""))
    return tuple(sorted((one for one in found if len(one) >= _SHORTEST_SECRET), key=len))[::-1]


def describe(error: BaseException) -> str:
    """This function will return the exception, what led to it and where; its words only when they are known to be safe."""
    return clean("\n".join(_lines(error, seen=set())))


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None and id(earlier) not in seen:
        yield from _lines(earlier, seen)
        yield "" if error.__cause__ is None else "which caused"
    yield from _frames(error.__traceback__)
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    # Any line of the operating system is: "[Errno 111] Connection refused".
    is_telling = kind.startswith(_TELLING) or isinstance(error, OSError)
    yield f"{kind}: {error}" if is_telling else kind


def _frames(where: TracebackType | None) -> Iterator[str]:
    if where is None:
        return
    yield "Traceback (most recent call last):"
    yield from (line.rstrip("\n") for line in traceback.format_tb(where))


class ErrorPageFilter(SafeExceptionReporterFilter):
    """What Django's own report of an error may show, where DEBUG is on: no form, no address with a password in it."""

    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + "|BROKER|DATABASE|ENCRYPTION|REDIS",
        flags=re.IGNORECASE,
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        """This function will say that it filters, also where DEBUG is on."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """This function will return the names of the form's fields without their values."""
        if request is None:
            return {}
        return dict.fromkeys(request.POST, self.cleansed_substitute)

"""Typed readers of the environment: a missing or wrong value stops the start with one sentence."""

from __future__ import annotations

import base64
import binascii
import os
from string import Formatter
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
_KEY_BYTES = 32


def text(name: str, default: str | None = None) -> str:
    """This function will return the variable's text; without a default a missing one raises ImproperlyConfigured."""
    value = os.environ.get(name, default)
    if value is None or (value == "" and default is None):
        raise ImproperlyConfigured(
            f"Set the environment variable {name}; .env.example says what it is for."
        )
    return value


def flag(name: str, *, default: bool) -> bool:
    """This function will read 1/true/yes/on or 0/false/no/off and raise ImproperlyConfigured on anything else."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    """This function will read a whole number not below the minimum and raise ImproperlyConfigured otherwise."""
    value = os.environ.get(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
    if number < minimum:
        raise ImproperlyConfigured(f"{name} must be at least {minimum}, not {number}.")
    return number


def words(name: str, default: str = "") -> list[str]:
    """This function will split a comma-separated variable and drop empty parts."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def url(
    name: str, default: str | None = None, *, schemes: tuple[str, ...] = ("http", "https")
) -> str:
    """This function will return an absolute address without a trailing slash, or raise ImproperlyConfigured."""
    value = text(name, default).rstrip("/")
    if value == "" and default == "":
        return value
    parts = urlsplit(value)
    if parts.scheme not in schemes or not parts.netloc:
        raise ImproperlyConfigured(
            f"{name} must be an address that begins with {' or '.join(schemes)}://."
        )
    return value


def url_template(name: str, *, fields: tuple[str, ...], start: str) -> str:
    """This function will return an address with these fields in braces, or an empty text when it is not set.

    It begins with https:// or with the field ``start``, which stands for an address. Raises ImproperlyConfigured.
    """
    value = text(name, "")
    try:
        named = {
            field for _, field, spec, conversion in Formatter().parse(value) if field is not None
        }
        value.format(**dict.fromkeys(fields, ""))
    except (ValueError, LookupError, AttributeError):
        named = {""}
    begins = value.startswith(("https://", f"{{{start}}}/"))
    if value and (not begins or not named <= set(fields)):
        raise ImproperlyConfigured(
            f"{name} must begin with https:// or {{{start}}}/ and have no other fields than "
            f"{', '.join(f'{{{field}}}' for field in fields)}."
        )
    return value


def encryption_keys(name: str) -> list[bytes]:
    """This function will read comma-separated urlsafe-base64 keys of 32 bytes; the first one encrypts, all decrypt.

    Raises ImproperlyConfigured when there is none or one does not fit.
    """
    keys = []
    for encoded in words(name):
        try:
            key = base64.urlsafe_b64decode(encoded)
        except (ValueError, binascii.Error):
            key = b""
        if len(key) != _KEY_BYTES:
            raise ImproperlyConfigured(
                f"{name} must hold urlsafe-base64 keys of 32 bytes, separated by commas."
            )
        keys.append(key)
    if not keys:
        raise ImproperlyConfigured(
            f"Set {name}: tokens of Exact are stored encrypted. .env.example says how to make a key."
        )
    return keys

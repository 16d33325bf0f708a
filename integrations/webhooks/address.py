"""Whether webhooks are on, and the address that Exact is given."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def callback_url() -> str:
    """This function will return the address to which Exact sends webhooks; empty when there are none.

    Exact calls https only. A stand-in for Exact on this machine may call an address on this machine as well.
    """
    if not settings.EXACT_WEBHOOK_SECRETS:
        return ""
    parts = urlsplit(settings.PUBLIC_URL)
    is_local = bool(settings.EXACT_BASE_URL) and parts.hostname in _THIS_MACHINE
    if parts.scheme != "https" and not is_local:
        return ""
    return f"{settings.PUBLIC_URL}{reverse('exact_webhook')}"

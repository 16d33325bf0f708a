"""Where the browser may be sent back to after log-on."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from exact_sandbox.applications import Application
from exact_sandbox.switches import Switches

_UNFIT = re.compile(r"[\x00-\x20\x7f#]")  # no part of an address a browser may be sent to
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def redirect_allowed(application: Application, redirect_uri: str, switches: Switches) -> bool:
    """Whether an application may have its users sent back to an address.

    A registered address must be met to the character. An application that registered none is a
    trial from outside: any https address will do, and http on the machine itself. Whether Exact's
    App Center takes localhost at all is unsure, so the switch `localhost_redirect` can refuse it.
    """
    if _UNFIT.search(redirect_uri):
        return False
    try:
        parts = urlsplit(redirect_uri)
        host = parts.hostname
    except ValueError:  # such as an unclosed bracket in the host
        return False
    local = host in _LOCAL_HOSTS
    if local and switches["localhost_redirect"] == "refused":
        return False
    if application.redirect_uris:
        return redirect_uri in application.redirect_uris
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and local))

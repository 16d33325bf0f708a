"""What a request and its answer are written in: JSON when the client asks for it, Atom else."""

from __future__ import annotations

import re
from enum import Enum

from werkzeug import Request
from werkzeug.datastructures import MIMEAccept

from exact_sandbox.errors import BadRequest, UnsupportedMediaType

_VERSION = re.compile(r"\s*(\d+)\.(\d+)\s*(?:;.*)?")
_NEWEST_VERSION = 3
_XML = ("application/atom+xml", "application/xml", "text/xml")
_WRITTEN_IN_JSON = re.compile(r"\s*(?:application|text)/json\s*(?:;.*)?", re.IGNORECASE)
_METHOD_IN_HEADER = frozenset({"DELETE", "MERGE", "PATCH", "PUT"})


class Format(Enum):
    """The forms of an answer."""

    JSON = "json"
    ATOM = "atom"


def wanted_format(request: Request) -> Format:
    """Return the form a client takes; raises UnsupportedMediaType when it is neither.

    A client that does not say gets Atom, as of every WCF Data Service.
    """
    named = request.args.get("$format")
    if named is not None:
        formats = {"json": Format.JSON, "atom": Format.ATOM, "xml": Format.ATOM}
        if named.lower() not in formats:
            raise UnsupportedMediaType("Unsupported media type requested.")
        return formats[named.lower()]
    accepted = request.accept_mimetypes
    if not accepted or request.path.rstrip("/").endswith(("/$count", "/$value")):
        return Format.JSON if "json" in request.headers.get("Accept", "") else Format.ATOM
    json = _quality(accepted, ("application/json",))
    xml = _quality(accepted, _XML)
    if json <= 0 and xml <= 0:
        raise UnsupportedMediaType("Unsupported media type requested.")
    if json == xml:
        return Format.JSON if "json" in request.headers.get("Accept", "").lower() else Format.ATOM
    return Format.JSON if json > xml else Format.ATOM


def _quality(accepted: MIMEAccept, kinds: tuple[str, ...]) -> float:
    """Return how much a client likes any of some media types; parameters are left aside."""
    fitting = {*kinds, *(f"{kind.partition('/')[0]}/*" for kind in kinds), "*/*"}
    return max(
        (float(quality) for value, quality in accepted if _bare(value) in fitting), default=0.0
    )


def _bare(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def check_content(request: Request) -> None:
    """Raise UnsupportedMediaType unless the body is said to be JSON, or nothing is said."""
    kind = request.headers.get("Content-Type", "")
    if kind.strip() and not _WRITTEN_IN_JSON.fullmatch(kind):
        raise UnsupportedMediaType(
            "Unsupported media type requested. Send the body as application/json.",
        )


def check_versions(request: Request) -> None:
    """Raise BadRequest for a version of the protocol that the service does not know."""
    for name in ("DataServiceVersion", "MaxDataServiceVersion"):
        text = request.headers.get(name)
        if text is None:
            continue
        match = _VERSION.fullmatch(text)
        if match is None or len(match[1]) > 3:
            raise BadRequest(
                f"The header '{name}' has the value '{text}', which is not a valid version."
            )
        if name == "DataServiceVersion" and int(match[1]) > _NEWEST_VERSION:
            raise BadRequest(
                f"Request version '{match[1]}.{match[2]}' is not supported for the request payload.",
            )


def effective_method(request: Request) -> str:
    """Return the verb, which a client behind a proxy may send in X-HTTP-Method; raises BadRequest."""
    method = request.method.upper()
    override = request.headers.get("X-HTTP-Method", "").strip().upper()
    if not override:
        return method
    if method != "POST":
        raise BadRequest("The X-HTTP-Method header can only be used with POST requests.")
    if override not in _METHOD_IN_HEADER:
        raise BadRequest(
            "The X-HTTP-Method header value must be one of DELETE, MERGE, PATCH and PUT."
        )
    return override

"""Writes JSON answers."""

from __future__ import annotations

import json
from collections.abc import Mapping

from werkzeug import Response


def json_response(
    body: object,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a JSON answer with a body, a status and more headers."""
    return Response(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
        status=status,
        content_type="application/json; charset=utf-8",
        headers=dict(headers or {}),
    )

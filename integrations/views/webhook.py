"""The address to which Exact sends webhooks. Nobody is signed in here; the signature is what counts."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from connector.tenancy.middleware import opens_its_own_transactions
from integrations import lanes
from integrations.webhooks import receiving
from integrations.webhooks.receiving import MAX_BYTES, Bell


class _Answer(HttpResponse):
    """An empty answer that wakes lanes only once it is sent: a broker that is away keeps Exact from nothing."""

    def __init__(self, status: int, bells: Sequence[Bell] = ()) -> None:
        super().__init__(status=status)
        self._bells = bells

    def close(self) -> None:
        """Called by the server after the last byte."""
        super().close()
        for bell in self._bells:
            lanes.nudge(bell.lane_id, after=bell.after)


@csrf_exempt
@require_POST
@opens_its_own_transactions
def webhook(request: HttpRequest) -> HttpResponse:
    """Take one webhook. The size is looked at before the body is read, and the body before anything else."""
    if not settings.EXACT_WEBHOOK_SECRETS:
        return _Answer(404)
    body = _read(request)
    if body is None:
        return _Answer(413)
    taken = receiving.receive(body, now=timezone.now())
    return _Answer(taken.status, taken.bells)


def _read(request: HttpRequest) -> bytes | None:
    """The body, or None for one that is too large."""
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        # No length is told; Django would take the body for empty.
        body = bytes(request.META["wsgi.input"].read(MAX_BYTES + 1))
        return body if len(body) <= MAX_BYTES else None
    declared = request.headers.get("Content-Length") or "0"
    if not declared.isdecimal() or int(declared) > MAX_BYTES:
        return None
    return request.body

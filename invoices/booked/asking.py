"""*Read it back now*: has the lane read a document again soon, instead of the next time it changes or the coming night."""

from __future__ import annotations

from datetime import datetime

from integrations import lanes
from invoices.models import PostedDocument, PostedDocumentState


def read_back(document: PostedDocument, *, now: datetime) -> bool:
    """This function will ask for a document to be read back, in the open transaction of its organization.

    It returns False, and asks for nothing, while its connection is not working or Exact no longer has the document. A document
    that is awaited already is not asked for twice.
    """
    gone = document.state == PostedDocumentState.DELETED_IN_EXACT
    if gone or not document.connection.is_working:
        return False
    waiting = PostedDocument.objects.filter(pk=document.pk, check_due_at__lte=now)
    if not waiting.exists():
        PostedDocument.objects.filter(pk=document.pk).update(check_due_at=now)
    lanes.ring(document.connection, at=now)
    return True

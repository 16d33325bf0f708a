"""*Read it back now* and *Compare now*: wishes that the lane carries out, instead of the coming night. Nothing here calls Exact."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from integrations import lanes
from integrations.models import ExactConnection
from invoices.models import PostedDocument, PostedDocumentState, ReconciliationCursor


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


def compare_now(connection: ExactConnection, *, now: datetime) -> bool:
    """This function will ask that all documents of a connection be compared with Exact, in the organization's transaction.

    It returns False, and asks for nothing, while the connection is not working. One that was asked for already is not asked
    for twice; a connection that never copied anything has nothing to compare, which is no reason to refuse.
    """
    if not connection.is_working:
        return False
    cursors = ReconciliationCursor.objects.filter(connection=connection)
    if cursors.filter(Q(asked_at=None) | Q(next_at__gt=now)).update(asked_at=now, next_at=now):
        lanes.ring(connection, at=now)
    return True

"""Counts of a connection's invoices; the list filters by the same words (`Invoice.sync_standing`): a number opens what it counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from integrations.models import ExactConnection
from invoices.models import (
    CopyRequest,
    CopyState,
    Invoice,
    PostedDocument,
    PostedDocumentState,
)
from invoices.models.copying import (
    ACTIVE_COPY_STATES,
    ATTENTION_COPY_STATES,
    UNSENT_DELIVERIES,
)


class Sync(TextChoices):
    """Whether Exact has an invoice as it is here."""

    IN_SYNC = "in_sync", _("In sync")
    NOT_SYNCED = "not_synced", _("Not synced")
    FAILING = "failing", _("Failing")
    SET_ASIDE = "set_aside", _("Not synced: set aside")


@dataclass(frozen=True, slots=True)
class Standings:
    """How many invoices there are of each; those that are not synced, and those that fail, by the reason."""

    in_sync: int
    not_asked: int
    on_the_way: int
    held: int
    not_sent: int
    changed: int
    # By a person's word: neither in sync nor waiting for anything.
    set_aside: int

    @property
    def not_synced(self) -> int:
        """What is not in Exact and does not fail."""
        return self.not_asked + self.on_the_way

    @property
    def failing(self) -> int:
        """What a person has to look at."""
        return self.held + self.not_sent + self.changed


def count_standings(connection: ExactConnection) -> Standings:
    """This function will count the invoices of the connection's subsidiary, in one query."""
    rows = _marked(Invoice.objects.filter(subsidiary=connection.subsidiary_id))
    counts = rows.aggregate(
        in_sync=Count("pk", filter=Q(sync_standing=Sync.IN_SYNC)),
        not_asked=Count("pk", filter=Q(sync_standing=Sync.NOT_SYNCED, is_moving=False)),
        on_the_way=Count("pk", filter=Q(sync_standing=Sync.NOT_SYNCED, is_moving=True)),
        held=Count("pk", filter=_FAILING & _HELD),
        not_sent=Count("pk", filter=_FAILING & ~_HELD & Q(is_unsent=True)),
        changed=Count("pk", filter=_FAILING & ~_HELD & Q(is_unsent=False)),
        set_aside=Count("pk", filter=Q(sync_standing=Sync.SET_ASIDE)),
    )
    return Standings(**counts)


# What is left of the wishes of an invoice that is set aside asks nothing of anybody any more.
_HELD = Q(is_held=True, set_aside="")
_FAILING = Q(sync_standing=Sync.FAILING)


def unanswered(requests: QuerySet[CopyRequest]) -> QuerySet[CopyRequest]:
    """This function will keep the wishes about which somebody has to decide or mend something, and that stand.

    A difference is answered by any later wish that was not given up; what is held is given up by the next wish.
    """
    later = CopyRequest.objects.filter(invoice=OuterRef("invoice_id"), pk__gt=OuterRef("pk"))
    return requests.filter(state__in=ATTENTION_COPY_STATES).exclude(
        Exists(later.exclude(state=CopyState.CANCELLED).order_by())
    )


def _marked(invoices: QuerySet[Any]) -> QuerySet[Any]:
    """What tells apart invoices of one `sync_standing`, each by an index."""
    requests = CopyRequest.objects.filter(invoice=OuterRef("pk")).order_by()
    documents = PostedDocument.objects.filter(
        invoice=OuterRef("pk"), state=PostedDocumentState.CURRENT
    ).order_by()
    marked: QuerySet[Any] = invoices.alias(
        is_moving=Exists(requests.filter(state__in=ACTIVE_COPY_STATES)),
        is_held=Exists(unanswered(requests)),
        is_unsent=Exists(documents.filter(delivery__in=UNSENT_DELIVERIES)),
    )
    return marked

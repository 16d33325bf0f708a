"""Lists whose next reading a webhook brings forward; which rows changed is read by the list itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Least

from integrations.models import (
    ExactConnection,
    ExactCustomer,
    Item,
    LedgerAccount,
    ListKind,
    ReferenceList,
)


class ListReading:
    """Brings one mirrored list forward, and the list of what was removed."""

    def __init__(
        self, kind: ListKind, mirror: type[ExactCustomer] | type[Item] | type[LedgerAccount]
    ) -> None:
        self.kind = kind
        self.mirror = mirror

    def __call__(
        self, connection: ExactConnection, *, created: Sequence[UUID] | None, now: datetime
    ) -> bool:
        """This function will make the list due; False when the mirror has all that was created: it is our own."""
        if created is not None and self._has(connection, set(created)):
            return False
        kinds = [self.kind] if created is not None else [self.kind, ListKind.DELETED_CUSTOMERS]
        # A list that Exact refuses is asked at its own pace: each refusal counts against us.
        rows = ReferenceList.objects.filter(connection=connection, kind__in=kinds, problem_id="")
        rows.update(due_at=Least(F("due_at"), now))
        return True

    def _has(self, connection: ExactConnection, keys: set[UUID]) -> bool:
        known = self.mirror.objects.filter(connection=connection, exact_id__in=keys)
        return known.count() == len(keys)


CUSTOMERS = ListReading(ListKind.CUSTOMERS, ExactCustomer)
ITEMS = ListReading(ListKind.ITEMS, Item)
LEDGER_ACCOUNTS = ListReading(ListKind.LEDGER_ACCOUNTS, LedgerAccount)

"""How what a document names by an id is called: customers, ledger accounts and items, from the mirrored lists. No calls."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from integrations.models import ExactConnection, ExactCustomer, Item, LedgerAccount


class Names:
    """The names of what some documents of one connection refer to, read with one query a list."""

    def __init__(self, connection: ExactConnection | int, ids: Iterable[UUID | None]) -> None:
        """Read the names of these ids, whichever list they are of."""
        wanted = {one for one in ids if one is not None}
        self._names: dict[UUID, str] = {}
        for rows in (ExactCustomer, LedgerAccount, Item):
            column = "name" if rows is ExactCustomer else "description"
            found = rows.objects.filter(connection=connection, exact_id__in=wanted)
            for exact_id, code, name in found.values_list("exact_id", "code", column):
                self._names[exact_id] = f"{code.strip()} {name}".strip()

    def __call__(self, exact_id: UUID | None) -> str:
        """This function will name what has the id; an id that is in no list any more is said to be gone from them."""
        if exact_id is None:
            return ""
        return self._names.get(exact_id) or _("not in our lists any more")

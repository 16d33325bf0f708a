"""Finds the accounts of clients in the mirror of Exact's customers: of one, or of many with the same few queries (D-10).

The rules are those of `customer_match.py`, asked one after the other; Exact is not called.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from integrations.models import ExactConnection, ExactCustomer
from invoices.customer_marks import Marks
from invoices.customer_match import (
    SEARCHES,
    Candidate,
    CustomerMatch,
    Search,
    find_hits,
    marks_of,
    match_earlier,
)
from invoices.models import Client, CustomerLink, ExactRecordState

# Marks that hundreds share tell nobody apart: so many are looked at, and so many offered.
_MOST_READ = 200
_MOST_CANDIDATES = 8


def match_customer(connection: ExactConnection, client: Client) -> CustomerMatch:
    """This function will find the client's account: remembered, VAT number, Chamber of Commerce number, code, name.

    A weaker rule is asked while the stronger ones found nothing that may be taken, so that every candidate is shown.
    """
    return match_customers(connection, [client])[client.pk]


def match_customers(
    connection: ExactConnection, clients: Iterable[Client]
) -> dict[int, CustomerMatch]:
    """This function will find the accounts of clients, by our id, as `match_customer` does: with at most seven queries."""
    by_id = {client.pk: client for client in clients}
    found = _remembered(connection, by_id)
    lookups = {
        pk: _Lookup(marks_of(client), found.get(pk, CustomerMatch()))
        for pk, client in by_id.items()
    }
    keys: dict[int, dict[str, str]] = {}
    for search in SEARCHES:
        waiting = {pk: one for pk, one in lookups.items() if not one.is_over}
        if not waiting:
            break
        keys = keys or _keys_of(waiting)
        rows = _rows(connection, search, {keys[pk][search.key] for pk in waiting})
        for pk, one in waiting.items():
            one.take(search, rows.get(keys[pk][search.key], ()))
    return {pk: one.result for pk, one in lookups.items()}


class _Lookup:
    """The search for one client: rule after rule, until one decides."""

    def __init__(self, ours: Marks, begun: CustomerMatch) -> None:
        self._ours = ours
        self._begun = begun
        self._found: dict[int, Candidate] = {}
        self.is_over = begun.sure is not None

    def take(self, search: Search, rows: Iterable[ExactCustomer]) -> None:
        """Look at the accounts that have the client's key."""
        hits = list(find_hits(search, self._ours, rows))
        sure = [hit for hit in hits if hit.is_sure]
        rivals = {
            *self._found,
            *(hit.account.pk for hit in hits if hit.is_same and hit.contradictions),
        }
        if len(sure) == 1 and not self._begun.notice and rivals <= {sure[0].account.pk}:
            self._begun = replace(self._begun, candidates=(sure[0],), sure=sure[0])
            self.is_over = True
            return
        for hit in hits:
            self._found.setdefault(hit.account.pk, hit)
        self.is_over = bool(sure)

    @property
    def result(self) -> CustomerMatch:
        """What was found."""
        if self._begun.sure is not None:
            return self._begun
        return replace(self._begun, candidates=tuple(self._found.values())[:_MOST_CANDIDATES])


def _remembered(
    connection: ExactConnection, clients: Mapping[int, Client]
) -> dict[int, CustomerMatch]:
    """The accounts of earlier invoices; where one cannot be taken any more, a sentence that says why."""
    rows = CustomerLink.objects.filter(
        connection=connection, client_id__in=clients, state=ExactRecordState.LINKED
    ).values_list("client_id", "exact_id")
    links = {client_id: exact_id for client_id, exact_id in rows if exact_id is not None}
    if not links:
        return {}
    found = ExactCustomer.objects.filter(connection=connection, exact_id__in=set(links.values()))
    accounts = {row.exact_id: row for row in found}
    return {
        client_id: match_earlier(exact_id, accounts.get(exact_id))
        for client_id, exact_id in links.items()
    }


def _keys_of(client_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """The clients' keys, made by the functions that make those of the accounts."""
    made = {search.key: search.make_key(search.column) for search in SEARCHES}
    rows = Client.objects.filter(pk__in=list(client_ids)).order_by().annotate(**made)
    return {row.pop("pk"): row for row in rows.values("pk", *made)}


def _rows(
    connection: ExactConnection, search: Search, keys: Collection[str]
) -> dict[str, list[ExactCustomer]]:
    """The accounts with one of the keys, by key: of each so many as are looked at."""
    wanted = [key for key in keys if key]
    if not wanted:
        return {}
    place = Window(RowNumber(), partition_by=F(search.key), order_by=("name", "id"))
    rows = (
        ExactCustomer.objects.filter(connection=connection, is_gone=False)
        .filter(**{f"{search.key}__in": wanted})
        .annotate(place=place)
        .filter(place__lte=_MOST_READ)
        .order_by("name", "id")
    )
    found: dict[str, list[ExactCustomer]] = {}
    for row in rows:
        found.setdefault(getattr(row, search.key), []).append(row)
    return found

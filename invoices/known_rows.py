"""The rows of an organization that invoices refer to, findable by the ids and names under which a source knows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from django.db import models
from django.db.models import Q

from connector.tenancy.scope import current_organization_id
from integrations.models import ServiceType, Subsidiary, TaxRate
from integrations.psa.source import SourceModel, SourceParty
from invoices.models import Client, Contact

_Row = TypeVar("_Row", Client, Contact, Subsidiary, ServiceType, TaxRate)
# What a client of a file is known by, the strongest first.
_KNOWN_BY = ("code", "vat_number", "name")


class KnownRows(Generic[_Row]):
    """Rows by the id under which an invoice may name them: the source's own ids first, then names if those count."""

    def __init__(self, rows: models.QuerySet[_Row], source: str, *, named: bool = False) -> None:
        self._model: type[_Row] = rows.model
        self.rows: list[_Row] = []
        self._source = source
        self._named = named
        self._by_id: dict[str, _Row] = {}
        self._by_name: dict[str, _Row] = {}
        for row in rows:
            self.add(row)

    def add(self, row: _Row) -> None:
        """This function will make the row findable; the oldest of several with one name wins."""
        self.rows.append(row)
        if row.source == self._source:
            self._by_id[row.source_id] = row
        if self._named:
            self._by_name.setdefault(row.name.casefold(), row)
            self._by_name.setdefault(row.source_id.casefold(), row)

    def make(self, row: _Row, given: SourceModel) -> _Row:
        """This function will describe a new row as given, make it findable and return it, without storing it."""
        describe(row, given)
        self.add(row)
        return row

    def own(self, source_id: str) -> _Row | None:
        """This function will return the row that the source itself knows under the id."""
        return self._by_id.get(source_id)

    def find(self, source_id: str) -> _Row | None:
        """This function will return the row that is meant, by id or (in a file) by name."""
        return self._by_id.get(source_id) or self._by_name.get(source_id.casefold())

    def save(self, new: set[int], changed: dict[int, set[str]]) -> None:
        """This function will store the rows whose ids (of Python's objects) are named."""
        created = [row for row in self.rows if id(row) in new]
        for row in created:
            row.organization_id = current_organization_id()
        self._model.objects.bulk_create(created)
        columns = {column for row in self.rows for column in changed.get(id(row), ())}
        altered = [row for row in self.rows if id(row) in changed and id(row) not in new]
        if altered:
            self._model.objects.bulk_update(altered, sorted(columns))


def describe(row: models.Model, given: SourceModel) -> list[str]:
    """This function will set the fields that were given on the row and return the names of those that changed.

    Ids and percentages identify, and so are not among them; an empty name says nothing.
    """
    changed = []
    for name in sorted(given.model_fields_set - {"source_id", "percentage", "archived"}):
        value = getattr(given, name)
        if getattr(row, name) != value and not (name == "name" and not value):
            setattr(row, name, value)
            changed.append(name)
    return changed


def clients_for(
    source: str, parties: Iterable[SourceParty], *, by_name: bool
) -> models.QuerySet[Client]:
    """This function will return the clients that the parties may mean: the source's own, and with `by_name` others' too."""
    wanted = Q(source=source, source_id__in=[party.source_id for party in parties])
    if by_name:
        for column in _KNOWN_BY:
            values = {getattr(party, column) for party in parties} - {""}
            wanted |= Q(**{f"{column}__in": sorted(values)})
    return Client.objects.filter(wanted).order_by("id")


def other_clients(known: KnownRows[Client], parties: Iterable[SourceParty]) -> dict[str, Client]:
    """This function will return the client of another source that each party of a file means.

    They are recognized by code, else VAT number, else name, and only when there is one.
    """
    found = {}
    for party in parties:
        matches = (_only_match(known.rows, party, column) for column in _KNOWN_BY)
        client = next((row for row in matches if row), None)
        if client:
            found[party.source_id] = client
    return found


def _only_match(rows: Iterable[Client], party: SourceParty, column: str) -> Client | None:
    """The one client with the party's value, unless another mark of theirs says that they are two."""
    value = getattr(party, column)
    matches = [row for row in rows if value and getattr(row, column) == value]
    if len(matches) != 1:
        return None
    stronger = _KNOWN_BY[: _KNOWN_BY.index(column)]
    contradicts = any(
        getattr(party, name) and getattr(matches[0], name) not in {"", getattr(party, name)}
        for name in stronger
    )
    return None if contradicts else matches[0]

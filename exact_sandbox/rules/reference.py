"""Writes simple lists, such as journals and cost centers: unique codes, references, no more.

A new list is one entry in `rules/lists.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from exact_sandbox.books.ledger import record_deletion
from exact_sandbox.errors import Refused
from exact_sandbox.messages import property_word
from exact_sandbox.resources import Resource, by_path
from exact_sandbox.rules.checks import (
    Reference,
    Use,
    choice_problems,
    emptied_problems,
    is_used,
    new_key,
    put_defaults,
    reference_problems,
    refuse,
)
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record, Value

# Fills in what follows from what was sent and returns the refusals; gets the names that were sent.
Completion = Callable[[Context, Record, Collection[str]], list[str]]


def _nothing_to_complete(context: Context, row: Record, sent: Collection[str]) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class ReferenceList:
    """How one list is written; `unique` names the properties that tell two rows apart."""

    path: str
    defaults: Record = field(default_factory=dict)
    unique: tuple[str, ...] = ("Code",)
    references: Mapping[str, Reference] = field(default_factory=dict)
    choices: Mapping[str, Collection[Value]] = field(default_factory=dict)
    uses: tuple[Use, ...] = ()
    word: str = "code"  # what is in use when a deletion is refused
    entity_type: int | None = None  # of sync/Deleted
    complete: Completion = _nothing_to_complete
    children: Mapping[str, Callable[[Context, Record, list[Record]], None]] = field(
        default_factory=dict
    )

    @property
    def resource(self) -> Resource:
        """Return the endpoint's entry in the table of resources."""
        return by_path()[self.path.lower()]

    def create(self, context: Context, sent: Record) -> str:
        """Store a new row and return its ID; raises Refused."""
        table = self.resource.table
        given = {name: value for name, value in sent.items() if value is not None}
        nested = {name: given.pop(name, None) or [] for name in self.children}
        row = {**self.defaults, **given, "ID": new_key(context, table, sent)}
        self._check(context, row, {*given, *self.unique})
        context.sandbox.database.insert(table, {**row, **context.created()})
        for name, store in self.children.items():
            store(context, row, nested[name])
        return str(row["ID"])

    def update(self, context: Context, key: str, changes: Record) -> None:
        """Change a row; raises Refused."""
        changes.pop("ID", None)
        stored = context.sandbox.database.find(self.resource.table, ID=key) or {}
        refuse(emptied_problems(context, self.resource, changes))
        put_defaults(self.resource, changes, self.defaults)
        row = {**stored, **changes}
        self._check(context, row, set(changes))
        context.sandbox.database.update(
            self.resource.table, ("ID", key), {**row, **context.modified()}
        )

    def delete(self, context: Context, key: str) -> None:
        """Delete a row that nothing uses; raises Refused."""
        database = context.sandbox.database
        row = database.find(self.resource.table, ID=key) or {}
        if is_used(context, row, self.uses):
            raise Refused(context.say("in_use", what=self.word))
        database.delete(self.resource.table, ID=key)
        if self.entity_type is not None:
            record_deletion(context, self.entity_type, key)

    def _check(self, context: Context, row: Record, sent: Collection[str]) -> None:
        for name in self.unique:
            if isinstance(row.get(name), str):
                row[name] = row[name].strip()
        problems = [
            *choice_problems(context, row, self.choices, sent),
            *reference_problems(context, row, self.references, sent),
            *self.complete(context, row, sent),
        ]
        missing = [
            context.say("mandatory", what=property_word(name))
            for name in self.unique
            if row.get(name) in (None, "")
        ]
        refuse([*missing, *problems])
        self._check_unique(context, row)

    def _check_unique(self, context: Context, row: Record) -> None:
        same = {name: row[name] for name in self.unique}
        for found in context.sandbox.database.records(
            self.resource.table, Division=context.division, **same
        ):
            if found["ID"] != row["ID"]:
                raise Refused(context.say("exists"))

"""What rules check alike: references to other records, allowed values, keys, records in use."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from exact_sandbox.database import new_id
from exact_sandbox.errors import Refused
from exact_sandbox.messages import property_word
from exact_sandbox.resources import Resource
from exact_sandbox.rules.context import Context
from exact_sandbox.schema import DEFAULTS, FLAGS
from exact_sandbox.values import INTEGER_RANGES, Record, Value

HIGHEST_NUMBER = INTEGER_RANGES["Int32"][1]


@dataclass(frozen=True, slots=True)
class Reference:
    """A property that names another record by its GUID or its code."""

    table: str
    column: str = "ID"
    word: str = ""  # of the refusal; the property's own when empty
    equals: Mapping[str, Value] = field(default_factory=dict)  # what the other record must hold
    everywhere: bool = False  # the table holds the same records for each division


@dataclass(frozen=True, slots=True)
class Use:
    """A column of another table that may point at a record, and so keeps it from being deleted."""

    table: str
    column: str
    own: str = "ID"


def reference_problems(
    context: Context,
    record: Record,
    references: Mapping[str, Reference],
    sent: Collection[str],
) -> list[str]:
    """Return a refusal for each sent reference to nothing; codes get the spelling of their list."""
    problems = []
    for name, reference in references.items():
        value = record.get(name)
        if name not in sent or value is None:
            continue
        if isinstance(value, str) and not value.strip():
            record[name] = None
            continue
        found = find_referred(context, reference, value)
        if found is None and _is_dropped(context, reference, value):
            record[name] = None
        elif found is None:
            what = reference.word or property_word(name)
            problems.append(context.say("invalid_reference", what=what))
        else:
            record[name] = found[reference.column]
    return problems


def _is_dropped(context: Context, reference: Reference, value: Value) -> bool:
    """Whether a GUID of another division is dropped without a word instead of refused."""
    return (
        reference.column == "ID"
        and context.sandbox.switches["foreign_guid"] == "dropped"
        and context.sandbox.database.find(reference.table, ID=value) is not None
    )


def find_referred(context: Context, reference: Reference, value: Value) -> Record | None:
    """Return the record of this division that a reference names, or None."""
    wanted = value.strip() if isinstance(value, str) else value
    place = {} if reference.everywhere else {"Division": context.division}
    return context.sandbox.database.find(
        reference.table, **place, **{reference.column: wanted}, **reference.equals
    )


def choice_problems(
    context: Context,
    record: Record,
    choices: Mapping[str, Collection[Value]],
    sent: Collection[str],
) -> list[str]:
    """Return a refusal for each sent value that is none of those the property takes."""
    return [
        context.say("invalid", what=property_word(name))
        for name, allowed in choices.items()
        if name in sent and record.get(name) not in (None, "") and record[name] not in allowed
    ]


def emptied_problems(context: Context, resource: Resource, changes: Record) -> list[str]:
    """Return a refusal for each mandatory property that a PUT takes away."""
    return [
        context.say("mandatory", what=property_word(name))
        for name, value in changes.items()
        if resource.properties[name].mandatory
        and (value is None or (isinstance(value, str) and not value.strip()))
    ]


def put_defaults(resource: Resource, changes: Record, own: Record) -> None:
    """Put what a PUT sets to null back to what a new record holds; `own` are the rules' defaults."""
    for name, value in changes.items():
        if value is None:
            stored = DEFAULTS.get(resource.table, {}).get(name)
            off = 0 if resource.properties[name].type in FLAGS else None
            changes[name] = own.get(name, off if stored is None else stored)


def refuse(problems: Iterable[str]) -> None:
    """Raise Refused when there is any problem; the same text is said once."""
    texts = list(dict.fromkeys(problems))
    if texts:
        raise Refused(*texts)


def new_key(context: Context, table: str, sent: Record, key: str = "ID") -> str:
    """Return the id of a new record: the caller's own where the switch honors it, else a fresh one.

    Raises Refused when the caller's id exists.
    """
    own = sent.get(key)
    if not own or not context.sandbox.switches["entry_id_honored"]:
        return new_id()
    if context.sandbox.database.find(table, **{key: own}):
        raise Refused(context.say("exists"))
    return str(own)


def next_number(context: Context, table: str) -> int:
    """Return the next human-readable number (HID) of a table in the division.

    Once the highest possible one is taken, the first gap is filled.
    """
    database = context.sandbox.database
    highest = database.execute(
        f'SELECT max("HID") FROM "{table}" WHERE "Division" = ?',  # noqa: S608 - named by the rules
        [context.division],
    )[0][0]
    if highest is None or highest < HIGHEST_NUMBER:
        return int(highest or 0) + 1
    gap = database.execute(
        f'SELECT min(n) FROM (SELECT 1 AS n UNION SELECT "HID" + 1 FROM "{table}" '  # noqa: S608 - as above
        f'WHERE "Division" = ?) WHERE n NOT IN (SELECT "HID" FROM "{table}" WHERE "Division" = ?)',
        [context.division, context.division],
    )[0][0]
    return int(gap)


def is_used(context: Context, record: Record, uses: Iterable[Use]) -> bool:
    """Whether another record of the division points at this one."""
    return any(
        record.get(use.own) is not None
        and context.sandbox.database.find(
            use.table, **{"Division": context.division, use.column: record[use.own]}
        )
        is not None
        for use in uses
    )

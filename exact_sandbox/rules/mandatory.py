"""What a POST must hold: the properties the catalogue calls mandatory, in the record and its lines."""

from __future__ import annotations

from exact_sandbox.errors import Refused
from exact_sandbox.messages import property_word
from exact_sandbox.resources import Resource, by_path
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record, Value

# Exact flags both names of a contact as mandatory but writes "at least first name or last name".
_EITHER = {"crm/Contacts": frozenset({"FirstName", "LastName"})}
# A property that follows from a mandatory one is missed together with it: an invoice without
# OrderedBy has no InvoiceTo either, and Exact names both.
_FOLLOWING = {"OrderedBy": "InvoiceTo"}


def check_mandatory(context: Context, resource: Resource, record: Record) -> None:
    """Raise Refused, naming each absent property in the user's language."""
    missing = _missing(context, resource, record, under=None)
    if missing:
        raise Refused(*dict.fromkeys(missing))


def _missing(context: Context, resource: Resource, record: Record, under: str | None) -> list[str]:
    """Return the refusals of one record; `under` is the property its parent fills in."""
    texts = []
    for prop in resource.properties.values():
        value = record.get(prop.name)
        needed = prop.mandatory and prop.name != under
        if needed and _is_empty(value) and not _other_will_do(context, resource, prop.name, record):
            following = _FOLLOWING.get(prop.name)
            if following in resource.properties and _is_empty(record.get(following or "")):
                texts.append(context.say("mandatory", what=property_word(following or "")))
            texts.append(context.say("mandatory", what=property_word(prop.name)))
        navigation = resource.navigations.get(prop.name)
        if isinstance(value, list) and navigation is not None and navigation.path is not None:
            child = by_path()[navigation.path.lower()]
            for row in value:
                texts += _missing(context, child, row, navigation.column)
    return texts


def _other_will_do(context: Context, resource: Resource, name: str, record: Record) -> bool:
    """Whether another property makes up for an absent one: a contact's one name for the other."""
    others = _EITHER.get(resource.path, frozenset())
    if name not in others or context.sandbox.switches["contact_names"] == "both":
        return False
    return any(not _is_empty(record.get(other)) for other in others)


def _is_empty(value: Value) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())

"""Writes stored values as the literals of an address: keys, skip tokens, links."""

from __future__ import annotations

from exact_sandbox.errors import BadRequest
from exact_sandbox.odata.tree import Literal
from exact_sandbox.values import from_store, stored_to_json, to_store


def written(edm_type: str, stored: object) -> str:
    """Return a stored value of a type as a literal."""
    if stored is None:
        return "null"
    if edm_type == "Guid":
        return f"guid'{stored}'"
    if edm_type in ("String", "Binary"):
        return "'" + str(stored).replace("'", "''") + "'"
    if edm_type == "Int64":
        return f"{stored}L"
    if edm_type == "DateTime":
        return f"datetime'{from_store(edm_type, int(str(stored))).isoformat()}'"
    if edm_type == "Double":
        return f"{stored_to_json(edm_type, int(str(stored)))}d"
    if edm_type == "Boolean":
        return "true" if stored else "false"
    return str(stored)


def stored(edm_type: str, literal: Literal) -> int | str | None:
    """Return what the store keeps for a literal; raises BadRequest when it is of another type."""
    fits = literal.type in (edm_type, "Null")
    if edm_type.startswith("Int") or edm_type == "Byte":
        fits = fits or literal.type in ("Int32", "Int64")
    if edm_type == "Binary":
        fits = fits or literal.type == "String"
    if edm_type == "Double":
        fits = fits or literal.type in ("Int32", "Int64")
        # The store keeps millionths in 64 bits.
        fits = fits and (literal.value is None or abs(literal.value) < 10**12)
    if not fits:
        raise BadRequest("Bad Request - Error in query syntax.")
    return to_store(edm_type, literal.value)

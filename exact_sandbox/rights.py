"""What a user may do in the areas of Exact, and which area an endpoint belongs to."""

from __future__ import annotations

from collections.abc import Mapping

AREAS = ("sales", "finance", "crm", "documents", "logistics", "system")
LEVELS = ("none", "read", "write")
Rights = Mapping[str, str]  # area → level; an area that is not named may be written

_TWINS = ("read/", "bulk/", "sync/")  # services that show what another endpoint shows
_SERVICES = {
    "cashflow": "finance",
    "crm": "crm",
    "documents": "documents",
    "financial": "finance",
    "financialtransaction": "finance",
    "logistics": "logistics",
    "salesentry": "sales",
    "salesinvoice": "sales",
    "vat": "finance",
    "webhooks": "system",
}
_ENDPOINTS = {
    "hrm/costcenters": "finance",
    "hrm/costunits": "finance",
    "system/users": "system",
    "users/users": "system",
}


def area_of(path: str) -> str | None:
    """Return the area of an endpoint, or None where every user may look."""
    path = path.lower()
    for twin in _TWINS:
        path = path.removeprefix(twin)
    return _ENDPOINTS.get(path) or _SERVICES.get(path.partition("/")[0])


def has_right(rights: Rights, area: str | None, *, writing: bool) -> bool:
    """Whether rights allow to read or to write in an area."""
    if area is None:
        return True
    needed = "write" if writing else "read"
    return LEVELS.index(rights.get(area, "write")) >= LEVELS.index(needed)

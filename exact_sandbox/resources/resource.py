"""The shape of an entry in the table of endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from exact_sandbox.catalogue import Endpoint, Property, endpoints
from exact_sandbox.expressions import Expression

ORDINARY_PAGE = 60
BULK_PAGE = 1000  # of the bulk and sync endpoints
COMPUTED = ""  # the table of an endpoint whose records are not stored


@dataclass(frozen=True, slots=True)
class Navigation:
    """Records that belong to a record: those of `path` whose `column` holds its key."""

    path: str | None = None
    column: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """How an endpoint of the catalogue is served."""

    path: str
    model: str
    table: str
    key: str = "ID"
    page_size: int = ORDINARY_PAGE
    everywhere: bool = False  # the same records in each division
    without_division: bool = False  # /api/v1/{path} instead of /api/v1/{division}/{path}
    sync: bool = False
    needs_select: bool = False
    filterable: frozenset[str] | None = None  # None: every property
    where: Expression = ""
    join: str = ""  # SQL that joins another table to the records, which are named t
    addresses: frozenset[str] = frozenset()  # properties that hold a path of the public address
    kept_days: int | None = None  # how long a deletion is remembered
    expressions: Mapping[str, Expression] = field(default_factory=dict)
    navigations: Mapping[str, Navigation] = field(default_factory=dict)

    @property
    def endpoint(self) -> Endpoint:
        """Return the catalogue's entry."""
        return endpoints()[self.path]

    @property
    def properties(self) -> dict[str, Property]:
        """Return the properties by name."""
        return self.endpoint.properties

    @property
    def type_name(self) -> str:
        """Return the name Exact gives the record's type."""
        return f"Exact.Web.Api.Models.{self.model}"

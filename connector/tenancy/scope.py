"""Which organization the code works for: set for one transaction, read by managers and by PostgreSQL's policies.

`app.organization` is a transaction-local setting of PostgreSQL. Row-level security compares every tenant row with it, so
a query that forgot its organization finds nothing and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

_current: ContextVar[int | None] = ContextVar("current_organization", default=None)


class NoOrganization(RuntimeError):
    """A tenant's rows were asked for outside `tenant_transaction`."""


class OtherOrganization(RuntimeError):
    """A transaction for one organization was opened inside another organization's."""


def current_organization_id() -> int:
    """This function will return the organization of the open transaction, or raise NoOrganization."""
    organization_id = _current.get()
    if organization_id is None:
        raise NoOrganization(
            "Open tenant_transaction(organization_id) before reading or writing a tenant's rows."
        )
    return organization_id


def find_organization_id() -> int | None:
    """This function will return the organization of the open transaction or None."""
    return _current.get()


@contextmanager
def tenant_transaction(organization_id: int) -> Iterator[None]:
    """This function will run the block in a transaction that sees and writes this organization's rows only.

    It may be nested for the same organization. Raises OtherOrganization when nested for a different one. Never hold it
    open around a call to another system.
    """
    outer = _current.get()
    if outer is not None and outer != organization_id:
        raise OtherOrganization("Finish the other organization's transaction first.")
    with transaction.atomic():
        _set("app.organization", str(organization_id))
        token = _current.set(organization_id)
        try:
            yield
        finally:
            _current.reset(token)
        if outer is None:
            # Tests run inside an outer transaction; there the setting would live on.
            _set("app.organization", "")


@contextmanager
def membership_transaction(user_id: int) -> Iterator[None]:
    """This function will let the block read this user's own memberships and their organizations, nothing else."""
    with transaction.atomic():
        _set("app.user", str(user_id))
        yield
        _set("app.user", "")


def _set(name: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])

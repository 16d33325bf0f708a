"""Finds invoices by a text, in a list of a million as well: each way to find them reads few rows.

Anywhere among all invoices: what a number begins with, and what a client's name holds. Among the newest `NEWEST`: what a number
or a subject holds. An index can look up only the former (`invoices.models.list_indexes`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, models
from django.db.models import Lookup, Q, QuerySet
from django.db.models.expressions import RawSQL

from connector.tenancy.scope import current_organization_id
from invoices.models import Client, Invoice

# What a list counts and goes through at most; and how many invoices are read word by word.
MOST = NEWEST = 10_000
# So many of a period or a payment standing are sorted at most. They lie together, so that in the order of an index there may
# be none for long; what lies scattered among the others is soon met.
SORTED = 50_000
# What a page finds by a text, and adds up before it is there.
AT_ONCE = 1_000
_FEW_CLIENTS = 20
# Organizations with more than `NEWEST`: invoices are not deleted, so what is so once is so from then on.
_large: set[int] = set()

# Read before anything is compared: PostgreSQL would rather compare a million than join the newest ones afterwards.
_HELD_BY_NEWEST = """
WITH newest AS MATERIALIZED (
  SELECT id, upper(concat_ws(E'\\n', number, psa_number, subject)) AS words FROM invoices_invoice
  WHERE organization_id = %s ORDER BY invoice_date DESC, id DESC LIMIT %s
)
SELECT id FROM newest WHERE words LIKE upper(%s)
"""


@models.CharField.register_lookup
class BeginsWith(Lookup):
    """`column ^@ text`: the one comparison of beginnings that may use an index behind row-level security."""

    lookup_name = "begins_with"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """This function will write the comparison."""
        left, left_parameters = self.process_lhs(compiler, connection)
        right, right_parameters = self.process_rhs(compiler, connection)
        return f"{left}::text ^@ {right}::text", (*left_parameters, *right_parameters)


def find(text: str, rows: QuerySet[Any], *, most: int | None = None) -> QuerySet[Any]:
    """This function will return the ids of those of the invoices that a person may mean, at most ``most`` of each kind.

    Where there are more those are taken that come last, by number or by day; of many clients any.
    """
    ways = [
        rows.filter(number__begins_with=text).order_by("-number", "-id"),
        rows.exclude(psa_number="")
        .filter(psa_number__begins_with=text)
        .order_by("-psa_number", "-id"),
        _of_clients(text, rows.order_by()),
        rows.filter(pk__in=_held_by_newest(text)).order_by("-invoice_date", "-id"),
    ]
    first, *others = [way.values("pk")[:most] for way in ways]
    found: QuerySet[Any] = first.union(*others)
    return found


def _of_clients(text: str, rows: QuerySet[Any]) -> QuerySet[Any]:
    clients = Client.objects.filter(name__icontains=text).order_by().values("pk")
    few = [client["pk"] for client in clients[: _FEW_CLIENTS + 1]]
    if len(few) > _FEW_CLIENTS:
        # All of their invoices would have to be read to know the newest.
        return rows.filter(client__in=clients)
    return rows.filter(client__in=few).order_by("-id")


def _held_by_newest(text: str) -> RawSQL:
    held = connection.ops.prep_for_like_query(text)
    return RawSQL(_HELD_BY_NEWEST, (current_organization_id(), NEWEST, f"%{held}%"))  # noqa: S611 - the values are parameters


def among(ids: Iterable[int]) -> Q:
    """This function will return the condition that an invoice is one of these; they are one parameter, however many."""
    return Q(pk__in=RawSQL("SELECT unnest(%s::bigint[])", (list(ids),)))


def leaves_out_some() -> bool:
    """This function will tell whether there are invoices of which only number and client are searched."""
    organization_id = current_organization_id()
    if organization_id not in _large:
        if not Invoice.objects.order_by().values("pk")[NEWEST : NEWEST + 1].exists():
            return False
        _large.add(organization_id)
    return True

"""Finds invoices by a text, in a list of a million as well: each way to find them reads few rows.

Anywhere among all invoices: what a number begins with, and what a client's name holds. Among the newest `NEWEST`: what a number
or a subject holds. An index can look up only the former (`invoices.models.list_indexes`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Lookup, Q, QuerySet
from django.db.models.expressions import RawSQL

from invoices.models import Client, Invoice

# What a list counts and sorts at most; and how many invoices are read word by word.
MOST = NEWEST = 10_000


@models.CharField.register_lookup
class BeginsWith(Lookup):
    """`column ^@ text`: the one comparison of beginnings that may use an index behind row-level security."""

    lookup_name = "begins_with"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """This function will write the comparison."""
        left, left_parameters = self.process_lhs(compiler, connection)
        right, right_parameters = self.process_rhs(compiler, connection)
        return f"{left}::text ^@ {right}::text", (*left_parameters, *right_parameters)


def find(text: str) -> QuerySet[Any]:
    """This function will return the ids of the invoices that a person may mean, at most `MOST` + 1 of each kind."""
    invoices = Invoice.objects.order_by()
    newest = Invoice.objects.order_by("-invoice_date", "-id").values("pk")[:NEWEST]
    held = Q(number__icontains=text) | Q(psa_number__icontains=text) | Q(subject__icontains=text)
    clients = Client.objects.filter(name__icontains=text).order_by().values("pk")
    ways = [
        invoices.filter(number__begins_with=text),
        invoices.exclude(psa_number="").filter(psa_number__begins_with=text),
        invoices.filter(client__in=clients),
        invoices.filter(held, pk__in=newest),
    ]
    first, *others = [way.values("pk")[: MOST + 1] for way in ways]
    found: QuerySet[Any] = first.union(*others)
    return found


def among(ids: Iterable[int]) -> Q:
    """This function will return the condition that an invoice is one of these; they are one parameter, however many."""
    return Q(pk__in=RawSQL("SELECT unnest(%s::bigint[])", (list(ids),)))


def leaves_out_some() -> bool:
    """This function will tell whether there are invoices of which only number and client are searched."""
    return Invoice.objects.order_by().values("pk")[NEWEST : NEWEST + 1].exists()

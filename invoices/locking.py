"""The lock order around invoices: who changes what belongs to invoices locks the invoices first, in the order of their ids.

The database keeps an invoice's standing (migration 0026): a copy that ends, or a document that changes, writes the invoice's row
as well. Pages lock the invoice and then what belongs to it; the other way round two of them could wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from invoices.models import Invoice

_AT_A_TIME = 2000


def in_portions(invoice_ids: Iterable[int], *, most: int = _AT_A_TIME) -> Iterator[list[int]]:
    """This function will give the ids in portions of at most so many as a statement holds, in their order."""
    ordered = sorted(set(invoice_ids))
    for begin in range(0, len(ordered), most):
        yield ordered[begin : begin + most]


def lock_invoices(invoice_ids: Iterable[int]) -> None:
    """This function will lock the invoices until the open transaction ends, with one query."""
    rows = Invoice.objects.select_for_update(no_key=True).filter(pk__in=set(invoice_ids))
    list(rows.order_by("pk").values_list("pk"))

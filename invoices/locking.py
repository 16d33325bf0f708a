"""The lock order around invoices: who changes what belongs to invoices locks the invoices first, in the order of their ids.

The database keeps an invoice's standing (migration 0026): a copy that ends, or a document that changes, writes the invoice's row
as well. Pages lock the invoice and then what belongs to it; the other way round two of them could wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from integrations.models import ExactConnection
from invoices.document_plan import MadeDocument
from invoices.document_texts import mark_of
from invoices.models import CopyRequest, Invoice, PostedDocument

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


def lock_invoices_of(connection: ExactConnection, rows: Sequence[MadeDocument]) -> None:
    """This function will lock every invoice that a page of its documents may be about, in the order of their ids.

    By the documents that are known, by the marks of wishes, and by the numbers beside marks that no wish here has.
    """
    marked = [made for made in rows if mark_of(made.description)]
    ids, numbers = {made.exact_id for made in rows}, {made.your_ref for made in marked} - {""}
    known = PostedDocument.objects.filter(connection=connection, exact_id__in=ids)
    wished = CopyRequest.objects.filter(marker__in=[mark_of(one.description) for one in marked])
    numbered = Invoice.objects.filter(subsidiary=connection.subsidiary_id, number__in=numbers)
    lock_invoices(
        {
            *known.values_list("invoice_id", flat=True),
            *wished.values_list("invoice_id", flat=True),
            *numbered.values_list("pk", flat=True),
        }
    )

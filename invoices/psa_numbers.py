"""What the PSA calls an invoice: its number, unless Exact gave it that one."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.models import Numbering
from invoices.models import Invoice, PostedDocument

_LARGEST = 2**31 - 1


def psa_number_of(invoice: Invoice) -> str:
    """This function will return the number that the invoice has in the PSA; empty when it never had one there."""
    return psa_numbers_of([invoice])[invoice.pk]


def psa_numbers_of(invoices: Iterable[Invoice]) -> dict[int, str]:
    """This function will return the numbers that invoices have in the PSA, by id, with at most one query."""
    rows = list(invoices)
    # Only what Exact can have given: a number of a copy that was made where Exact numbers.
    doubtful = {
        row.pk: int(row.number) for row in rows if not row.psa_number and _may_be_exact(row.number)
    }
    given: set[tuple[int, int | None]] = set()
    if doubtful:
        copies = PostedDocument.objects.filter(
            invoice_id__in=doubtful, connection__numbering=Numbering.EXACT
        )
        for invoice_id, *numbers in copies.order_by().values_list(
            "invoice_id", "invoice_number", "entry_number"
        ):
            given.update((invoice_id, number) for number in numbers)
    return {
        row.pk: ""
        if row.pk in doubtful and (row.pk, doubtful[row.pk]) in given
        else row.psa_number or row.number
        for row in rows
    }


def _may_be_exact(number: str) -> bool:
    return number.isascii() and number.isdecimal() and int(number) <= _LARGEST

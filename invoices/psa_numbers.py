"""What the PSA calls an invoice: its number, unless Exact gave it that one."""

from __future__ import annotations

from django.db.models import Q

from integrations.models import Numbering
from invoices.models import Invoice, PostedDocument

_LARGEST = 2**31 - 1


def psa_number_of(invoice: Invoice) -> str:
    """This function will return the number that the invoice has in the PSA; empty when it never had one there."""
    if invoice.psa_number or not _is_of_exact(invoice):
        return invoice.psa_number or invoice.number
    return ""


def _is_of_exact(invoice: Invoice) -> bool:
    """Whether the invoice has the number of one of its copies, given where Exact numbers."""
    text = invoice.number
    if not (text.isascii() and text.isdecimal()) or int(text) > _LARGEST:
        return False
    number = int(text)
    return PostedDocument.objects.filter(
        Q(invoice_number=number) | Q(entry_number=number),
        invoice=invoice,
        connection__numbering=Numbering.EXACT,
    ).exists()

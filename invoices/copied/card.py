"""What the card of a copied invoice says: number, who, when, totals, payment. Read from our own rows; no calls."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from invoices.copied.address import address_of
from invoices.copied.doubts import find_doubts
from invoices.document_words import DocumentWords
from invoices.models import CopyRequest, CopyState, Invoice, PostedDocument
from invoices.models.copying import newest_that_stands
from invoices.payment_standing import living_documents


@dataclass(frozen=True)
class CopiedCard:
    """The newest copy of an invoice that is still in Exact. ``differs``: Exact made something else of it than was sent."""

    invoice: Invoice
    document: PostedDocument
    differs: bool = False

    @cached_property
    def standing(self) -> DocumentWords:
        """The copy in words."""
        return DocumentWords(self.document, differs=self.differs)

    @cached_property
    def doubts(self) -> list[str]:
        """Why Exact may refuse an update; nothing where it surely does."""
        return [] if self.standing.is_final else find_doubts(self.invoice, self.document)

    @property
    def address(self) -> str:
        """Where it opens in Exact's own screens; empty when nobody said how (`EXACT_ENTRY_URL`)."""
        return address_of(self.document)

    @property
    def gross_amount(self) -> Decimal:
        """Its total including VAT: what Exact was last seen to have, before that what it answered."""
        amount: Decimal = (
            self.document.gross_amount if self._seen is None else self._seen.seen_gross_amount
        )
        return amount

    @property
    def vat_amount(self) -> Decimal | None:
        """Its VAT, in the same way; None when Exact did not say."""
        amount: Decimal | None = (
            self.document.vat_amount if self._seen is None else self._seen.seen_vat_amount
        )
        return amount

    @property
    def net_amount(self) -> Decimal | None:
        """Its total without VAT; None when its VAT is not known."""
        return None if self.vat_amount is None else self.gross_amount - self.vat_amount

    @property
    def open_amount(self) -> Decimal:
        """What is still to be paid by what Exact says, in the invoice's currency."""
        amount: Decimal = self.invoice.gross_amount - self.invoice.exact_paid_amount
        return amount

    @property
    def _seen(self) -> PostedDocument | None:
        return self.document if self.document.seen_gross_amount is not None else None


def read_card(invoice: Invoice) -> CopiedCard | None:
    """This function will read the card of an invoice with two queries; None when Exact does not have the invoice."""
    document = (
        living_documents(invoice).select_related("copy_request__requested_by", "connection").first()
    )
    if document is None:
        return None
    wishes = newest_that_stands(CopyRequest.objects.filter(invoice=invoice))
    last = wishes.values_list("state", flat=True).first()
    return CopiedCard(invoice, document, differs=last == CopyState.MISMATCH)

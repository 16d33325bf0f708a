"""The types of documents, by Exact's number.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocumentTypes
10, 20 and 55 are what public integrations use; the rest stands for the types that Exact itself
makes, which a program may read but not create.
"""

from __future__ import annotations

from dataclasses import dataclass

SALES_INVOICE, PURCHASE_INVOICE, MISCELLANEOUS = 10, 20, 55


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A type of document and what a program may do with it."""

    id: int
    description: str
    category: int
    creatable: bool = True
    viewable: bool = True


DOCUMENT_TYPES: tuple[DocumentType, ...] = (
    DocumentType(SALES_INVOICE, "Sales invoice", 2),
    DocumentType(PURCHASE_INVOICE, "Purchase invoice", 3),
    DocumentType(MISCELLANEOUS, "Miscellaneous", 1),
    DocumentType(33, "Reminder", 4, creatable=False),
    DocumentType(140, "VAT return", 5, creatable=False),
    DocumentType(160, "Payroll statement", 6, creatable=False, viewable=False),
)

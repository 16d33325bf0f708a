"""Finds the terms of documents, and the documents of terms: by the entry, else by YourRef and customer.

Before: `payments.mirror` holds the terms. After: `payments.settling` settles the documents by them.
Exact fills TransactionEntryID; where it does not, YourRef and customer count, as long as one document alone has both.
https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncCashflowPaymentTerms
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.db.models import Q, QuerySet

from integrations.models import ExactConnection
from invoices.models import PostedDocument, PostedDocumentState
from payments.models import ReceivableTerm
from payments.shares import DOCUMENTS

_Name = tuple[UUID | None, str]


def find_invoices(
    *,
    connection: ExactConnection,
    entries: Collection[UUID],
    changed: Iterable[ReceivableTerm],
) -> set[int]:
    """This function will return the ids of the invoices that these entries, and changed terms without one, belong to."""
    documents = PostedDocument.objects.filter(connection=connection)
    found = set(documents.filter(entry_exact_id__in=entries).values_list("invoice_id", flat=True))
    names = {(term.account_exact_id, term.your_ref) for term in changed if _needs_name(term)}
    if names:
        named = _named(documents, names)
        found |= {document.invoice_id for group in named.values() for document in group}
    return found


def find_terms(
    *, connection: ExactConnection, documents: Collection[PostedDocument]
) -> Mapping[int, list[ReceivableTerm]]:
    """This function will return the terms of each document, those that were deleted among them, by the document's id."""
    by_entry: dict[UUID, list[ReceivableTerm]] = defaultdict(list)
    found: dict[int, list[ReceivableTerm]] = defaultdict(list)
    for term in ReceivableTerm.objects.filter(
        connection=connection, entry_exact_id__in={one.entry_exact_id for one in documents}
    ).order_by("id"):
        if term.entry_exact_id is not None:
            by_entry[term.entry_exact_id].append(term)
    without = []
    for document in documents:
        if document.entry_exact_id in by_entry:
            found[document.pk] = by_entry[document.entry_exact_id]
        elif document.your_ref and document.connection_id == connection.pk:
            without.append(document)
    if without:
        _add_by_name(connection, without, found)
    return found


def _add_by_name(
    connection: ExactConnection,
    documents: Iterable[PostedDocument],
    found: dict[int, list[ReceivableTerm]],
) -> None:
    by_name: dict[_Name, list[ReceivableTerm]] = defaultdict(list)
    for term in ReceivableTerm.objects.filter(
        connection=connection,
        entry_exact_id__isnull=True,
        account_exact_id__in={document.customer_exact_id for document in documents},
        your_ref__in={document.your_ref for document in documents},
    ).order_by("id"):
        if _needs_name(term):
            by_name[term.account_exact_id, term.your_ref].append(term)
    if not by_name:
        return
    named = _named(PostedDocument.objects.filter(connection=connection), set(by_name))
    for document in documents:
        name = (document.customer_exact_id, document.your_ref)
        if name in by_name and [one.pk for one in named[name]] == [document.pk]:
            found[document.pk] = by_name[name]


def _named(
    documents: QuerySet[PostedDocument], names: set[_Name]
) -> dict[_Name, list[PostedDocument]]:
    """The documents in Exact with one of these customers and references."""
    found: dict[_Name, list[PostedDocument]] = defaultdict(list)
    for document in documents.filter(
        Q(customer_exact_id__in={account for account, _ in names})
        & Q(your_ref__in={reference for _, reference in names})
    ).exclude(state=PostedDocumentState.DELETED_IN_EXACT):
        name = (document.customer_exact_id, document.your_ref)
        if name in names:
            found[name].append(document)
    return found


def _needs_name(term: ReceivableTerm) -> bool:
    is_document = term.transaction_type is None or term.transaction_type in DOCUMENTS
    return term.entry_exact_id is None and bool(term.your_ref) and is_document

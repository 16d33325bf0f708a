"""Keeps a document and the entry it belongs to pointing at each other.

Either side may name the other: an entry its `Document`, a document its
`FinancialTransactionEntryID` or, by number, its `SalesInvoiceNumber`.
"""

from __future__ import annotations

from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

_ENTRY_TABLES = (  # table, column of the entry, key
    ("salesentries", "EntryID", "EntryID"),
    ("transactionlines", "EntryID", "ID"),
    ("terms", "TransactionEntryID", "ID"),
)


def link_entry(context: Context, header: Record) -> None:
    """After an entry was booked: its document names it, and no other document does any more."""
    database = context.sandbox.database
    document_id = header.get("Document")
    for other in database.records(
        "documents", Division=context.division, FinancialTransactionEntryID=header["EntryID"]
    ):
        if other["ID"] != document_id:
            database.update("documents", ("ID", other["ID"]), {"FinancialTransactionEntryID": None})
    if document_id:
        names = {
            "FinancialTransactionEntryID": header["EntryID"],
            "SalesInvoiceNumber": header["InvoiceNumber"],
        }
        document = database.find("documents", ID=document_id) or {}
        if any(document.get(name) != value for name, value in names.items()):
            database.update("documents", ("ID", document_id), names)


def link_document(context: Context, document: Record, *, before: str | None = None) -> None:
    """After a document was written: the entry it names shows it, the one named before does not."""
    entry_id = document.get("FinancialTransactionEntryID")
    if before and before != entry_id:
        _show(context, before, None)
    if entry_id:
        _show(context, entry_id, document["ID"])


def entry_by_number(context: Context, number: int, account: str | None) -> str | None:
    """Return the EntryID of the newest sales entry with an invoice number, or None."""
    entries = context.sandbox.database.records(
        "salesentries", Division=context.division, InvoiceNumber=number, order='"EntryDate" DESC'
    )
    fitting = (entry for entry in entries if account in (None, entry["Customer"]))
    return next((str(entry["EntryID"]) for entry in fitting), None)


def forget_entry(context: Context, entry_id: str) -> None:
    """Before an entry goes: its document stays, but names it no longer."""
    database = context.sandbox.database
    for document in database.records(
        "documents", Division=context.division, FinancialTransactionEntryID=entry_id
    ):
        database.update("documents", ("ID", document["ID"]), {"FinancialTransactionEntryID": None})


def forget_document(context: Context, document_id: str) -> None:
    """Before a document goes: nothing in the books names it any longer."""
    database = context.sandbox.database
    for table, _, key in (*_ENTRY_TABLES, ("salesinvoices", "", "InvoiceID")):
        for row in database.records(table, Division=context.division, Document=document_id):
            database.update(table, (key, row[key]), {"Document": None})


def _show(context: Context, entry_id: str, document_id: str | None) -> None:
    database = context.sandbox.database
    for table, column, key in _ENTRY_TABLES:
        place: Record = {"Division": context.division, column: entry_id}
        for row in database.records(table, order="rowid", **place):
            if row["Document"] != document_id:
                database.update(table, (key, row[key]), {"Document": document_id})

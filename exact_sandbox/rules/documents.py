"""What Exact accepts as a document: the record that carries attachments.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocuments
"""

from __future__ import annotations

from collections.abc import Collection

from exact_sandbox.books.document_links import entry_by_number, forget_document, link_document
from exact_sandbox.books.ledger import DOCUMENTS, record_deletion
from exact_sandbox.errors import Refused
from exact_sandbox.languages import is_language
from exact_sandbox.resources import by_path
from exact_sandbox.rules.checks import (
    Reference,
    choice_problems,
    emptied_problems,
    new_key,
    next_number,
    reference_problems,
    refuse,
)
from exact_sandbox.rules.context import Context
from exact_sandbox.rules.document_attachments import remove_attachments
from exact_sandbox.values import Record

PATH = "documents/Documents"
_REFERENCES = {
    "Account": Reference("accounts", word="account"),
    "Contact": Reference("contacts", word="contact"),
    "Currency": Reference("currencies", "Code", "currency", everywhere=True),
}
_CHOICES = {"ProposedEntryStatus": (0, 5, 20, 50)}  # void, rejected, open, processed


def create(context: Context, sent: Record) -> str:
    """Store a new document and return its ID; raises Refused."""
    database = context.sandbox.database
    document = {name: value for name, value in sent.items() if value is not None}
    document["ID"] = new_key(context, "documents", sent)
    _check(context, document, set(document))
    division = database.find("divisions", Code=context.division) or {}
    defaults = {
        "DocumentDate": context.sandbox.clock.today(),
        "Currency": division.get("Currency"),
        "Language": context.user.language,
        "InheritShare": False,
        "HID": next_number(context, "documents"),
    }
    document = {**context.created(), **defaults, **document}
    database.insert("documents", document)
    link_document(context, document)
    return str(document["ID"])


def update(context: Context, document_id: str, changes: Record) -> None:
    """Change a document; raises Refused."""
    database = context.sandbox.database
    changes.pop("ID", None)
    if "HID" in changes and changes["HID"] is None:
        del changes["HID"]
    refuse(emptied_problems(context, by_path()[PATH.lower()], changes))
    stored = database.find("documents", ID=document_id) or {}
    document = {**stored, **changes}
    _check(context, document, set(changes))
    document |= context.modified()
    database.update("documents", ("ID", document_id), document)
    link_document(context, document, before=stored.get("FinancialTransactionEntryID"))


def delete(context: Context, document_id: str) -> None:
    """Delete a document with its attachments; an entry it belonged to stays."""
    forget_document(context, document_id)
    remove_attachments(context, document_id)
    context.sandbox.database.delete("documents", ID=document_id)
    record_deletion(context, DOCUMENTS, document_id)


def _check(context: Context, document: Record, sent: Collection[str]) -> None:
    problems = [
        *_type_problems(context, document, sent),
        *choice_problems(context, document, _CHOICES, sent),
        *reference_problems(context, document, _REFERENCES, sent),
        *_entry_problems(context, document, sent),
    ]
    language = document.get("Language")
    if language and "Language" in sent and not is_language(language):
        problems.append(context.say("invalid_reference", what="language"))
    if "HID" in sent and not document["HID"] > 0:
        problems.append(context.say("invalid", what="HID"))
    refuse(problems)
    if "HID" in sent:
        found = context.sandbox.database.find(
            "documents", Division=context.division, HID=document["HID"]
        )
        if found is not None and found["ID"] != document["ID"]:
            raise Refused(context.say("exists"))


def _type_problems(context: Context, document: Record, sent: Collection[str]) -> list[str]:
    if "Type" not in sent:
        return []
    found = context.sandbox.database.find("documenttypes", ID=document["Type"])
    if found is None:
        return [context.say("invalid_reference", what="type")]
    return [] if found["DocumentIsCreatable"] else [context.say("invalid", what="type")]


def _entry_problems(context: Context, document: Record, sent: Collection[str]) -> list[str]:
    """Check the entry a document names; one named by number only is looked up."""
    entry_id = document.get("FinancialTransactionEntryID")
    if "FinancialTransactionEntryID" in sent and entry_id:
        return (
            []
            if _entry_exists(context, entry_id)
            else [context.say("invalid_reference", what="entry")]
        )
    number = document.get("SalesInvoiceNumber")
    if "SalesInvoiceNumber" in sent and number:
        found = entry_by_number(context, number, document.get("Account"))
        document["FinancialTransactionEntryID"] = found or entry_id
    return []


def _entry_exists(context: Context, entry_id: str) -> bool:
    """Whether an id is that of an entry in the ledger, or of a sales invoice."""
    database = context.sandbox.database
    places = (("transactionlines", "EntryID"), ("salesinvoices", "InvoiceID"))
    return any(
        database.find(table, **{"Division": context.division, column: entry_id}) is not None
        for table, column in places
    )

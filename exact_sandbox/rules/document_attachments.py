"""What Exact accepts as an attachment of a document: any file, base64 encoded.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=DocumentsDocumentAttachments
"""

from __future__ import annotations

import base64
import re
from decimal import Decimal

from exact_sandbox.books.ledger import ATTACHMENTS, record_deletion
from exact_sandbox.rules.checks import Reference, new_key, reference_problems, refuse
from exact_sandbox.rules.context import Context
from exact_sandbox.values import Record

MEGABYTE = 1024 * 1024
LONGEST_NAME = 255
_REFERENCES = {"Document": Reference("documents", word="document")}
_NO_FILE_NAME = re.compile(r'[\x00-\x1f\\/:*?"<>|]')


def create(context: Context, sent: Record) -> str:
    """Store a new attachment and return its ID; raises Refused."""
    name = sent["FileName"].strip()
    content = base64.b64decode(sent["Attachment"])
    problems = reference_problems(context, sent, _REFERENCES, {"Document"})
    if len(name) > LONGEST_NAME or _NO_FILE_NAME.search(name):
        problems.append(context.say("invalid", what="file_name"))
    if len(content) > context.sandbox.switches["attachment_megabytes"] * MEGABYTE:
        problems.append(context.say("too_large", what="attachment"))
    refuse(problems)
    attachment_id = new_key(context, "documentattachments", sent)
    context.sandbox.database.insert(
        "documentattachments",
        {
            "ID": attachment_id,
            "Division": context.division,
            "Document": sent["Document"],
            "FileName": name,
            "FileSize": Decimal(len(content)),
            "Attachment": sent["Attachment"],
        },
    )
    return attachment_id


def store_attachment(context: Context, document_id: str, file_name: str, content: bytes) -> str:
    """Store a file as an attachment of a document and return its ID; raises Refused."""
    encoded = base64.b64encode(content).decode("ascii")
    return create(context, {"Document": document_id, "FileName": file_name, "Attachment": encoded})


def delete(context: Context, attachment_id: str) -> None:
    """Delete an attachment; readers of sync/Deleted are told."""
    context.sandbox.database.delete("documentattachments", ID=attachment_id)
    record_deletion(context, ATTACHMENTS, attachment_id)


def remove_attachments(context: Context, document_id: str) -> None:
    """Delete every attachment of a document."""
    for row in context.sandbox.database.execute(
        'SELECT "ID" FROM documentattachments WHERE "Document" = ?', [document_id]
    ):
        delete(context, row["ID"])

"""Documents, their attachments and types."""

from __future__ import annotations

from exact_sandbox.expressions import account_columns, everywhere_lookup, lookup
from exact_sandbox.resources.resource import Resource
from exact_sandbox.switches import Switches


def _page(name: str, parameter: str) -> str:
    """SQL for the path of a page about the record itself."""
    return f"""('/docs/{name}.aspx?{parameter}=' || t."ID" || '&_Division_=' || t."Division")"""


def _attachment(switches: Switches) -> str:
    shown = int(switches["attachment_on_get"])
    return f'(CASE WHEN {shown} THEN t."Attachment" END)'


RESOURCES: tuple[Resource, ...] = (
    Resource(
        "documents/Documents",
        "Documents.Document",
        "documents",
        expressions={
            **account_columns(),
            "ContactFullName": lookup("contacts", "FullName", "Contact"),
            "TypeDescription": everywhere_lookup("documenttypes", "Description", "Type", by="ID"),
            "HasEmptyBody": """(trim(coalesce(t."Body", '')) = '')""",
            "DocumentViewUrl": _page("DocView", "DocumentID"),
        },
        addresses=frozenset({"DocumentViewUrl"}),
    ),
    Resource(
        "documents/DocumentAttachments",
        "Documents.DocumentAttachment",
        "documentattachments",
        expressions={"Attachment": _attachment, "Url": _page("SysAttachment", "ID")},
        addresses=frozenset({"Url"}),
    ),
    Resource("documents/DocumentTypes", "Documents.DocumentType", "documenttypes", everywhere=True),
)

"""Documents, their attachments and types."""

from __future__ import annotations

from exact_sandbox.resources.resource import Resource

RESOURCES: tuple[Resource, ...] = (
    Resource("documents/Documents", "Documents.Document", "documents"),
    Resource(
        "documents/DocumentAttachments", "Documents.DocumentAttachment", "documentattachments"
    ),
    Resource("documents/DocumentTypes", "Documents.DocumentType", "documenttypes", everywhere=True),
)

"""Files to save: the one answer that carries a file, for pages and for the REST API."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from invoices.models import FileKind, InvoiceFile

_CONTENT_TYPES = {FileKind.PDF: "application/pdf", FileKind.UBL: "application/xml"}


def download(content: bytes | str, name: str, content_type: str) -> HttpResponse:
    """This function will answer with a file that browsers save and do not open: it is not ours, and may hold anything."""
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": disposition or "attachment"},
    )


def download_of(file: InvoiceFile) -> HttpResponse:
    """This function will answer with the file of an invoice."""
    return download(bytes(file.content), file.name, _CONTENT_TYPES[FileKind(file.kind)])

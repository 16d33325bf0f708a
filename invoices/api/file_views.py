"""The files of an invoice through the REST API: they come in with the invoice, and can be read back here."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from integrations.psa.fields import clean_line, shortened
from integrations.psa.registry import REST_PUSH
from invoices.api.base import ApiView
from invoices.api.representations import ErrorAnswer
from invoices.api.schema import OWN_ID
from invoices.downloads import download_of
from invoices.models import FileKind, InvoiceFile


class InvoiceFileView(ApiView):
    """One file of an invoice."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """This function will let a program ask for the file by its own type: it gets the file, and errors as JSON."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        operation_id="get_invoice_file",
        tags=["Invoices"],
        summary="Read a file of an invoice",
        description="The file as it was sent with the invoice.",
        parameters=[
            OWN_ID,
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=FileKind.values),
        ],
        responses={
            (200, "application/pdf"): OpenApiTypes.BINARY,
            (200, "application/xml"): OpenApiTypes.BINARY,
            401: ErrorAnswer,
            404: ErrorAnswer,
        },
    )
    def get(self, request: Request, source_id: str, kind: str) -> HttpResponse:
        """This function will answer with the file, or 404."""
        file = InvoiceFile.objects.filter(
            invoice__source=REST_PUSH.name, invoice__source_id=clean_line(source_id), kind=kind
        ).first()
        if file is None:
            raise NotFound(
                f"The invoice “{shortened(source_id)}” has no file of the kind “{shortened(kind)}”."
            )
        return download_of(file)

"""Clients, subsidiaries, service types and tax rates through the REST API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.psa.fields import clean_line, shortened
from integrations.psa.registry import REST_PUSH
from integrations.psa.rest_push.translate import with_id
from integrations.psa.source import (
    BadInput,
    SourceParty,
    SourceServiceType,
    SourceSubsidiary,
    SourceTaxRate,
    read,
)
from invoices.api.base import ApiView, refusal
from invoices.api.representations import ErrorAnswer
from invoices.api.schema import OWN_ID, Answer
from invoices.intake_changes import plain
from invoices.master_data import MODELS, MasterRow, store


class SubsidiaryBody(SourceSubsidiary):
    """A subsidiary; archived ones cannot be connected to Exact."""

    archived: bool | None = None


class ServiceTypeBody(SourceServiceType):
    """A service type."""

    archived: bool | None = None


class TaxRateBody(SourceTaxRate):
    """A tax rate. Its percentage is fixed once invoices carry it."""

    archived: bool | None = None


class ClientBody(SourceParty):
    """A client."""


class ClientList(Answer):
    """All clients sent through the API."""

    results: list[ClientBody]


class SubsidiaryList(Answer):
    """All subsidiaries sent through the API."""

    results: list[SubsidiaryBody]


class ServiceTypeList(Answer):
    """All service types sent through the API."""

    results: list[ServiceTypeBody]


class TaxRateList(Answer):
    """All tax rates sent through the API."""

    results: list[TaxRateBody]


MasterBody = type[ClientBody] | type[SubsidiaryBody] | type[ServiceTypeBody] | type[TaxRateBody]


class MasterView(ApiView):
    """What the views of one kind of row share. Subclasses name the body they speak."""

    body: ClassVar[MasterBody]

    def rows(self) -> QuerySet[Any]:
        """This function will return the rows that came through this API, ordered by the caller's id."""
        model = next(row for kind, row in MODELS.items() if issubclass(self.body, kind))
        return model.objects.filter(source=REST_PUSH.name).order_by("source_id")

    def describe(self, row: MasterRow) -> dict[str, Any]:
        """This function will return the row in the words of its body."""
        described: dict[str, Any] = {"id": row.source_id}
        for name in self.body.model_fields:
            if name not in {"source_id", "archived"}:
                value = getattr(row, name)
                described[name] = plain(value) if isinstance(value, Decimal) else value
        if "archived" in self.body.model_fields:
            described["archived"] = getattr(row, "archived_at", None) is not None
        return described


class MasterListView(MasterView):
    """All rows of one kind."""

    def get(self, request: Request) -> Response:
        """This function will answer with all rows."""
        return Response({"results": [self.describe(row) for row in self.rows()]})


class MasterRowView(MasterView):
    """One row by the caller's own id."""

    def get(self, request: Request, source_id: str) -> Response:
        """This function will answer with the row, or 404."""
        row = self.rows().filter(source_id=clean_line(source_id)).first()
        if row is None:
            raise NotFound(f"There is nothing with the id “{shortened(source_id)}”.")
        return Response(self.describe(row))

    def put(self, request: Request, source_id: str) -> Response:
        """This function will make or change the row and answer with it."""
        try:
            given = read(self.body, with_id(source_id, request.data))
            archived = getattr(given, "archived", None)
            row, created = store(
                source=REST_PUSH.name, given=given, archived=archived, now=timezone.now()
            )
        except BadInput as problem:
            return refusal(problem.problems)
        return Response(
            self.describe(row), status=status.HTTP_201_CREATED if created else status.HTTP_200_OK
        )


def _list(listed: type[Answer], plural: str) -> Any:
    return extend_schema_view(
        get=extend_schema(
            operation_id=f"list_{plural.replace(' ', '_')}",
            tags=[plural.capitalize()],
            summary=f"List {plural}",
            description="Everything that was sent through this API, ordered by your own id.",
            responses={200: listed, 401: ErrorAnswer},
        )
    )


def _row(body: MasterBody, what: str, plural: str) -> Any:
    name = what.replace(" ", "_")
    return extend_schema_view(
        get=extend_schema(
            operation_id=f"get_{name}",
            tags=[plural.capitalize()],
            summary=f"Read a {what}",
            description="By your own id.",
            parameters=[OWN_ID],
            responses={200: body, 401: ErrorAnswer, 404: ErrorAnswer},
        ),
        put=extend_schema(
            operation_id=f"put_{name}",
            tags=[plural.capitalize()],
            summary=f"Make or change a {what}",
            description="Fields that are left out keep their value. The body may leave the id out.",
            parameters=[OWN_ID],
            request=body,
            responses={
                200: body,
                201: body,
                401: ErrorAnswer,
                413: ErrorAnswer,
                415: ErrorAnswer,
                422: ErrorAnswer,
            },
        ),
    )


@_list(ClientList, "clients")
class ClientListView(MasterListView):
    """All clients."""

    body = ClientBody


@_row(ClientBody, "client", "clients")
class ClientView(MasterRowView):
    """One client."""

    body = ClientBody


@_list(SubsidiaryList, "subsidiaries")
class SubsidiaryListView(MasterListView):
    """All subsidiaries."""

    body = SubsidiaryBody


@_row(SubsidiaryBody, "subsidiary", "subsidiaries")
class SubsidiaryView(MasterRowView):
    """One subsidiary."""

    body = SubsidiaryBody


@_list(ServiceTypeList, "service types")
class ServiceTypeListView(MasterListView):
    """All service types."""

    body = ServiceTypeBody


@_row(ServiceTypeBody, "service type", "service types")
class ServiceTypeView(MasterRowView):
    """One service type."""

    body = ServiceTypeBody


@_list(TaxRateList, "tax rates")
class TaxRateListView(MasterListView):
    """All tax rates."""

    body = TaxRateBody


@_row(TaxRateBody, "tax rate", "tax rates")
class TaxRateView(MasterRowView):
    """One tax rate."""

    body = TaxRateBody

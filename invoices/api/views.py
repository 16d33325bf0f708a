"""Invoices through the REST API: sent singly or in batches under the caller's own id, and read back with their state."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.psa.fields import clean_line, shortened
from integrations.psa.registry import REST_PUSH
from integrations.psa.rest_push.translate import Item, translate, translate_batch, translate_put
from integrations.psa.source import BadInput, SourceInvoice
from invoices.api import examples
from invoices.api.base import ApiView, as_fields, refusal
from invoices.api.paging import MAX_PAGE, not_our_cursor, parse_time, read_limit, read_since
from invoices.api.representations import (
    BatchAnswer,
    ErrorAnswer,
    InvoiceAnswer,
    InvoicePage,
    ItemAnswer,
    StoredAnswer,
    invoices_of_the_caller,
    represent,
)
from invoices.api.schema import OWN_ID, BatchBody
from invoices.intake import take_in
from invoices.intake_results import IntakeResult, IntakeStatus
from invoices.models import Invoice

_ERRORS = {
    400: ErrorAnswer,
    401: ErrorAnswer,
    409: ErrorAnswer,
    413: ErrorAnswer,
    415: ErrorAnswer,
    422: ErrorAnswer,
}
_INVOICE_EXAMPLES = [
    OpenApiExample("An invoice", value=examples.INVOICE, request_only=True),
    OpenApiExample("A credit note", value=examples.CREDIT_NOTE, request_only=True),
    OpenApiExample("An invoice with its PDF", value=examples.WITH_PDF, request_only=True),
]


class InvoiceListView(ApiView):
    """All invoices of the caller, and the way to add one."""

    max_body_size = settings.API_PUSH_MAX_BODY_SIZE

    @extend_schema(
        operation_id="list_invoices",
        tags=["Invoices"],
        summary="List invoices",
        description="The longest unchanged first. To follow changes, keep the newest `updated_at` you have seen and ask "
        "for what changed since a few minutes before it: an invoice counts as changed when it is copied, paid or edited.",
        parameters=[
            OpenApiParameter(
                "updated_since",
                datetime,
                description="With a time zone, e.g. 2026-01-31T12:00:00Z.",
            ),
            OpenApiParameter("number", str, description="Only invoices with this number."),
            OpenApiParameter(
                "limit",
                int,
                description=f"Invoices on a page, at most {MAX_PAGE}; 50 when left out.",
            ),
            OpenApiParameter("cursor", str, description="Taken from `next` of the page before."),
        ],
        responses={200: InvoicePage, 401: ErrorAnswer, 422: ErrorAnswer},
    )
    def get(self, request: Request) -> Response:
        """This function will answer with one page of invoices."""
        try:
            limit = read_limit(request)
            rows = list(_after(request, _matching(request))[: limit + 1])
        except BadInput as problem:
            return refusal(problem.problems)
        page = InvoicePage(
            results=represent(rows[:limit]),
            next=_next_address(request, rows[limit - 1]) if len(rows) > limit else None,
        )
        return Response(page.model_dump(mode="json", by_alias=True))

    @extend_schema(
        operation_id="create_invoice",
        tags=["Invoices"],
        summary="Send an invoice",
        description="Stores the invoice under your own id, or changes the one that has it. The same again changes nothing.",
        request=SourceInvoice,
        responses={200: StoredAnswer, 201: StoredAnswer, **_ERRORS},
        examples=_INVOICE_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """This function will take one invoice in."""
        return _take_one(translate(request.data))


class InvoiceView(ApiView):
    """One invoice by the caller's own id."""

    max_body_size = settings.API_PUSH_MAX_BODY_SIZE

    @extend_schema(
        operation_id="get_invoice",
        tags=["Invoices"],
        summary="Read an invoice",
        description="Its number, whether it is in Exact and under which number, and how far it is paid.",
        parameters=[OWN_ID],
        responses={200: InvoiceAnswer, 401: ErrorAnswer, 404: ErrorAnswer},
    )
    def get(self, request: Request, source_id: str) -> Response:
        """This function will answer with the invoice, or 404."""
        row = invoices_of_the_caller().filter(source_id=clean_line(source_id)).first()
        if row is None:
            raise NotFound(f"There is no invoice with the id “{shortened(source_id)}”.")
        return Response(represent([row])[0].model_dump(mode="json", by_alias=True))

    @extend_schema(
        operation_id="put_invoice",
        tags=["Invoices"],
        summary="Send an invoice under its id",
        parameters=[OWN_ID],
        description="The same as sending it to the list; the body may leave the id out.",
        request=SourceInvoice,
        responses={200: StoredAnswer, 201: StoredAnswer, **_ERRORS},
        examples=_INVOICE_EXAMPLES,
    )
    def put(self, request: Request, source_id: str) -> Response:
        """This function will take the invoice in under the id of the address."""
        return _take_one(translate_put(source_id, request.data))


class InvoiceBatchView(ApiView):
    """Up to 500 invoices at once."""

    max_body_size = settings.API_PUSH_MAX_BODY_SIZE

    @extend_schema(
        operation_id="send_invoice_batch",
        tags=["Invoices"],
        summary="Send up to 500 invoices",
        description="Each invoice is stored whole or not at all, whatever happens to the others. The answer is 200 when "
        "the batch could be read; look at each result. With files the body may be up to "
        f"{settings.API_PUSH_MAX_BODY_SIZE // 2**20} MB.",
        request=BatchBody,
        responses={200: BatchAnswer, **_ERRORS},
        examples=[
            OpenApiExample(
                "Two invoices",
                value={"invoices": [examples.INVOICE, examples.CREDIT_NOTE]},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """This function will take the invoices in and answer with one result for each."""
        try:
            items = translate_batch(request.data)
        except BadInput as problem:
            return refusal(problem.problems)
        readable = [item.invoice for item in items if item.invoice]
        stored = iter(take_in(source=REST_PUSH.name, invoices=readable, now=timezone.now()))
        results = [
            _item_answer(index, item, next(stored) if item.invoice else None)
            for index, item in enumerate(items)
        ]
        counts = Counter(result.result for result in results)
        answer = BatchAnswer(
            counts={name.value: counts[name.value] for name in IntakeStatus}, results=results
        )
        return Response(answer.model_dump(mode="json"))


def _take_one(item: Item) -> Response:
    if item.invoice is None:
        return refusal(item.problems)
    [result] = take_in(source=REST_PUSH.name, invoices=[item.invoice], now=timezone.now())
    if result.status in {IntakeStatus.REFUSED, IntakeStatus.CONFLICT}:
        return refusal(result.problems, conflict=result.status is IntakeStatus.CONFLICT)
    row = invoices_of_the_caller().get(source_id=item.invoice.source_id)
    body = {
        "result": result.status.value,
        "invoice": represent([row])[0].model_dump(mode="json", by_alias=True),
    }
    created = result.status is IntakeStatus.CREATED
    return Response(body, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK)


def _item_answer(index: int, item: Item, result: IntakeResult | None) -> ItemAnswer:
    return ItemAnswer(
        index=index,
        id=item.source_id,
        result=result.status.value if result else IntakeStatus.REFUSED.value,
        problems=as_fields(result.problems if result else item.problems),
    )


def _matching(request: Request) -> QuerySet[Any]:
    rows = invoices_of_the_caller()
    if number := request.query_params.get("number", ""):
        rows = rows.filter(number=clean_line(number))
    if since := read_since(request, "updated_since"):
        rows = rows.filter(updated_at__gte=since)
    return rows


def _after(request: Request, rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows behind the cursor. It holds the time and id of the last row seen, so that no row is left out or repeated."""
    if text := request.query_params.get("cursor"):
        try:
            at_text, _, id_text = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
            at, row_id = parse_time(at_text), int(id_text)
        except (binascii.Error, ValueError):
            at, row_id = None, 0
        if at is None or not 0 < row_id < 2**63:
            raise not_our_cursor()
        rows = rows.filter(Q(updated_at__gt=at) | Q(updated_at=at, pk__gt=row_id))
    return rows.order_by("updated_at", "id")


def _next_address(request: Request, last: Invoice) -> str:
    updated_at: datetime = last.updated_at  # type: ignore[attr-defined]  # annotated by invoices_of_the_caller
    cursor = base64.urlsafe_b64encode(f"{updated_at.isoformat()}|{last.pk}".encode()).decode()
    parameters: dict[str, Any] = {**request.query_params.dict(), "cursor": cursor}
    return f"{settings.PUBLIC_URL}{request.path}?{urlencode(parameters)}"

"""Whose a document in Exact may be that a restored database has forgotten, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from integrations.models import ExactConnection, LaneMember, Route
from invoices.copy_choices import CopyChoices
from invoices.customer_search import match_customer
from invoices.document_texts import marked, one_line, reference
from invoices.models import (
    CopyKind,
    CopyRequest,
    ForgottenDocument,
    Invoice,
)
from invoices.payment_standing import living_documents

_IDS_A_CALL = 15


def candidates(request: CopyRequest) -> list[ForgottenDocument]:
    """This function will return what may be this copy: its number is told, or else all that a document tells is the same."""
    if request.kind != CopyKind.CREATE:
        return []
    invoice = request.invoice
    waiting = ForgottenDocument.objects.filter(
        Q(your_ref=reference(invoice.number)) | Q(gross_amount=abs(invoice.gross_amount)),
        connection=request.connection_id,
        route=request.route,
        settled_at=None,
    )
    rows = list(waiting.order_by("id"))
    numbered = [one for one in rows if has_number(one, invoice)]
    return (numbered or [one for one in rows if _says_the_same(one, invoice)])[:_IDS_A_CALL]


def may_be(one: ForgottenDocument, invoice: Invoice) -> bool:
    """This function will tell whether the document may be the invoice's, so that its copy looks at it before it is sent."""
    return has_number(one, invoice) or _says_the_same(one, invoice)


def has_number(one: ForgottenDocument, invoice: Invoice) -> bool:
    """This function will tell whether the document has the invoice's number."""
    if not one.your_ref or one.your_ref != reference(invoice.number):
        return False
    # An invoice that Exact writes has the customer's own reference there, which may look like a number of ours.
    return one.route == Route.BOOKING or one.gross_amount == abs(invoice.gross_amount)


def _says_the_same(one: ForgottenDocument, invoice: Invoice) -> bool:
    text = one_line(invoice.subject) or invoice.client.name
    if one.route == Route.BOOKING:
        # It has its invoice's number, which is not this one's, or the mark of its copy where Exact gives the numbers.
        told = {"", one.marker}
    else:
        told = {"", reference(invoice.reference) or reference(invoice.number)}
    return (
        one.your_ref in told
        and one.description == marked(text, one.marker)
        and one.gross_amount == abs(invoice.gross_amount)
        and one.document_date in {None, invoice.invoice_date}
    )


@dataclass(frozen=True, slots=True)
class Customer:
    """The account that an invoice would be booked on now: none where a new one would be made, or where it is not sure."""

    exact_id: UUID | None
    is_sure: bool


def customer_of(request: CopyRequest) -> Customer:
    """This function will return on which account of the mirror the invoice would be booked now."""
    choices = CopyChoices.from_json(request.choices)
    if choices.customer_exact_id is not None or choices.create_customer:
        return Customer(choices.customer_exact_id, is_sure=True)
    match = match_customer(request.connection, request.invoice.client)
    found = match.customer.exact_id if match.customer else match.unlisted
    return Customer(found, is_sure=not match.is_ambiguous)


def shares_division(connection: ExactConnection) -> bool:
    """This function will tell whether another organization has a connection to the same division."""
    beside = LaneMember.objects.filter(lane__members__connection_id=connection.pk)
    return beside.exclude(organization_id=connection.organization_id).exists()


def has_copy(request: CopyRequest) -> bool:
    """This function will tell whether the invoice has a copy in Exact beside the one that is asked for."""
    return living_documents(request.invoice).filter(connection=request.connection_id).exists()

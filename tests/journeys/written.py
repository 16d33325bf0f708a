"""What the route "Exact invoice" left behind, past all faults: counted in the sandbox's own books and outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integrations import sessions
from integrations.exact.client import ExactClient
from integrations.models import ExactConnection, Numbering, Route
from invoices.models import CopyKind, CopyRequest, CopyState, Invoice, PostedDocument
from invoices.models.copying import ACTIVE_COPY_STATES
from tests import factories
from tests.journeys.world import DIVISION, World

ROUTE = {"route": Route.EXACT_INVOICE, "numbering": Numbering.EXACT}


@dataclass(frozen=True)
class Truth:
    """How often Exact has each record of one invoice."""

    accounts: int
    contacts: int
    invoices: int
    entries: int
    emails: int


ONE_OF_EACH = Truth(1, 1, 1, 1, 1)


def new_customers_invoice(world: World) -> Invoice:
    """An invoice of a customer that Exact does not know yet, with the contact that receives it."""
    client = factories.make_client(organization=world.organization)
    return world.invoice(client=client, contact=factories.make_contact(client=client))


def invoice_of(world: World, **fields: Any) -> Invoice:
    """An invoice that its contact receives."""
    client = fields.pop("client", None) or factories.make_client(organization=world.organization)
    contact = fields.pop("contact", None) or factories.make_contact(client=client)
    return world.invoice(client=client, contact=contact, **fields)


def emails(world: World, invoice: Invoice) -> list[dict[str, Any]]:
    """What Exact sent to the invoice's contact."""
    assert invoice.contact is not None
    messages = world.control("GET", "outbox")["messages"]
    return [one for one in messages if one["to"] == invoice.contact.email]


def open_client(world: World) -> ExactClient:
    """Somebody works in Exact itself."""
    with world.rows():
        connection = ExactConnection.objects.select_related("grant").get(pk=world.connection.pk)
    return sessions.open_client(connection, on_answer=lambda _record: None)


def sending_of(world: World, invoice: Invoice) -> CopyRequest:
    """The newest wish to send the invoice."""
    with world.rows():
        return CopyRequest.objects.filter(invoice=invoice, kind=CopyKind.SEND).latest("id")


def truth(world: World, invoice: Invoice) -> Truth:
    """Count what there is of an invoice, named by what the PSA called it."""
    assert invoice.contact is not None
    database = world.sandbox.sandbox.database
    email = invoice.contact.email
    accounts = database.records("accounts", Division=DIVISION, Name=invoice.client.name)
    contacts = database.records("contacts", Division=DIVISION, Email=email)
    made = world.control("GET", f"books/{DIVISION}/sales-invoices")["sales_invoices"]
    messages = world.control("GET", f"outbox?division={DIVISION}&kind=email")["messages"]
    return Truth(
        accounts=len(accounts),
        contacts=len(contacts),
        invoices=sum(one["your_ref"] == invoice.number for one in made),
        entries=len(world.entries(invoice.number)),
        emails=sum(one["to"] == email for one in messages),
    )


def document_of(world: World, invoice: Invoice) -> PostedDocument | None:
    """The invoice's newest document, None while there is none."""
    found = world.documents(invoice)
    return found[0] if found else None


def is_numbered(world: World, invoice: Invoice) -> bool:
    """Whether nothing is left to do: made, printed, and its number is read."""
    document = document_of(world, invoice)
    if document is None or document.sent_at is None or document.invoice_number is None:
        return False
    with world.rows():
        return not CopyRequest.objects.filter(
            invoice=invoice, state__in=ACTIVE_COPY_STATES
        ).exists()


def held_requests(world: World, invoice: Invoice) -> list[CopyRequest]:
    """The wishes that wait for a person."""
    with world.rows():
        return list(
            CopyRequest.objects.filter(
                invoice=invoice, state=CopyState.NEEDS_CHOICE
            ).select_related("invoice", "connection")
        )


def states(world: World, invoice: Invoice) -> dict[str, CopyState]:
    """What became of the newest wish of each kind."""
    with world.rows():
        return {
            kind: CopyState(state)
            for kind, state in CopyRequest.objects.filter(invoice=invoice)
            .order_by("id")
            .values_list("kind", "state")
        }

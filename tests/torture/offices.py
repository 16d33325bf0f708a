"""Organizations with a connected division each, and their invoices in bulk: made through the product's own code."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from connector.secrets import Secret
from connector.tenancy.models import Organization
from connector.tenancy.scope import tenant_transaction
from integrations import lanes, reference_lists, token_store
from integrations.exact.oauth import TokenSet
from integrations.models import (
    ExactConnection,
    ExactCustomer,
    Item,
    LaneMember,
    LedgerAccount,
    ReferenceList,
    Route,
)
from integrations.psa.source import read_invoice
from invoices import copy_requests, intake
from invoices.copy_choices import CopyChoices
from invoices.copy_refusals import CopyRefused
from invoices.models import Client, Contact, CopyRequest, Invoice
from invoices.models.copying import ACTIVE_COPY_STATES
from tests import factories
from tests.torture.sandbox import SandboxControl

_USER = "anna@studio-noord.example"
_JOURNAL = "70"
_CLIENTS = 8
# Numbers of our own run through all offices of a scenario, so that a mark is never met by chance.
_FIRST_NUMBER = 27_500_000


@dataclass
class Office:
    """One organization and its division of the sandbox; `asked` are the ids of the invoices to be copied.

    `contacts` receive the invoices of the clients in the same places; without them nobody is named.
    """

    organization: Organization
    connection: ExactConnection
    division: int
    clients: list[Client] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    def rows(self) -> Any:
        """The organization's transaction."""
        return tenant_transaction(self.organization.pk)

    def active(self) -> int:
        """This function will count the copies that still are under way."""
        with self.rows():
            return CopyRequest.objects.filter(state__in=ACTIVE_COPY_STATES).count()

    def ask(self, invoice_ids: Sequence[int]) -> None:
        """This function will ask for copies of these invoices, as people do who select many at once."""
        with self.rows():
            connection = ExactConnection.objects.get(pk=self.connection.pk)
            for invoice in Invoice.objects.filter(pk__in=invoice_ids).order_by("id"):
                self._ask(invoice, connection)
        self.asked += invoice_ids

    def ask_for_rest(self, invoice_ids: Sequence[int]) -> None:
        """This function will ask for a copy of each of these that has none, as people do who see it in the list."""
        with self.rows():
            connection = ExactConnection.objects.get(pk=self.connection.pk)
            rest = Invoice.objects.filter(pk__in=invoice_ids, posted_documents=None)
            for invoice in rest.order_by("id"):
                # It may be under way, or a worker has just found it.
                with suppress(CopyRefused):
                    self._ask(invoice, connection)

    @staticmethod
    def _ask(invoice: Invoice, connection: ExactConnection) -> None:
        copy_requests.request_copy(
            invoice=invoice,
            connection=connection,
            choices=CopyChoices(journal_code=_JOURNAL),
            user=None,
            now=timezone.now(),
        )


def open_offices(sandbox: SandboxControl, count: int, **fields: Any) -> list[Office]:
    """This function will make organizations, connect each to a division of its own, and mirror its lists.

    `fields` are columns of the connections. The clients are known: each is linked to a customer of the division.
    """
    # All log in as one person here; at Exact each would be a user of its own, and end nobody else's tokens.
    sandbox.switch(new_consent_ends_tokens=False)
    return [_open_office(sandbox, number, fields) for number in range(1, count + 1)]


def _open_office(sandbox: SandboxControl, number: int, fields: dict[str, Any]) -> Office:
    division = sandbox.make_division(f"Kantoor {number} B.V.")
    organization = factories.make_organization(name=f"Office {number}")
    connection = factories.make_connection(
        organization=organization,
        lists=False,
        **{
            "division": division,
            "division_name": f"Kantoor {number} B.V.",
            "default_vat_code": "2",
            **fields,
        },
    )
    office = Office(organization, connection, division)
    log_in(sandbox, office)
    with office.rows():
        lanes.seat(connection)
        reference_lists.request_refresh(connection, now=timezone.now())
    _fetch_lists(office)
    with office.rows():
        ledger = LedgerAccount.objects.get(connection=connection, code="8000")
        connection.default_ledger_exact_id = ledger.exact_id
        if connection.route == Route.EXACT_INVOICE:
            item = Item.objects.get(connection=connection, code="SERVICE")
            connection.default_item_exact_id = item.exact_id
        connection.save()
        customers = list(
            ExactCustomer.objects.filter(
                connection=connection, status="C", is_blocked=False
            ).order_by("code")[:_CLIENTS]
        )
    for place, customer in enumerate(customers):
        client = factories.make_client(
            organization=organization, source_id=f"client-{place}", source=factories.SOURCE
        )
        factories.link_customer(
            connection=connection, client=client, customer_exact_id=customer.exact_id
        )
        office.clients.append(client)
    return office


def with_new_clients(office: Office, names: Sequence[str]) -> Office:
    """This function will return the office with other clients, whom Exact does not know, each with a person for its mail."""
    with office.rows():
        known = {client.name: client for client in Client.objects.filter(name__in=names)}
        receive = {one.client_id: one for one in Contact.objects.filter(client__name__in=names)}
    clients = [
        known.get(name)
        or factories.make_client(organization=office.organization, name=name, source_id=name)
        for name in names
    ]
    contacts = [
        receive.get(one.pk)
        or factories.make_contact(
            client=one,
            source_id=f"Receives for {one.name}",
            email=f"{slugify(one.name)}@client.example",
        )
        for one in clients
    ]
    return replace(office, clients=clients, contacts=contacts)


def log_in(sandbox: SandboxControl, office: Office) -> None:
    """This function will log a person in at Exact for the office, again after the consent was lost."""
    made = sandbox.tokens(_USER)
    tokens = TokenSet(
        Secret(made["access_token"]), Secret(made["refresh_token"]), int(made["expires_in"])
    )
    now = timezone.now()
    with office.rows():
        connection = ExactConnection.objects.select_related("grant").get(pk=office.connection.pk)
        assert connection.grant is not None
        for revived in token_store.store_tokens(connection.grant, tokens, now=now):
            lanes.ring(revived, at=now)


def _fetch_lists(office: Office) -> None:
    lane_id = LaneMember.objects.get(connection_id=office.connection.pk).lane_id
    end = time.monotonic() + 120
    while time.monotonic() < end:
        lanes.run_turn(lane_id, worker="torture")
        with office.rows():
            due = ReferenceList.objects.filter(
                connection=office.connection, due_at__lte=timezone.now()
            )
            if not due.exists():
                return
    raise AssertionError("The lists were not read in two minutes")


# --- Invoices -------------------------------------------------------------------------------------------------------


def make_invoices(
    offices: Sequence[Office], count: int, *, seed: int = 5, first: int = 0
) -> dict[int, list[int]]:
    """This function will take in `count` invoices over all offices; it returns their ids by place of the office.

    The same arguments make the same invoices. `first` is how far their numbers are from the lowest of each office.
    """
    made: dict[int, list[int]] = {}
    draw = random.Random(seed)
    for place, office in enumerate(offices):
        share = count // len(offices) + (place < count % len(offices))
        invoices = [
            read_invoice(_plain_invoice(office, place, first + number, draw))
            for number in range(share)
        ]
        with office.rows():
            results = intake.take_in(source=factories.SOURCE, invoices=invoices, now=timezone.now())
            refused = [result for result in results if result.invoice_id is None]
            assert not refused, refused[:3]
        made[place] = [result.invoice_id for result in results if result.invoice_id is not None]
    return made


def _plain_invoice(office: Office, place: int, number: int, draw: random.Random) -> dict[str, Any]:
    own = _FIRST_NUMBER + place * 20_000 + number
    day = date(2026, 11, 1) + timedelta(days=draw.randrange(25))
    whose = number % len(office.clients)
    # Exact reckons the VAT of what it writes by line; whole euros have nothing to round, which a person would be asked about.
    cents = (100, 500_000, 100) if office.contacts else (100, 500_000)
    contact = {"contact": {"id": office.contacts[whose].source_id}} if office.contacts else {}
    return {
        **contact,
        "id": f"torture-{own}",
        "number": str(own),
        "subject": f"Work of week {draw.randrange(1, 53)}",
        "invoice_date": day.isoformat(),
        "due_date": (day + timedelta(days=30)).isoformat(),
        "currency": "EUR",
        "subsidiary": {"id": office.connection.subsidiary.source_id},
        "client": {"id": office.clients[whose].source_id},
        "lines": [
            {
                "id": f"{own}-{line}",
                "description": f"Line {line} of {own}",
                "net_amount": str(Decimal(draw.randrange(*cents)) / 100),
                "tax_rate": {"id": "rate-21", "percentage": "21"},
            }
            for line in range(1, draw.randrange(2, 6))
        ],
    }


def batches(made: dict[int, list[int]], size: int) -> Iterator[tuple[int, list[int]]]:
    """This function will yield parts of the invoices, taking turns between the offices: (place, ids)."""
    longest = max(map(len, made.values()), default=0)
    for start in range(0, longest, size):
        for place, ids in made.items():
            if part := ids[start : start + size]:
                yield place, part

"""Hundreds of invoices over both routes for 40 clients, of which 15 share a name or a number in different spellings.

Each client has its fate written beside it: which account of Exact it is, or that a person has to be asked. Whatever the
order of the work, no account is made twice, and nothing that is not sure is guessed.

The suite takes 100 invoices, the scenario `many-customers` of `make torture` 500.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from connector.tenancy.models import Organization
from connector.tenancy.scope import tenant_transaction
from exact_sandbox.control.routes import division_context
from exact_sandbox.rules import accounts as account_rules
from integrations import lanes, queries
from integrations.models import (
    DivisionLane,
    ExactConnection,
    Item,
    LaneMember,
    Numbering,
    Route,
)
from invoices import copy_requests
from invoices.copy_choices import CopyChoices
from invoices.models import (
    Client,
    CopyKind,
    CopyRequest,
    CopyState,
    CustomerLink,
    Invoice,
    PostedDocument,
)
from invoices.models.copying import ACTIVE_COPY_STATES
from tests import factories
from tests.exact import NOORD, ZUID, connected

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = int(os.environ.get("MANY_INVOICES", "100"))
ASKED, NEW = "asked", "new"

# What somebody made in Exact before, in both divisions.
KNOWN: tuple[dict[str, Any], ...] = (
    {"Name": "Alfa Groep B.V.", "VATNumber": "NL270000011B01"},
    {"Name": "Bravo Media B.V."},
    {"Name": "Delta Zorg"},
    {"Name": "Delta Zorg"},
    {"Name": "Echo Bouw B.V.", "VATNumber": "NL270000059B01"},
    {"Name": "Foxtrot B.V."},
    {"Name": "India Register", "ChamberOfCommerce": "27000083"},
    {"Name": "Hotel Vijf B.V.", "VATNumber": "NL270000095B01", "Status": "P"},
    {"Name": "Kilo Oud B.V.", "VATNumber": "NL270000107B01"},
    {"Name": "Kilo Nieuw B.V.", "VATNumber": "NL270000107B01"},
)
# The 15 clients, and the name of the account that each one is.
SHARING: tuple[tuple[dict[str, str], str], ...] = (
    ({"name": "Alfa", "vat_number": "nl 2700.00.011.b01"}, "Alfa Groep B.V."),
    ({"name": "Alfa Projecten", "vat_number": "270000011B01"}, "Alfa Groep B.V."),
    ({"name": " bravo  MEDIA b.v."}, "Bravo Media B.V."),
    ({"name": "Charlie Werkt B.V.", "vat_number": "NL270000035B01"}, "Charlie Werkt B.V."),
    ({"name": "Charlie Holding", "vat_number": "nl.270000035.b01"}, "Charlie Werkt B.V."),
    ({"name": "charlie werkt b.v."}, "Charlie Werkt B.V."),
    ({"name": "Delta Zorg"}, ASKED),
    ({"name": "DELTA ZORG", "vat_number": "NL270000047B01"}, ASKED),
    ({"name": "Echo Bouw B.V.", "vat_number": "NL270000061B01"}, ASKED),
    ({"name": "Foxtrot BV"}, ASKED),
    ({"name": "Golf Advies", "vat_number": "NL270000073B01"}, "Golf Advies"),
    ({"name": "Golf Advies", "vat_number": "NL270000085B01"}, ASKED),
    ({"name": "India B.V.", "coc_number": "27.00.00.83"}, "India Register"),
    ({"name": "Hotel Vijf", "vat_number": "NL 270000095 B01"}, ASKED),
    ({"name": "Kilo", "vat_number": "NL270000107B01"}, ASKED),
)


@dataclass
class Office:
    """One organization, its two divisions, and its 40 clients with what has to become of each."""

    exact: Any
    organization: Organization
    connections: list[ExactConnection]
    fates: dict[int, str] = field(default_factory=dict)
    clients: list[Client] = field(default_factory=list)

    def rows(self) -> Any:
        return tenant_transaction(self.organization.pk)

    def accounts(self, connection: ExactConnection) -> list[dict[str, Any]]:
        """The division's accounts as Exact has them."""
        database = self.exact.sandbox.database
        return database.records("accounts", Division=connection.division)

    def work_off(self) -> None:
        """Serve both lanes until nothing is due."""
        lane_ids = {
            LaneMember.objects.get(connection_id=one.pk).lane_id for one in self.connections
        }
        for _ in range(2_000):
            for lane_id in lane_ids:
                lanes.run_turn(lane_id, worker="test")
            with self.rows():
                # Exact numbers an invoice a moment after it was told to; that moment is not waited for.
                unnumbered = PostedDocument.objects.filter(number_due_at__isnull=False)
                waiting = unnumbered.update(number_due_at=timezone.now())
                waiting += CopyRequest.objects.filter(state__in=ACTIVE_COPY_STATES).count()
            if not waiting:
                return
            LaneMember.objects.update(due_at=timezone.now())
            DivisionLane.objects.update(resume_at=None)
        raise AssertionError("The lanes did not come to rest")


@pytest.fixture
def office(transactional_db, exact) -> Office:
    exact.sandbox.reset()
    for division in (NOORD, ZUID):
        context = division_context(exact.sandbox, division)
        for account in KNOWN:
            account_rules.create(
                context,
                {"Status": "C", "Country": "NL", "Email": "boeken@known.example", **account},
            )
    organization = factories.make_organization()
    booking = connected(organization, exact, NOORD)
    writing = connected(
        organization,
        exact,
        ZUID,
        country="BE",
        route=Route.EXACT_INVOICE,
        numbering=Numbering.EXACT,
    )
    with tenant_transaction(organization.pk):
        for connection in (booking, writing):
            journal = queries.list_usable_sales_journals(connection).first()
            vat = queries.list_vat_codes(connection).filter(percentage="0.21", type="E").first()
            assert journal is not None
            assert vat is not None
            connection.default_journal_code = journal.code
            connection.default_vat_code = vat.code
            if connection.route == Route.EXACT_INVOICE:
                item = Item.objects.filter(connection=connection, is_sales_item=True).first()
                assert item is not None
                connection.default_item_exact_id = item.exact_id
            connection.save()
    made = Office(exact, organization, [booking, writing])
    wanted = [
        *SHARING,
        *(
            ({"name": f"Eigen Klant {n} B.V.", "vat_number": f"NL27{n:07}B01"}, NEW)
            for n in range(500, 525)
        ),
    ]
    for fields, fate in wanted:
        client = factories.make_client(organization=organization, **fields)
        made.clients.append(client)
        made.fates[client.pk] = fate
    return made


def test_d10_hundreds_of_invoices_make_no_customer_twice_and_guess_none(office):
    before = {one.pk: {row["ID"] for row in office.accounts(one)} for one in office.connections}
    requests = ask_for_all(office)
    office.work_off()

    with office.rows():
        copies = CopyRequest.objects.filter(kind=CopyKind.CREATE)
        done = list(copies.select_related("invoice__client"))
        documents = list(PostedDocument.objects.select_related("invoice"))
    assert len(done) == len(requests) == COUNT
    for request in done:
        is_asked = office.fates[request.invoice.client_id] == ASKED
        told = (request.invoice.client.name, request.problem_sentence)
        assert (request.state == CopyState.NEEDS_CHOICE) == is_asked, told
        assert (request.state == CopyState.COPIED) != is_asked, told
        assert (request.problem_code == "customer_ambiguous") == is_asked, told
    booked_on = check_accounts(office, documents, before)

    # A person chooses once for each, and what waited goes the same way without another question.
    choose_for_asked(office)
    office.work_off()
    with office.rows():
        left = CopyRequest.objects.filter(state=CopyState.NEEDS_CHOICE).select_related(
            "connection", "invoice"
        )
        for request in left.order_by("id"):
            assert copy_requests.retry(copy_request=request, user=None, now=timezone.now())
    office.work_off()
    with office.rows():
        assert not Invoice.objects.exclude(state="finalized").exists()
        assert CustomerLink.objects.count() == len(office.clients) * len(office.connections)
        assert PostedDocument.objects.count() == COUNT
    assert {one.pk: len(office.accounts(one)) for one in office.connections} == booked_on


def ask_for_all(office: Office) -> list[CopyRequest]:
    """Every client gets invoices in both divisions, one after the other."""
    requests = []
    for number in range(COUNT):
        client = office.clients[number // len(office.connections) % len(office.clients)]
        connection = office.connections[number % len(office.connections)]
        invoice = factories.make_invoice(
            organization=office.organization,
            subsidiary=connection.subsidiary,
            client=client,
            number=str(27_480_000 + number) if connection.numbering == Numbering.PSA else "",
        )
        with office.rows():
            requests.append(ask(invoice, connection))
    return requests


def ask(invoice: Invoice, connection: ExactConnection, **choices: Any) -> CopyRequest:
    return copy_requests.request_copy(
        invoice=invoice,
        connection=connection,
        choices=CopyChoices(journal_code=connection.default_journal_code, **choices),
        user=None,
        now=timezone.now(),
    )


def check_accounts(
    office: Office, documents: list[PostedDocument], before: dict[int, set[str]]
) -> dict[int, int]:
    """Hold what was booked and made against the clients' fates; it returns how many accounts each division has."""
    names = {
        UUID(row["ID"]): row["Name"] for one in office.connections for row in office.accounts(one)
    }
    used: dict[tuple[int, int], set[UUID]] = defaultdict(set)
    for document in documents:
        used[document.connection_id, document.invoice.client_id].add(document.customer_exact_id)
    for (_, client_id), accounts in used.items():
        assert len(accounts) == 1
        fate = office.fates[client_id]
        if fate != NEW:
            assert names[next(iter(accounts))] == fate
    for connection in office.connections:
        rows = office.accounts(connection)
        made = [row for row in rows if row["ID"] not in before[connection.pk]]
        # 25 of their own, and Charlie's and Golf's.
        assert Counter(row["Status"] for row in made) == {"C": 27}
        for mark in ("VATNumber", "Name"):
            told = Counter(plain(row[mark]) for row in rows)
            assert not [row[mark] for row in made if row[mark] and told[plain(row[mark])] > 1]
    return {one.pk: len(office.accounts(one)) for one in office.connections}


def plain(text: str | None) -> str:
    return "".join(letter for letter in (text or "").casefold() if letter.isalnum())


def choose_for_asked(office: Office) -> None:
    """For each client and division that waits: one invoice is opened, and an account chosen."""
    with office.rows():
        waiting: dict[tuple[int, int], CopyRequest] = {}
        for request in (
            CopyRequest.objects.filter(state=CopyState.NEEDS_CHOICE)
            .select_related("invoice", "connection")
            .order_by("id")
        ):
            waiting.setdefault((request.connection_id, request.invoice.client_id), request)
        for request in waiting.values():
            known = office.accounts(request.connection)
            chosen = next(
                UUID(row["ID"])
                for row in known
                if row["Status"] == "C" and row["Name"] == "Bravo Media B.V."
            )
            ask(request.invoice, request.connection, customer_exact_id=chosen)

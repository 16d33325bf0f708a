"""An agency with a connected division in the sandbox: books invoices there, pays them at the bank desk, reads payments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import requests

from connector import http
from connector.secrets import Secret
from connector.tenancy.models import Organization
from connector.tenancy.scope import tenant_transaction
from exact_sandbox.options import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET
from exact_sandbox.server import RunningSandbox
from integrations.exact import accounts, gl_accounts, me, oauth, sales_entries
from integrations.exact.client import ExactClient
from integrations.lanes import LaneJob
from integrations.models import ExactConnection
from invoices.models import Invoice, InvoiceEvent, PostedDocument
from payments import webhooks
from payments.models import Payment, SyncCursor
from payments.sync import work
from tests import factories

APP = oauth.App(
    DEFAULT_CLIENT_ID, Secret(DEFAULT_CLIENT_SECRET), "http://localhost:8000/exact/callback"
)
USER = "bram@studio-noord.example"
MOVES, POSITION = "GET /system/Divisions", "GET /read/sync/Sync/SyncTimestamp"
LIST = "GET /bulk/Cashflow/Receivables"
RUN = ["GET /sync/Deleted", "GET /sync/Cashflow/PaymentTerms"]
# Where the feed of terms stands, and that of deletions.
POSITIONS = [POSITION, POSITION]
FIRST_RUN = [MOVES, *POSITIONS, LIST, *RUN]


def consent(sandbox: RunningSandbox, transport: http.Session) -> oauth.TokenSet:
    """Log on at the sandbox and allow access, as a person would."""
    url = oauth.authorize_url(sandbox.base_url, APP, state="state")
    with requests.Session() as browser:
        form = {"username": USER, "password": "sandbox", "login": "1"}
        page = browser.post(url, data=form, allow_redirects=False)
        onward = sandbox.base_url + page.headers["Location"]
        page = browser.get(onward, allow_redirects=False)
        if page.status_code == 200:
            page = browser.post(onward, data={"decision": "allow"}, allow_redirects=False)
    code = parse_qs(urlsplit(page.headers["Location"]).query)["code"][0]
    return oauth.exchange_code(transport, sandbox.base_url, APP, code)


@dataclass
class Division:
    """A division of the sandbox that may be called, with a customer and a ledger account to book on."""

    sandbox: RunningSandbox
    client: ExactClient
    tokens: oauth.TokenSet
    customer_id: UUID
    other_customer_id: UUID
    ledger_id: UUID
    journal: str = "70"

    @classmethod
    def open(cls, sandbox: RunningSandbox, transport: http.Session) -> Division:
        """Connect to the user's current division."""
        tokens = consent(sandbox, transport)
        start = ExactClient(sandbox.base_url, None, tokens.access_token, transport)
        client = start.for_division(me.get(start).current_division)
        customers = [
            row.exact_id
            for page in accounts.sync(client, 0)
            for row in page.rows
            if row.is_customer and not row.is_blocked
        ]
        ledger = next(
            row
            for row in gl_accounts.list_gl_accounts(client).rows
            if row.is_revenue and not row.is_blocked
        )
        return cls(sandbox, client, tokens, customers[0], customers[1], ledger.exact_id)

    @property
    def code(self) -> int:
        """The division's code."""
        assert self.client.division is not None
        return self.client.division

    def control(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        """Call the sandbox's own API."""
        answer = requests.request(
            method, f"{self.sandbox.base_url}/_sandbox/{path}", json=body, timeout=10
        )
        assert answer.status_code == expect, answer.text
        return answer.json() if answer.content else None

    def renew(self) -> None:
        """Take another access token, for tests that outlast one."""
        token = self.control("POST", "tokens", {"username": USER})["access_token"]
        self.client.access_token = Secret(token)

    def new_customer(self) -> UUID:
        """A customer of whom no other test knows, made past HTTP."""
        database = self.sandbox.sandbox.database
        like = database.records("accounts", ID=str(self.customer_id))[0]
        made = uuid4()
        new = {name: value for name, value in like.items() if name != "Timestamp"}
        with database.transaction():
            database.insert(
                "accounts", new | {"ID": str(made), "Code": str(made.int % 10**9).rjust(18)}
            )
        return made

    def switch(self, **positions: object) -> None:
        """Put switches of the sandbox in other positions."""
        self.control("PATCH", "switches", positions)

    def scopes(self, **levels: str) -> None:
        """Change scopes of our application."""
        self.control("PATCH", "applications", {"client_id": DEFAULT_CLIENT_ID, "scopes": levels})


@dataclass
class Books:
    """One organization, one connection to the division, and a clock that only `later` moves."""

    division: Division
    organization: Organization
    connection: ExactConnection
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    still_ours: Callable[[], bool] = lambda: True

    @classmethod
    def start(cls, division: Division, **fields: Any) -> Self:
        """An organization whose connection has the payments sync on, as the wizard leaves it."""
        organization = factories.make_organization()
        options = {"division": division.code, "sync_payments": True} | fields
        connection = factories.make_connection(organization=organization, lists=False, **options)
        return cls(division, organization, connection)

    # --- in Exact ---

    def invoice(
        self, net: str = "100.00", *, customer: UUID | None = None, **fields: Any
    ) -> Invoice:
        """An invoice of net + 21 % that was copied to Exact."""
        lines = [{"net_amount": net, "rate": "21"}]
        invoice = factories.make_invoice(
            organization=self.organization,
            subsidiary=self.connection.subsidiary,
            lines=lines,
            **fields,
        )
        self.copy(invoice, customer=customer)
        return invoice

    def copy(self, invoice: Invoice, *, customer: UUID | None = None) -> PostedDocument:
        """Book the invoice in Exact and remember the document."""
        line = sales_entries.SalesEntryLineDraft(
            amount_fc=invoice.net_amount * invoice.sign,
            gl_account_id=self.division.ledger_id,
            vat_code="2",
        )
        booked = sales_entries.create(
            self.division.client,
            sales_entries.SalesEntryDraft(
                customer_id=customer or self.division.customer_id,
                journal=self.division.journal,
                lines=(line,),
                entry_date=datetime.now(UTC).date(),
                your_ref=invoice.number,
                currency=invoice.currency,
            ),
        )
        assert abs(booked.amount_fc) == invoice.gross_amount
        return factories.make_posted_document(
            invoice=invoice,
            connection=self.connection,
            exact_id=booked.entry_id,
            entry_number=booked.entry_number,
            gross_amount=booked.amount_fc,
            created_at=self.now,
            updated_at=self.now,
        )

    def entry_id(self, invoice: Invoice) -> str:
        """The id of the invoice's newest entry in Exact."""
        with self.rows():
            document = PostedDocument.objects.filter(invoice=invoice).order_by("-sequence").first()
            assert document is not None
            return str(document.exact_id)

    def pay(
        self, *parts: tuple[Invoice, str], day: str = "2026-11-03", reference: str = "BANK 1"
    ) -> str:
        """Register one bank line over one or more invoices and return its id."""
        body = {
            "division": self.division.code,
            "date": day,
            "reference": reference,
            "lines": self.lines(*parts),
        }
        payment_id: str = self.division.control("POST", "bank/payments", body, expect=201)["id"]
        return payment_id

    def lines(self, *parts: tuple[Invoice, str]) -> list[dict[str, str]]:
        """The lines of a bank payment as the desk takes them."""
        return [{"entry_id": self.entry_id(one), "amount": amount} for one, amount in parts]

    def edit(self, payment_id: str, **changes: Any) -> None:
        """Correct a bank payment."""
        self.division.control("PATCH", f"bank/payments/{payment_id}", changes)

    def delete(self, payment_id: str) -> None:
        """Delete a bank payment."""
        self.division.control("DELETE", f"bank/payments/{payment_id}", expect=204)

    def unmatch(self, payment_id: str) -> None:
        """Undo the matching of a bank payment."""
        self.division.control("POST", f"bank/payments/{payment_id}/unmatch")

    # --- here ---

    def rows(self) -> Any:
        """Open the organization's transaction."""
        return tenant_transaction(self.organization.pk)

    def reload(self) -> ExactConnection:
        """The connection's row as it is now."""
        with self.rows():
            self.connection = ExactConnection.objects.select_related("grant", "subsidiary").get(
                pk=self.connection.pk
            )
        return self.connection

    def due_at(self) -> datetime | None:
        """When the lane would come by for payments."""
        connection = self.reload()
        with self.rows():
            return work.next_due_at(connection, now=self.now)

    def job(self) -> LaneJob:
        """What the lane would hand to the step."""
        return LaneJob(
            organization_id=self.organization.pk,
            connection_id=self.connection.pk,
            client=self.division.client,
            fence=1,
            worker="test",
            now=lambda: self.now,
            still_ours=self.still_ours,
        )

    def read(self) -> list[str]:
        """Do a payments run as the lane does, an hour after the last; return the calls it made."""
        self.later(hours=1)
        return self.read_on()

    def read_on(self) -> list[str]:
        """Do what is due now; return the calls it made."""
        return [call for run in self.runs() for call in run]

    def runs(self) -> list[list[str]]:
        """Do what is due now; return the calls of each turn of the lane."""
        made: list[list[str]] = []
        while len(made) < 20 and (due_at := self.due_at()) is not None and due_at <= self.now:
            before = self.last_call()
            work.step(self.job())
            made.append(self.calls_since(before))
        return made

    def last_call(self) -> int:
        """The number of the newest call in the sandbox's log."""
        return self.division.sandbox.sandbox.log.newest

    def calls_since(self, sequence: int) -> list[str]:
        """The calls to Exact after a number of its log."""
        return [
            f"{entry['method']} {str(entry['path']).partition(f'/{self.division.code}')[2]}"
            for entry in self.division.sandbox.sandbox.log.since(sequence)
        ]

    def later(self, **time: int) -> None:
        """Let time pass here (the sandbox keeps its own clock)."""
        self.now += timedelta(**time)

    def hear(self) -> None:
        """Hear a webhook of Exact, a second later."""
        self.later(seconds=1)
        connection = self.reload()
        with self.rows():
            webhooks.bring_forward(connection, created=None, now=self.now)

    def status(self, invoice: Invoice) -> tuple[str, str]:
        """The invoice's payment status and paid amount."""
        with self.rows():
            row = Invoice.objects.get(pk=invoice.pk)
            return row.payment_status, f"{row.paid_amount:.2f}"

    def refreshed(self, invoice: Invoice) -> Invoice:
        """The invoice's row as it is now."""
        with self.rows():
            return Invoice.objects.get(pk=invoice.pk)

    def payments(self, invoice: Invoice, *, removed: bool = False) -> list[Payment]:
        """The invoice's payments that Exact has, or those it no longer has."""
        with self.rows():
            return list(
                Payment.objects.filter(invoice=invoice, removed_at__isnull=not removed).order_by(
                    "id"
                )
            )

    def amounts(self, invoice: Invoice) -> list[Decimal | None]:
        """The amounts of the payments Exact has."""
        return [payment.amount for payment in self.payments(invoice)]

    def history(self, invoice: Invoice) -> list[str]:
        """What the invoice's activity says, oldest first."""
        with self.rows():
            events = InvoiceEvent.objects.filter(invoice=invoice).order_by("id")
            return [event.sentence for event in events]

    def cursor(self) -> SyncCursor:
        """The connection's cursor."""
        with self.rows():
            return SyncCursor.objects.get(connection=self.connection)

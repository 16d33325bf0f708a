"""An agency, its invoices and a connected division of the sandbox: what journeys start from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import requests
from django.utils import timezone

from connector import http
from connector.tenancy.models import Organization
from connector.tenancy.scope import tenant_transaction
from exact_sandbox.server import RunningSandbox
from integrations import lanes, reference_lists, token_store
from integrations.exact import oauth
from integrations.exact.client import ExactClient
from integrations.models import (
    DivisionLane,
    ExactConnection,
    ExactCustomer,
    Item,
    LaneMember,
    LedgerAccount,
    Route,
    VatCode,
)
from invoices import copy_requests
from invoices.copy_choices import CopyChoices
from invoices.models import ContactLink, CopyRequest, CustomerLink, Invoice, PostedDocument
from tests import factories
from tests.payments.books import consent

DIVISION = 1000001
COPY_PATHS = ("/salesentry/", "/salesinvoice/", "/crm/Accounts", "/crm/Contacts", "/documents/")


@dataclass
class World:
    """One organization with a connection through the real lanes; Exact is the sandbox."""

    sandbox: RunningSandbox
    organization: Organization
    connection: ExactConnection
    seen: int = 0

    @classmethod
    def begin(cls, sandbox: RunningSandbox, **fields: Any) -> World:
        """Log in at the sandbox, connect its Dutch division, and mirror its lists."""
        organization = factories.make_organization()
        options: dict[str, Any] = {
            "division": DIVISION,
            "division_name": "Studio Noord B.V.",
            "default_vat_code": "2",
        }
        connection = factories.make_connection(
            organization=organization, lists=False, **options | fields
        )
        with http.session() as transport:
            tokens = consent(sandbox, transport)
        with tenant_transaction(organization.pk):
            assert connection.grant is not None
            token_store.store_tokens(connection.grant, tokens, now=timezone.now())
            lanes.seat(connection)
            reference_lists.request_refresh(connection, now=timezone.now())
        world = cls(sandbox, organization, connection)
        world._read_lists(tokens)
        world.work_off()
        with world.rows():
            connection.default_ledger_exact_id = world.ledger("8000")
            if connection.route == Route.EXACT_INVOICE:
                connection.default_item_exact_id = world.item("SERVICE")
            connection.save()
        world.forget_calls()
        return world

    def _read_lists(self, tokens: oauth.TokenSet) -> None:
        """Read all lists by their own work, without a choice of the lane before each: hundreds of tests begin so."""
        work = reference_lists.ListsWork()
        with http.session() as transport:
            job = lanes.LaneJob(
                organization_id=self.organization.pk,
                connection_id=self.connection.pk,
                client=ExactClient(
                    self.sandbox.base_url,
                    self.connection.division or DIVISION,
                    tokens.access_token,
                    transport,
                ),
                fence=0,
                worker="test",
                now=timezone.now,
                still_ours=lambda: True,
            )
            while self._are_lists_due(work):
                work.step(job)

    def _are_lists_due(self, work: reference_lists.ListsWork) -> bool:
        with self.rows():
            due_at = work.next_due_at(self.connection, now=timezone.now())
        return due_at is not None and due_at <= timezone.now()

    # --- our side ---

    def rows(self) -> Any:
        """The organization's transaction."""
        return tenant_transaction(self.organization.pk)

    def invoice(self, *, rate: str = "21", net: str = "100.00", **fields: Any) -> Invoice:
        """A draft of the connection's subsidiary."""
        fields.setdefault("lines", [{"net_amount": net, "rate": rate}])
        return factories.make_invoice(
            organization=self.organization, subsidiary=self.connection.subsidiary, **fields
        )

    def request(self, invoice: Invoice, *, as_new: bool = False, **choices: Any) -> CopyRequest:
        """Ask for a copy, as the dialog does."""
        chosen = CopyChoices(**{"journal_code": "70", **choices})
        with self.rows():
            return copy_requests.request_copy(
                invoice=invoice,
                connection=ExactConnection.objects.get(pk=self.connection.pk),
                choices=chosen,
                user=None,
                now=timezone.now(),
                as_new=as_new,
            )

    def copy(self, invoice: Invoice, **options: Any) -> CopyRequest:
        """Ask for a copy and let the lane work."""
        request = self.request(invoice, **options)
        self.work_off()
        return self.fresh(request)

    def update(self, invoice: Invoice) -> CopyRequest:
        """Ask for an update of the newest copy and let the lane work."""
        with self.rows():
            request = copy_requests.request_update(invoice=invoice, user=None, now=timezone.now())
        self.work_off()
        return self.fresh(request)

    def fresh(self, request: CopyRequest) -> CopyRequest:
        """The request as it is now."""
        with self.rows():
            return CopyRequest.objects.select_related("invoice").get(pk=request.pk)

    def fresh_invoice(self, invoice: Invoice) -> Invoice:
        """The invoice as it is now."""
        with self.rows():
            return Invoice.objects.get(pk=invoice.pk)

    def documents(self, invoice: Invoice) -> list[PostedDocument]:
        """The invoice's copies, newest first."""
        with self.rows():
            return list(PostedDocument.objects.filter(invoice=invoice).order_by("-sequence"))

    def work_off(self, turns: int = 30) -> None:
        """Serve the lane until nothing is due; waits that the lane asked for are not waited for."""
        for _ in range(turns):
            lane = DivisionLane.objects.get(members__connection_id=self.connection.pk)
            lanes.run_turn(lane.pk, worker="test")
            if not LaneMember.objects.filter(
                connection_id=self.connection.pk, due_at__lte=timezone.now()
            ).exists():
                return
            if DivisionLane.objects.filter(pk=lane.pk, resume_at__gt=timezone.now()).exists():
                return
        raise AssertionError("The lane did not come to rest")

    def settle(self) -> None:
        """Let the time pass that Exact may still need: every waiting row is due now."""
        now = timezone.now()
        with self.rows():
            CopyRequest.objects.filter(next_at__gt=now).update(
                next_at=now, settle_until=now - timedelta(seconds=1), lease_until=None
            )
            for records in (CustomerLink, ContactLink):
                records.objects.filter(next_at__gt=now).update(
                    next_at=now, settle_until=now - timedelta(seconds=1)
                )
        LaneMember.objects.filter(connection_id=self.connection.pk).update(due_at=now)
        DivisionLane.objects.update(resume_at=None)
        self.work_off()

    def resume(self) -> None:
        """Let the time pass that the lane itself waits after a failure; what its rows wait for stays."""
        LaneMember.objects.filter(connection_id=self.connection.pk).update(due_at=timezone.now())
        DivisionLane.objects.update(resume_at=None)
        self.work_off()

    def ledger(self, code: str) -> UUID:
        """The mirrored ledger account with this code."""
        with self.rows():
            return LedgerAccount.objects.get(connection=self.connection, code=code).exact_id

    def item(self, code: str) -> UUID:
        """The mirrored item with this code."""
        with self.rows():
            return Item.objects.get(connection=self.connection, code=code).exact_id

    def vat_code(self, code: str) -> VatCode:
        """The mirrored VAT code."""
        with self.rows():
            return VatCode.objects.get(connection=self.connection, code=code)

    def customer(self) -> ExactCustomer:
        """A customer of the mirror that may be invoiced."""
        with self.rows():
            found = ExactCustomer.objects.filter(
                connection=self.connection, status="C", is_blocked=False
            ).first()
        assert found is not None
        return found

    # --- Exact's side ---

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the sandbox's own API."""
        answer = requests.request(
            method, f"{self.sandbox.base_url}/_sandbox/{path}", json=body, timeout=10
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def entries(self, your_ref: str | None = None) -> list[dict[str, Any]]:
        """What is really booked, as the sandbox's books say."""
        found: list[dict[str, Any]] = self.control("GET", f"books/{DIVISION}/entries")["entries"]
        return [one for one in found if your_ref is None or one["your_ref"] == your_ref]

    def made_invoices(self, description: str = "") -> list[dict[str, Any]]:
        """The sales invoices that Exact has, as the sandbox's books say."""
        found: list[dict[str, Any]] = self.control("GET", f"books/{DIVISION}/sales-invoices")[
            "sales_invoices"
        ]
        return [one for one in found if description in (one["description"] or "")]

    def fault(
        self, name: str, *, method: str = "POST", path: str = "SalesEntries", **more: Any
    ) -> None:
        """Make the sandbox misbehave at the next such request."""
        self.control(
            "POST", "faults", {"fault": name, "method": method, "path": path, "times": 1, **more}
        )

    def forget_calls(self) -> None:
        """Count calls from here on."""
        log = self.control("GET", f"log?since={self.seen}")["entries"]
        self.seen = max([self.seen, *(entry["seq"] for entry in log)])

    def calls(self, *, method: str | None = None) -> list[str]:
        """The calls since `forget_calls`, without reference lists and tokens."""
        log = self.control("GET", f"log?since={self.seen}")["entries"]
        return [
            f"{entry['method']} {entry['path'].rsplit('/', 1)[-1].split('(')[0]}"
            for entry in log
            if any(part in entry["path"] for part in COPY_PATHS)
            and "/sync/" not in entry["path"]
            and method in (None, entry["method"])
        ]


def reprice(world: World, invoice: Invoice, net: str) -> None:
    """The PSA changed the invoice's only line; 21 % VAT."""
    with world.rows():
        line = invoice.lines.get()
        line.net_amount = Decimal(net)
        line.save()
        invoice.net_amount = line.net_amount
        invoice.vat_amount = line.net_amount * Decimal("0.21")
        invoice.gross_amount = invoice.net_amount + invoice.vat_amount
        invoice.content_hash = f"{net:0>64}"
        invoice.save()

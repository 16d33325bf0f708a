"""The connector's main job in short, step by step, told so that it can be checked in every position of Exact's doubts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils import timezone

from connector.tenancy.models import Role
from exact_sandbox.server import RunningSandbox
from integrations import connection_lifecycle
from integrations.models import ConnectionState, ExactConnection, Numbering
from invoices import copy_requests
from invoices.models import CopyRequest, CopyState, Invoice, InvoiceKind, PostedDocumentState
from payments.sync_requests import request_sync
from tests import exact, factories
from tests.journeys.world import DIVISION, World, reprice


class MainJob:
    """An agency that connects, copies, updates, is paid, disconnects and connects again."""

    def __init__(self, sandbox: RunningSandbox, **fields: Any) -> None:
        """Connect; `fields` are columns of the connection, without them it books."""
        self.organization = factories.make_organization()
        self.user = factories.make_user(organization=self.organization, role=Role.ADMIN)
        connection = exact.connected(
            self.organization,
            sandbox,
            user=self.user,
            sync_payments=True,
            default_vat_code="2",
            **{"numbering": Numbering.PSA} | fields,
        )
        self.world = World(sandbox, self.organization, connection)
        self.client = factories.make_client(organization=self.organization)

    # --- copying ---

    def invoice(self, **fields: Any) -> Invoice:
        """A draft for the agency's one client."""
        return self.world.invoice(client=self.client, **fields)

    def entry(self, invoice: Invoice) -> dict[str, Any]:
        """The only entry of an invoice that is really booked, found by what we remember of it."""
        [document] = self.world.documents(invoice)[:1]
        [entry] = [one for one in self.world.entries() if one["entry_id"] == str(document.exact_id)]
        return entry

    def booked(self, request: CopyRequest) -> list[dict[str, Any]]:
        """Every entry that carries the mark of a copy."""
        return [one for one in self.world.entries() if request.marker in one["description"]]

    def copy(
        self, invoice: Invoice, *, refuses_number: bool = False, **options: Any
    ) -> CopyRequest:
        """Copy and see that Exact has it once; where our number is refused, a person asks again, once and for all."""
        request = self.world.copy(invoice, **options)
        if refuses_number:
            assert (request.state, request.problem_code) == (
                CopyState.NEEDS_CHOICE,
                "entry_number_invalid",
            )
            assert self.booked(request) == []
            request = self.ask_again(request)
        assert request.state == CopyState.COPIED, (request.state, request.problem_sentence)
        assert len(self.booked(request)) == 1
        return request

    def ask_again(self, request: CopyRequest) -> CopyRequest:
        """Click *Try again* and let the lane work."""
        with self.world.rows():
            again = copy_requests.retry(copy_request=request, user=self.user, now=timezone.now())
        assert again is not None
        self.world.work_off()
        return self.world.fresh(again)

    def lose_the_answer(self, invoice: Invoice, fault: str) -> int:
        """Copy while Exact's answer does not come; look, wait and go on until it is known.

        Return how many seconds a document that is not found counts as still to come.
        """
        self.world.fault(fault)
        request = self.world.copy(invoice)
        seconds = self._settle_seconds(request)
        self.world.settle()
        request = self.world.fresh(request)
        assert request.state == CopyState.COPIED, (request.state, request.problem_sentence)
        assert len(self.booked(request)) == 1
        return seconds

    def _settle_seconds(self, request: CopyRequest) -> int:
        with self.world.rows():
            attempt = request.attempts.get()
        assert request.settle_until is not None
        # The delay begins when the answer was missed, a moment after the send.
        return int((request.settle_until - attempt.started_at).total_seconds()) // 10 * 10

    def number_by(self, numbering: str) -> None:
        """Choose who gives the numbers."""
        with self.world.rows():
            ExactConnection.objects.filter(pk=self.world.connection.pk).update(numbering=numbering)

    def update(self, invoice: Invoice, net: str) -> None:
        """Change the price and update the copy."""
        before = self.entry(invoice)
        reprice(self.world, invoice, net)
        request = self.world.update(invoice)
        assert request.state == CopyState.COPIED, (request.state, request.problem_sentence)
        after = self.entry(invoice)
        assert (after["entry_id"], after["entry_number"]) == (
            before["entry_id"],
            before["entry_number"],
        )
        assert Decimal(after["amount"]) == Decimal(net) * Decimal("1.21")

    def create_new(self, invoice: Invoice) -> None:
        """Copy once more on purpose; the first document stays."""
        self.copy(invoice, as_new=True)
        newest, first = self.world.documents(invoice)
        assert (newest.state, first.state) == (
            PostedDocumentState.CURRENT,
            PostedDocumentState.SUPERSEDED,
        )
        assert newest.exact_id != first.exact_id

    def credit(self) -> Invoice:
        """Copy a credit note."""
        note = self.invoice(kind=InvoiceKind.CREDIT_NOTE)
        self.copy(note)
        assert self.entry(note)["amount"] == "-121"
        return note

    # --- payments ---

    def pay(self, *parts: tuple[Invoice, str]) -> str:
        """Register one bank line over one or more invoices."""
        lines = [
            {"entry_id": self.entry(invoice)["entry_id"], "amount": amount}
            for invoice, amount in parts
        ]
        body = {"division": DIVISION, "date": "2026-11-23", "reference": "BANK", "lines": lines}
        return str(self.world.control("POST", "bank/payments", body)["id"])

    def remove(self, payment: str) -> None:
        """Delete a bank line."""
        self.world.control("DELETE", f"bank/payments/{payment}")

    def statuses(self, *invoices: Invoice) -> list[tuple[str, str]]:
        """Read payments now, and return what each invoice shows: its status and what was paid."""
        with self.world.rows():
            # The cooldown is for people; the journey goes faster.
            ExactConnection.objects.update(payments_synced_at=None)
            request_sync(connection=self.world.connection, user=None, now=timezone.now())
        self.world.work_off()
        fresh = [self.world.fresh_invoice(invoice) for invoice in invoices]
        return [(one.payment_status, f"{one.paid_amount:.2f}") for one in fresh]

    # --- the connection ---

    def reconnect(self) -> None:
        """Disconnect, and log in at Exact again."""
        with self.world.rows():
            connection = connection_lifecycle.get_for_change(self.world.connection.pk)
            connection_lifecycle.disconnect(connection, user=self.user, now=timezone.now())
        assert exact.reload(connection).state == ConnectionState.DISCONNECTED
        exact.log_in(exact.reload(connection), user=self.user)
        self.world.connection = exact.reload(connection)
        assert self.world.connection.state == ConnectionState.READY
        self.world.work_off()

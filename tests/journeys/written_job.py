"""The main job on the route "Exact invoice": make, number, send, credit and be paid, in every position of Exact's doubts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import requests
from django.utils import timezone

from exact_sandbox.server import RunningSandbox
from integrations.models import CreditSign, ExactConnection, Numbering, Route
from invoices import copy_requests
from invoices.models import (
    CopyKind,
    CopyRequest,
    CopyState,
    DeliveryState,
    Invoice,
    InvoiceKind,
    InvoiceState,
    PostedDocument,
)
from tests import exact, factories
from tests.journeys.main_job import MainJob
from tests.journeys.world import DIVISION, reprice

PRINTING = "salesinvoice/PrintedSalesInvoices"
MAKING = "salesinvoice/SalesInvoices"


class WrittenJob(MainJob):
    """The same agency, whose invoices Exact makes and sends to a person at the client."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        super().__init__(sandbox, route=Route.EXACT_INVOICE, numbering=Numbering.EXACT)
        self._set(default_item_exact_id=self.world.item("SERVICE"))
        # A person of whom the PSA knows one name only.
        self.contact = factories.make_contact(client=self.client, first_name="", last_name="Visser")

    def _set(self, **columns: Any) -> None:
        with self.world.rows():
            ExactConnection.objects.filter(pk=self.world.connection.pk).update(**columns)
        self.world.connection = exact.reload(self.world.connection)

    # --- what Exact has ---

    def invoice(self, **fields: Any) -> Invoice:
        """A draft that the client's person receives."""
        return super().invoice(contact=self.contact, **fields)

    def document(self, invoice: Invoice) -> PostedDocument:
        """The invoice's newest document."""
        return self.world.documents(invoice)[0]

    def made(self, invoice: Invoice) -> list[dict[str, Any]]:
        """Every invoice in Exact that one of the invoice's copies made."""
        with self.world.rows():
            marks = list(
                CopyRequest.objects.filter(invoice=invoice).values_list("marker", flat=True)
            )
        return [
            one
            for one in self.world.made_invoices()
            if any(f"[{mark}]" in (one["description"] or "") for mark in marks)
        ]

    def entry(self, invoice: Invoice) -> dict[str, Any]:
        """The entry that printing made of the newest copy."""
        made_id = str(self.document(invoice).exact_id)
        [made] = [one for one in self.made(invoice) if one["invoice_id"] == made_id]
        [entry] = [one for one in self.world.entries() if one["entry_id"] == made["entry_id"]]
        return entry

    def emails(self, invoice: Invoice) -> int:
        """How many e-mails left about the invoice."""
        ids = [one["invoice_id"] for one in self.made(invoice)]
        return sum(
            len(self.world.control("GET", f"outbox?invoice_id={one}&kind=email")["messages"])
            for one in ids
        )

    def sending(self, invoice: Invoice) -> CopyRequest:
        """The newest wish to send the invoice."""
        with self.world.rows():
            return CopyRequest.objects.filter(invoice=invoice, kind=CopyKind.SEND).latest("id")

    # --- what people and time do ---

    def send(self, invoice: Invoice) -> None:
        """Copy, and see that Exact has made, numbered and sent it once."""
        request = self.world.copy(invoice)
        assert request.state == CopyState.COPIED, (request.state, request.problem_sentence)
        self.is_sent_once(invoice)

    def is_sent_once(self, invoice: Invoice, delivery: str = DeliveryState.SENT) -> None:
        """Whether Exact has it once, has sent it once, and its number is the invoice's."""
        [made] = self.made(invoice)
        document, fresh = self.document(invoice), self.world.fresh_invoice(invoice)
        assert (made["status"], self.emails(invoice)) == (50, 1)
        assert document.delivery == delivery
        assert document.invoice_number == made["invoice_number"]
        assert (fresh.number, fresh.state) == (
            str(made["invoice_number"]),
            InvoiceState.FINALIZED,
        )

    def lose(self, invoice: Invoice, fault: str, path: str) -> None:
        """Copy while the answer of one call does not come; look and wait until all is known."""
        self.world.fault(fault, path=path)
        self.world.copy(invoice)
        self.world.settle()
        self.world.settle()

    def send_again(self, invoice: Invoice) -> CopyRequest:
        """Click *Send*, on purpose."""
        with self.world.rows():
            request = copy_requests.request_sending(
                invoice=invoice, user=self.user, now=timezone.now()
            )
        self.world.work_off()
        return self.world.fresh(request)

    def update_before_it_is_sent(self, net: str) -> Invoice:
        """Make an invoice whose printing Exact refuses, change its price, and send it after all."""
        invoice = self.invoice()
        self.world.fault("validation_500", path=PRINTING, text="De periode is afgesloten")
        self.world.copy(invoice)
        assert self.sending(invoice).state == CopyState.NEEDS_CHOICE
        assert self.document(invoice).delivery == DeliveryState.WAITING
        reprice(self.world, invoice, net)
        request = self.world.update(invoice)
        assert request.state == CopyState.COPIED, (request.state, request.problem_sentence)
        self.is_sent_once(invoice)
        assert Decimal(self.entry(invoice)["amount"]) == Decimal(net) * Decimal("1.21")
        return invoice

    def credit_with(self, sign: CreditSign) -> tuple[Invoice, CopyRequest]:
        """Copy a credit note while the connection says that its amounts have this sign."""
        self._set(credit_sign=sign)
        note = self.invoice(kind=InvoiceKind.CREDIT_NOTE)
        self.world.copy(note)
        return note, self.sending(note)

    def delete_before_it_is_sent(self) -> Invoice:
        """Make an invoice whose printing Exact refuses, and delete it in Exact."""
        invoice = self.invoice()
        self.world.fault("validation_500", path=PRINTING, text="De periode is afgesloten")
        self.world.copy(invoice)
        made = self.document(invoice).exact_id
        # Somebody else in Exact, whose log-in does not disturb ours.
        token = self.world.control("POST", "tokens", {"username": exact.BRAM})["access_token"]
        answer = requests.delete(
            f"{self.world.sandbox.base_url}/api/v1/{DIVISION}/{MAKING}(guid'{made}')",
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )
        assert answer.status_code == 204, answer.text
        assert self.made(invoice) == []
        return invoice

    def books_are_good(self) -> bool:
        """Whether everything in Exact's books adds up."""
        return bool(self.world.control("GET", f"books/{DIVISION}/check") == {"problems": []})

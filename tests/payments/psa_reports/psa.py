"""A PSA that sends invoices here and takes callbacks, and the agency that uses it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from connector.tenancy.scope import tenant_transaction
from integrations.psa.registry import REST_PUSH
from invoices import payment_status
from invoices.models import Invoice, PaymentStatus
from invoices.payment_status import InExact
from invoices.payment_words import PaymentFacts
from payments.psa_reports import endpoints, telling
from payments.psa_reports.models import PsaEndpoint, PsaPaymentReport
from tests import factories


@dataclass
class Call:
    """One call as it came in."""

    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def data(self) -> dict[str, Any]:
        """What it says."""
        return json.loads(self.body)["data"]

    def is_signed_with(self, secret: str) -> bool:
        """Check as a receiver does: any of the signatures counts."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        text = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode()
        digest = hmac.new(key, text + self.body, hashlib.sha256).digest()
        expected = "v1," + base64.b64encode(digest).decode()
        return expected in self.headers["webhook-signature"].split(" ")


@dataclass
class Psa:
    """A receiver; `answer` decides for each call, and may take its time."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answer: Callable[[Call], int] = lambda _call: 200
    more_headers: dict[str, str] = field(default_factory=dict)
    # What it keeps of each invoice, as its makers were told to: the state with the later time.
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, call: Call) -> int:
        """Answer a call, and keep what it says when the answer is a good one."""
        self.calls.append(call)
        status = self.answer(call)
        if status == 200 and call.data:
            before = self.kept.get(call.data["id"])
            if before is None or before["changed_at"] < call.data["changed_at"]:
                self.kept[call.data["id"]] = call.data
        return status

    @property
    def statuses(self) -> dict[str, str]:
        """What it knows of each invoice."""
        return {source_id: state["status"] for source_id, state in self.kept.items()}


def always(status: int) -> Callable[[Call], int]:
    """An answer that never changes."""
    return lambda _call: status


@contextmanager
def running_psa(port: int = 0) -> Iterator[Psa]:
    """Run a receiver for the length of a `with` block."""
    psa = Psa()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = psa.take(Call(headers, body))
            self.send_response(status)
            for name, value in psa.more_headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except ConnectionError:
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    psa.url = f"http://127.0.0.1:{server.server_address[1]}/payments"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield psa
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Clock:
    """Goes on only when it is told to."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(seconds=5))

    def __call__(self) -> datetime:
        return self.now

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)


class Agency:
    """An organization whose PSA sends invoices and may be called."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.organization = factories.make_organization()
        self.admin = factories.make_user(organization=self.organization)
        self.secret = ""

    def rows(self) -> Any:
        """Open the organization's transaction."""
        return tenant_transaction(self.organization.pk)

    def calls(self, url: str) -> str:
        """Have an address called, and return the secret."""
        with self.rows():
            self.secret = endpoints.add(url=url, user=self.admin, now=self.clock())
        return self.secret

    def invoice(self, source_id: str, *, net: str = "100.00", source: str = "") -> Invoice:
        """An invoice of net + 21 % that the PSA sent."""
        return factories.make_invoice(
            organization=self.organization,
            source=source or REST_PUSH.name,
            source_id=source_id,
            lines=[{"net_amount": net, "rate": "21"}],
        )

    def settle(
        self,
        invoice: Invoice,
        status: PaymentStatus = PaymentStatus.PAID,
        paid: str | None = None,
    ) -> None:
        """Store what Exact says, as a payments run does."""
        with self.rows():
            row = Invoice.objects.select_for_update().get(pk=invoice.pk)
            amount = row.gross_amount if paid is None else Decimal(paid)
            day = date(2026, 11, 20) if status == PaymentStatus.PAID else None
            said = InExact(row, PaymentFacts(status, amount, day))
            payment_status.apply([said], now=self.clock())
            payment_status.tell([row], now=self.clock())

    def endpoint(self) -> PsaEndpoint:
        """The endpoint's row as it is now."""
        with self.rows():
            return PsaEndpoint.objects.get()

    def report(self, invoice: Invoice) -> PsaPaymentReport:
        """The invoice's report as it is now."""
        with self.rows():
            return PsaPaymentReport.objects.get(invoice=invoice)

    def tell(self) -> int:
        """Do what a worker does; return how many calls it made."""
        return telling.run(clock=self.clock)

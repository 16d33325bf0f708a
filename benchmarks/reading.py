"""The measured process of `benchmarks.payments`: prints what each reading cost, as JSON.

`python -m benchmarks.reading BOOKS INVOICES`, with the product's settings in the environment.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import django
from django.db.models import Model

django.setup()

from benchmarks.books import DIVISION, USERNAME  # noqa: E402 - models need the settings
from benchmarks.programs import token_of  # noqa: E402
from connector import http  # noqa: E402
from connector.secrets import Secret  # noqa: E402
from connector.tenancy.scope import tenant_transaction  # noqa: E402
from exact_sandbox.books.terms import MATCHED, change_term  # noqa: E402
from exact_sandbox.options import Options  # noqa: E402
from exact_sandbox.rules.context import Context  # noqa: E402
from exact_sandbox.sandbox import Sandbox  # noqa: E402
from exact_sandbox.users import user_by_name  # noqa: E402
from integrations.exact.client import CallRecord, ExactClient  # noqa: E402
from integrations.lanes import LaneJob  # noqa: E402
from integrations.models import ExactConnection  # noqa: E402
from invoices.models import CopyRequest, CopyState, Invoice, PostedDocument  # noqa: E402
from payments.sync import work  # noqa: E402
from tests import factories  # noqa: E402

Row = TypeVar("Row", bound=Model)

CHANGED = 1_000
ROUNDS = 3
# The books have few customers, so what is settled in one round is spread over some days.
DAYS = 30


@dataclass
class Worker:
    """Reads the payments of one connection, whenever they are due by its own clock."""

    connection: ExactConnection
    client: ExactClient
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    # Of each turn, how many calls it made.
    turns: list[int] = field(default_factory=list)
    calls: list[CallRecord] = field(default_factory=list)

    def due_at(self) -> datetime:
        """Return when the lane would come by."""
        with tenant_transaction(self.connection.organization_id):
            fresh = ExactConnection.objects.get(pk=self.connection.pk)
            due_at = work.next_due_at(fresh, now=self.now)
        if due_at is None or fresh.payments_sync_problem:
            raise RuntimeError(f"Payments are not read: {fresh.payments_sync_problem}")
        return due_at

    def read(self) -> None:
        """Do all that is due, as a lane's turns do."""
        while self.due_at() <= self.now:
            before = len(self.calls)
            work.step(
                LaneJob(
                    organization_id=self.connection.organization_id,
                    connection_id=self.connection.pk,
                    client=self.client,
                    fence=1,
                    worker="benchmark",
                    now=lambda: self.now,
                    still_ours=lambda: True,
                )
            )
            self.turns.append(len(self.calls) - before)

    def read_for(self, span: timedelta) -> None:
        """Let so much time pass by its clock."""
        end = self.now + span
        while (due_at := self.due_at()) < end:
            self.now = max(due_at, self.now)
            self.read()
        self.now = end


def chunks(rows: list[sqlite3.Row]) -> Iterator[list[sqlite3.Row]]:
    """Return the rows in pieces that a statement holds."""
    for start in range(0, len(rows), 2_000):
        yield rows[start : start + 2_000]


def make_invoices(books: Path, count: int) -> ExactConnection:
    """Make the invoices of which the entries are copies, as the copy engine leaves them."""
    database = sqlite3.connect(books)
    database.row_factory = sqlite3.Row
    terms = database.execute(
        'SELECT "TransactionEntryID" AS entry, "YourRef" AS reference, "EntryNumber" AS number FROM terms '
        'WHERE "Division" = ? AND "LineType" = 20 AND "YourRef" LIKE \'B-%\' ORDER BY rowid LIMIT ?',
        [DIVISION, count],
    ).fetchall()
    organization = factories.make_organization()
    connection = factories.make_connection(
        organization=organization, lists=False, division=DIVISION, sync_payments=True
    )
    invoice = factories.make_invoice(organization=organization, subsidiary=connection.subsidiary)
    document = factories.make_posted_document(
        invoice=invoice, connection=connection, created_at=datetime.now(UTC)
    )
    with tenant_transaction(organization.pk):
        request = CopyRequest.objects.get(pk=document.copy_request_id)
    for rows in chunks(terms):
        with tenant_transaction(organization.pk):
            _make_some(rows, invoice, request, document)
    return connection


def _make_some(
    rows: list[sqlite3.Row], invoice: Invoice, request: CopyRequest, document: PostedDocument
) -> None:
    invoices = Invoice.objects.bulk_create(
        _copy(invoice, source_id=row["reference"], number=row["reference"]) for row in rows
    )
    requests = CopyRequest.objects.bulk_create(
        _copy(request, invoice_id=one.pk, state=CopyState.COPIED, marker=f"{uuid4().hex[:9]}")
        for one in invoices
    )
    PostedDocument.objects.bulk_create(
        _copy(
            document,
            invoice_id=one.pk,
            copy_request_id=asked.pk,
            exact_id=UUID(row["entry"]),
            entry_exact_id=UUID(row["entry"]),
            entry_number=row["number"],
            your_ref=row["reference"],
        )
        for one, asked, row in zip(invoices, requests, rows, strict=True)
    )


def _copy(row: Row, **changes: object) -> Row:
    fields = row._meta.concrete_fields  # noqa: SLF001 - Django's public name for it
    values = {one.attname: getattr(row, one.attname) for one in fields}
    return type(row)(**values | {"id": None} | changes)


def settle_in_exact(books: Path, changed: int) -> Callable[[], None]:
    """Return what matches the next so many open terms in Exact."""
    sandbox = Sandbox(Options(data=books), joining=True)
    user = user_by_name(sandbox.database, USERNAME)
    if user is None:
        raise LookupError(f"The seed has no user {USERNAME}.")
    context = Context(sandbox, user, DIVISION)
    ids = sandbox.database.execute(
        'SELECT "ID" FROM terms WHERE "Division" = ? AND "Status" = 20 AND "YourRef" LIKE \'B-%\' '
        "ORDER BY rowid LIMIT ?",
        [DIVISION, changed * ROUNDS],
    )
    waiting = [row[0] for row in ids]
    today = datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)

    def settle() -> None:
        with sandbox.database.transaction():
            for place, term_id in enumerate(waiting[:changed]):
                day = today - timedelta(days=place % DAYS)
                change_term(
                    context, term_id, {"Status": MATCHED, "EndDate": day, "LastPaymentDate": day}
                )
        del waiting[:changed]

    return settle


def main(books: Path, count: int, hours: int) -> None:
    """Print the figures."""
    changed = min(CHANGED, count // (ROUNDS + 1))
    figures: list[dict[str, object]] = []
    connection = make_invoices(books, count)

    def measured(name: str, reading: Callable[[], None]) -> None:
        client.access_token = Secret(token_of(books))  # it lasts ten minutes
        worker.calls.clear()
        worker.turns.clear()
        cpu, clock = time.process_time(), time.monotonic()
        reading()
        figures.append(
            {
                "name": name,
                "turns": worker.turns.copy(),
                "cpu_seconds": time.process_time() - cpu,
                "seconds": time.monotonic() - clock,
                "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )

    with http.session() as transport:
        address = os.environ["EXACT_BASE_URL"]
        calls: list[CallRecord] = []
        client = ExactClient(address, DIVISION, Secret(""), transport, on_answer=calls.append)
        worker = Worker(connection, client, calls=calls)
        settle = settle_in_exact(books, changed)
        measured(f"first reading, {count:,} terms", worker.read)
        for number in range(1, ROUNDS + 1):
            settle()
            worker.now = worker.due_at()
            measured(f"{changed:,} changed terms, round {number}", worker.read)
        measured(f"{hours} hours of runs", lambda: worker.read_for(timedelta(hours=hours)))
    with tenant_transaction(connection.organization_id):
        settled = Invoice.objects.filter(paid_date__isnull=False).count()
    if settled != ROUNDS * changed:
        raise RuntimeError(f"{settled} invoices are settled instead of {ROUNDS * changed}")
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))

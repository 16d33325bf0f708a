"""What each answer of Exact means for each write, and what is done then: the table of docs/reliability.md, row by row.

One world goes through all answers of a write, since they only differ in the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from integrations.models import DivisionLane
from invoices.models import (
    AttemptOutcome,
    CopyAttempt,
    CopyRequest,
    CopyState,
    FileKind,
    Invoice,
)
from tests import factories
from tests.journeys.world import World, reprice
from tests.journeys.written import ROUTE, invoice_of

SENTENCE = "The moon is in the wrong quarter."


@dataclass(frozen=True)
class Answer:
    """An answer of Exact: the sandbox's fault, and what it means.

    `sends` is how often the write goes out in all, `holds` whether a person is asked in the end.
    """

    fault: str
    outcome: AttemptOutcome
    sends: int
    holds: bool = False
    text: str = ""

    @property
    def name(self) -> str:
        return self.fault


REFUSED = Answer("validation_400", AttemptOutcome.REFUSED, 1, holds=True, text=SENTENCE)
PROBABLY = Answer("validation_500", AttemptOutcome.PROBABLY_REFUSED, 1, holds=True, text=SENTENCE)
ONE_OF_EACH_CLASS = [
    Answer("too_many_requests_minute", AttemptOutcome.NOT_EXECUTED, 2),
    REFUSED,
    PROBABLY,
    Answer("drop_before", AttemptOutcome.UNCERTAIN, 2),
    Answer("too_many_requests_html", AttemptOutcome.UNCERTAIN, 2),
    Answer("commit_then_drop", AttemptOutcome.UNCERTAIN, 1),
    Answer("garbage_json", AttemptOutcome.UNCERTAIN, 1),
]
EVERY = [
    *ONE_OF_EACH_CLASS,
    Answer("too_many_requests_day", AttemptOutcome.NOT_EXECUTED, 2),
    Answer("forbidden_403", AttemptOutcome.REFUSED, 1, holds=True),
    Answer("timeout_408", AttemptOutcome.UNCERTAIN, 2),
    Answer("generic_500", AttemptOutcome.UNCERTAIN, 2),
    Answer("unavailable_503", AttemptOutcome.UNCERTAIN, 2),
    Answer("maintenance_html", AttemptOutcome.UNCERTAIN, 2),
    Answer("redirect", AttemptOutcome.UNCERTAIN, 2),
    Answer("error_500_after_commit", AttemptOutcome.UNCERTAIN, 1),
    Answer("empty_201", AttemptOutcome.UNCERTAIN, 1),
    Answer("truncated_body", AttemptOutcome.UNCERTAIN, 1),
    Answer("reset_mid_body", AttemptOutcome.UNCERTAIN, 1),
]


def known_client(world: World) -> Any:
    client = factories.make_client(organization=world.organization)
    factories.link_customer(
        connection=world.connection, client=client, customer_exact_id=world.customer().exact_id
    )
    return client


def plain(world: World) -> Invoice:
    return world.invoice(client=known_client(world))


def with_pdf(world: World) -> Invoice:
    invoice = plain(world)
    factories.make_file(invoice=invoice, kind=FileKind.PDF, content=b"%PDF-1.7 it", name="it.pdf")
    return invoice


def copied(world: World, **fields: Any) -> Invoice:
    invoice = world.invoice(client=known_client(world), **fields)
    assert world.copy(invoice).state == CopyState.COPIED
    return invoice


def copied_and_repriced(world: World) -> Invoice:
    invoice = copied(world)
    reprice(world, invoice, "500.00")
    return invoice


def copied_and_shortened(world: World) -> Invoice:
    lines = [{"net_amount": "10.00", "rate": "21"}, {"net_amount": "20.00", "rate": "21"}]
    invoice = copied(world, lines=lines)
    with world.rows():
        invoice.lines.order_by("position").last().delete()
    reprice(world, invoice, "10.00")
    return invoice


@dataclass(frozen=True)
class Write:
    """One of the calls that change something in Exact, and an invoice that leads to it."""

    method: str
    path: str
    begin: Callable[[World], Invoice]
    update: bool = False
    route: Any = None
    # The request's own attempts are about this write; records before it keep their own rows.
    is_noted: bool = True


ENTRY = Write("POST", "salesentry/SalesEntries", plain)
WRITES = {
    "customer": Write("POST", "crm/Accounts", World.invoice, is_noted=False),
    "document": Write("POST", "documents/Documents", with_pdf, is_noted=False),
    "attachment": Write("POST", "documents/DocumentAttachments", with_pdf, is_noted=False),
    "changed line": Write("PUT", "salesentry/SalesEntryLines", copied_and_repriced, update=True),
    "removed line": Write(
        "DELETE", "salesentry/SalesEntryLines", copied_and_shortened, update=True
    ),
    "contact": Write("POST", "crm/Contacts", invoice_of, route=ROUTE, is_noted=False),
    "made invoice": Write("POST", "salesinvoice/SalesInvoices", invoice_of, route=ROUTE),
    "printing": Write("POST", "salesinvoice/PrintedSalesInvoices", invoice_of, route=ROUTE),
}


def count_sends(world: World, write: Write) -> int:
    log = world.control("GET", f"log?since={world.seen}")["entries"]
    return sum(
        one["method"] == write.method and write.path in one["path"].split("(")[0] for one in log
    )


def forget_limits() -> None:
    """Each answer is judged by itself: what the lane learned from the one before is over."""
    DivisionLane.objects.update(
        breakers={},
        unanswered_count=0,
        pause_seconds=0,
        resume_at=None,
        minute_remaining=None,
        day_remaining=None,
    )


def outcomes(world: World, invoice: Invoice) -> list[str]:
    with world.rows():
        rows = CopyAttempt.objects.filter(copy_request__invoice=invoice).order_by("id")
        return list(rows.values_list("outcome", flat=True))


def try_answer(world: World, write: Write, answer: Answer) -> None:
    """Let the write get this answer once, and see it through to its end."""
    invoice = write.begin(world)
    before = len(outcomes(world, invoice))
    forget_limits()
    world.forget_calls()
    more = {"text": answer.text} if answer.text else {}
    world.fault(answer.fault, method=write.method, path=write.path, **more)

    if write.update:
        world.update(invoice)
    else:
        world.copy(invoice)
    for _ in range(3):
        forget_limits()
        world.settle()

    case = f"{write.method} {write.path}: {answer.fault}"
    with world.rows():
        newest = CopyRequest.objects.filter(invoice=invoice).latest("id")
        states = set(CopyRequest.objects.filter(invoice=invoice).values_list("state", flat=True))
    assert count_sends(world, write) == answer.sends, case
    if answer.holds:
        assert newest.state == CopyState.NEEDS_CHOICE, (case, newest.state)
        assert newest.problem_sentence, case
        assert answer.text in newest.problem_sentence + newest.problem_raw, case
    else:
        assert states == {CopyState.COPIED}, (case, states, newest.problem_sentence)
    if write.is_noted and not write.update:
        assert answer.outcome in outcomes(world, invoice)[before:], case
    if not write.update:
        count = len(world.entries(invoice.number))
        assert count <= 1, case
        assert count == 0 or not (answer.holds and write is ENTRY), case


def test_every_answer_to_a_posted_entry_means_what_the_table_says(world):
    world.control("PATCH", "switches", {"errors_an_hour": 1000})
    for answer in EVERY:
        try_answer(world, ENTRY, answer)


@pytest.mark.parametrize("name", WRITES)
def test_each_class_of_answers_is_followed_alike_by_every_other_write(
    transactional_db, exact, name
):
    write = WRITES[name]
    world = World.begin(exact, **(write.route or {}))
    world.control("PATCH", "switches", {"errors_an_hour": 1000})
    for answer in ONE_OF_EACH_CLASS:
        try_answer(world, write, answer)


def test_an_entry_that_could_not_leave_is_sent_once_it_can_without_a_look(world, settings):
    """RELIABILITY B5, not_sent: no address, so nothing is looked up."""
    invoice = plain(world)
    with world.rows():
        request = world.request(invoice)
    world.forget_calls()
    settings.EXACT_BASE_URL, address = "http://127.0.0.1:9", settings.EXACT_BASE_URL
    world.work_off()
    state = world.fresh(request).state
    settings.EXACT_BASE_URL = address
    forget_limits()
    world.settle()

    assert state == CopyState.QUEUED
    assert outcomes(world, invoice) == [AttemptOutcome.NOT_SENT, AttemptOutcome.EXECUTED]
    assert world.calls() == ["POST SalesEntries"]

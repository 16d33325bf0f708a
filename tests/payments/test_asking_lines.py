"""Where the terms leave more than one answer, ledger lines are asked for: once, together, and seldom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from integrations.exact import errors, sync_timestamp
from invoices.models import Invoice
from payments import asking_lines
from payments.models import LedgerLine, Payment, ReceivableTerm, Stage, SyncCursor
from payments.settling import settle_invoices
from payments.sync import work
from tests.payments.books import Books

RUN = ["GET /sync/Deleted", "GET /sync/Cashflow/PaymentTerms"]
LINES = "GET /financialtransaction/TransactionLines"


@pytest.fixture
def settled(books: Books) -> list[Invoice]:
    """Two invoices of one day, each set off against a credit note of its own: the terms do not tell which is whose."""
    books.read()
    customer = books.division.new_customer()
    invoices = [books.invoice(net, customer=customer) for net in ("50.00", "20.00")]
    for net, invoice in zip(("50.00", "20.00"), invoices, strict=True):
        note = books.invoice(
            net, kind="credit_note", number=f"CN{invoice.number}", customer=customer
        )
        _match(books, invoice, note)
    return invoices


def _match(books: Books, *documents: Invoice) -> None:
    body = {
        "division": books.division.code,
        "date": "2026-11-03",
        "entry_ids": [books.entry_id(one) for one in documents],
    }
    books.division.control("POST", "bank/matches", body, expect=201)


def _numbers(books: Books, invoices: list[Invoice]) -> list[str]:
    return [books.payments(invoice)[0].counter_document for invoice in invoices]


def test_g8_lines_tell_which_credit_note_it_was_with_one_call_for_all(books, settled):
    assert books.read() == [*RUN, LINES]

    assert [books.status(invoice) for invoice in settled] == [
        ("credited", "60.50"),
        ("credited", "24.20"),
    ]
    assert _numbers(books, settled) == [f"CN{invoice.number}" for invoice in settled]
    assert [books.payments(invoice)[0].how for invoice in settled] == [
        f"Credit note CN{invoice.number}" for invoice in settled
    ]
    assert books.read() == RUN


def test_g8_what_lines_told_is_derived_again_from_the_mirror_alone(books, settled):
    books.read()
    known = _numbers(books, settled)

    with books.rows():
        Payment.objects.filter(invoice__in=settled).delete()
        settle_invoices(
            connection=books.connection, invoice_ids=[one.pk for one in settled], now=books.now
        )

    assert _numbers(books, settled) == known


def test_g8_without_the_right_to_see_lines_payments_are_read_and_lines_asked_later(books, settled):
    """A right can be given afterwards: no answer is not the answer that a line was matched with nothing."""
    books.division.sandbox.sandbox.faults.add(
        {"fault": "forbidden_403", "path": "TransactionLines", "times": 1}
    )

    assert books.read() == [*RUN, LINES]

    assert [books.status(invoice)[0] for invoice in settled] == ["credited", "credited"]
    assert _numbers(books, settled) == ["", ""]
    assert not books.reload().payments_sync_problem
    with books.rows():
        assert LedgerLine.objects.count() == 0
    assert books.read() == RUN

    assert books.read() == [*RUN, LINES]
    assert _numbers(books, settled) == [f"CN{invoice.number}" for invoice in settled]


def test_g8_lines_are_asked_for_seldom(books, settled):
    books.read()
    customer = books.division.new_customer()
    for net in ("10.00", "10.00"):
        invoice = books.invoice(net, customer=customer)
        _match(books, invoice, books.invoice(net, kind="credit_note", customer=customer))

    books.invoice("30.00", customer=customer)  # so that runs stay frequent
    asked = []
    for _ in range(4):
        books.later(minutes=30)
        asked.append(LINES in books.read_on())

    assert asked == [False, False, True, False]


def test_no_run_takes_more_than_two_calls_where_lines_are_asked_for(books, settled):
    books.later(hours=1)

    assert books.runs() == [RUN, [LINES]]

    assert books.runs() == []
    assert _numbers(books, settled) == [f"CN{invoice.number}" for invoice in settled]


class Killed(Exception):
    """The process ended here."""


def test_g8_a_worker_that_dies_with_the_answer_loses_nothing(books, settled, monkeypatch):
    store = asking_lines._store

    def die_once(*_arguments: object) -> None:
        monkeypatch.setattr(asking_lines, "_store", store)
        raise Killed

    monkeypatch.setattr(asking_lines, "_store", die_once)
    books.later(hours=1)
    with pytest.raises(Killed):
        books.read_on()
    assert _numbers(books, settled) == ["", ""]

    assert books.runs() == [[LINES]]

    assert _numbers(books, settled) == [f"CN{invoice.number}" for invoice in settled]


def test_g8_what_cannot_be_asked_hides_nothing_that_can(books, settled, monkeypatch):
    """Terms of which Exact names no ledger line are newer, and as many as fit in a call."""
    monkeypatch.setattr(asking_lines, "_PAYMENTS_A_CALL", 2)
    customer = books.division.new_customer()
    for net in ("50.00", "20.00"):
        invoice = books.invoice(net, customer=customer)
        note = books.invoice(net, kind="credit_note", customer=customer)
        _match(books, invoice, note)
        for one in (invoice, note):
            books.division.sandbox.sandbox.database.update(
                "terms", ("TransactionEntryID", books.entry_id(one)), {"TransactionID": None}
            )

    assert books.read() == [*RUN, LINES]

    assert _numbers(books, settled) == [f"CN{invoice.number}" for invoice in settled]


def test_g8_lines_are_asked_anew_after_everything_was_read_again(books, settled):
    """A list brings no row version, so that a change of what a line was matched with would not show."""
    books.read()
    for _ in range(2):
        with books.rows():
            SyncCursor.objects.update(division=None)
        books.read()
        assert _numbers(books, settled) == [f"CN{invoice.number}" for invoice in settled]

        with books.rows():
            ReceivableTerm.objects.update(needs_settling=True)
        books.later(hours=1)
        assert books.read() == [*RUN, LINES]
    assert _numbers(books, settled) == [f"CN{invoice.number}" for invoice in settled]


def test_g13_what_a_line_told_of_a_repaired_term_counts_no_more(books, settled):
    books.read()
    repaired = books.entry_id(settled[0])
    with books.rows():
        term = ReceivableTerm.objects.get(entry_exact_id=repaired)
        ReceivableTerm.objects.filter(pk=term.pk).update(status=20)
        SyncCursor.objects.update(compare_due_at=books.now, lines_asked_at=books.now)
        known = set(LedgerLine.objects.values_list("exact_id", flat=True))
    assert term.line_exact_id in known

    books.read_on()
    books.read()

    assert books.cursor().repaired_count == 1
    with books.rows():
        assert set(LedgerLine.objects.values_list("exact_id", flat=True)) == (
            known - {term.line_exact_id}
        )


def test_h3_a_webhook_between_the_feeds_and_the_lines_is_not_forgotten(books, settled):
    """RELIABILITY H3: what it tells of may have come after the feeds were asked."""
    books.later(hours=1)
    work.step(books.job())
    assert books.cursor().stage == Stage.LINES
    books.hear()

    assert books.runs() == [[LINES], RUN]


def test_h3_a_webhook_while_what_was_read_is_settled_is_not_forgotten(books, monkeypatch):
    """RELIABILITY H3: the payment came after Exact was asked for changes, so that run does not have it."""
    books.read()
    invoice = books.invoice()
    told: list[bool] = []

    def clock() -> datetime:
        if not told and books.cursor().stage == Stage.SETTLE:
            told.append(True)
            books.pay((invoice, "121.00"))
            books.hear()
        return books.now

    job = books.job
    monkeypatch.setattr(books, "job", lambda: replace(job(), now=clock))
    books.later(hours=1)

    assert books.runs() == [RUN, RUN]

    assert books.status(invoice) == ("paid", "121.00")
    assert books.due_at() > books.now


def test_g13_feeds_that_are_read_from_their_beginning_do_not_wait_for_lines(books, monkeypatch):
    monkeypatch.setattr(sync_timestamp, "read_position", lambda *_arguments, **_options: 2**50)
    customer = books.division.new_customer()
    documents = [
        (
            books.invoice(net, customer=customer),
            books.invoice(net, kind="credit_note", customer=customer),
        )
        for net in ("50.00", "20.00")
    ]
    books.read()
    for invoice, note in documents:
        _match(books, invoice, note)
    books.later(days=1)

    *_, lines, feeds = books.runs()

    assert lines == [LINES]
    assert feeds[-1] == RUN[-1]
    assert 0 < books.cursor().terms_timestamp < 2**50


@pytest.mark.parametrize("fault", ["unavailable_503", "garbage_json", "drop_before"])
def test_g8_payments_are_read_on_while_exact_does_not_give_lines(books, settled, fault):
    """An outage of that one endpoint keeps no payment from being read, is no problem to tell, and lines are asked later."""
    books.division.sandbox.sandbox.faults.add(
        {"fault": fault, "path": "TransactionLines", "times": 1}
    )

    assert books.read() == [*RUN, LINES]

    connection, cursor = books.reload(), books.cursor()
    assert (connection.payments_sync_problem, connection.payments_problem_since) == ("", None)
    assert connection.payments_synced_at == books.now
    assert (cursor.stage, cursor.lines_asked_at) == ("", books.now)
    paid = books.invoice("10.00", customer=books.division.new_customer())
    books.pay((paid, "12.10"))
    assert books.read() == RUN
    assert books.status(paid) == ("paid", "12.10")

    assert books.read() == [*RUN, LINES]
    assert _numbers(books, settled) == [f"CN{invoice.number}" for invoice in settled]


def test_g8_after_a_limit_at_the_lines_the_feeds_are_read_next(books, settled):
    books.division.sandbox.sandbox.faults.add(
        {"fault": "too_many_requests_minute", "path": "TransactionLines", "times": 1}
    )
    books.later(hours=1)

    with pytest.raises(errors.Throttled):
        books.read_on()

    assert (books.cursor().stage, books.reload().payments_sync_problem) == ("", "")
    assert books.read() == [*RUN, LINES]
    assert _numbers(books, settled) == [f"CN{invoice.number}" for invoice in settled]

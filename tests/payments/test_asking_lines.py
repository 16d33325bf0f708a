"""Where the terms leave more than one answer, ledger lines are asked for: once, together, and seldom."""

from __future__ import annotations

import pytest

from integrations.exact import errors
from invoices.models import Invoice
from payments.models import LedgerLine, Payment
from payments.settling import settle_invoices
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

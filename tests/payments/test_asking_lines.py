"""Where the terms leave more than one answer, ledger lines are asked for: once, together, and seldom."""

from __future__ import annotations

import pytest

from integrations.exact import errors
from invoices.models import Invoice
from payments.models import LedgerLine, Payment, SyncCursor
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


def test_g8_without_the_right_to_see_lines_payments_are_read_all_the_same(books, settled):
    books.division.sandbox.sandbox.faults.add(
        {"fault": "forbidden_403", "path": "TransactionLines", "times": 1}
    )

    assert books.read() == [*RUN, LINES]

    assert [books.status(invoice)[0] for invoice in settled] == ["credited", "credited"]
    assert _numbers(books, settled) == ["", ""]
    assert not books.reload().payments_sync_problem
    with books.rows():
        assert LedgerLine.objects.filter(offset_exact_id__isnull=False).count() == 0
    assert books.read() == RUN


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


@pytest.mark.parametrize(
    ("fault", "is_raised"), [("unavailable_503", True), ("garbage_json", False)]
)
def test_g8_payments_are_read_on_while_exact_does_not_give_lines(books, settled, fault, is_raised):
    """An outage of that one endpoint must not keep payments from being read, and the lines are asked for later."""
    books.division.sandbox.sandbox.faults.add(
        {"fault": fault, "path": "TransactionLines", "times": 1}
    )
    books.later(hours=1)
    if is_raised:
        with pytest.raises(errors.Unavailable):
            books.read_on()
    else:
        books.read_on()
    customer = books.division.new_customer()
    paid = books.invoice("10.00", customer=customer)
    books.pay((paid, "12.10"))

    books.later(hours=2)
    first, *others = books.runs()

    assert first == RUN
    assert books.status(paid) == ("paid", "12.10")
    assert LINES in [call for run in others for call in run]
    assert _numbers(books, settled) == [f"CN{invoice.number}" for invoice in settled]
    with books.rows():
        assert SyncCursor.objects.get(connection=books.connection).stage == ""

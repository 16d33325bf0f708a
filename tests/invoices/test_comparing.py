"""Where a document of Exact differs from what was sent, in the words a person reads (RELIABILITY A12)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from connector.sentences import sentence
from integrations.exact.sales_entries import SalesEntryDraft, SalesEntryLineDraft
from integrations.models import Route
from invoices import comparing
from invoices.routes import route_of

CUSTOMER, OTHER, LEDGER = UUID(int=1), UUID(int=2), UUID(int=3)
DAY = date(2026, 11, 21)
PAYLOAD = {"gross": "181.50", "vat": "31.50", "line_nets": ["100.00", "50.00"]}


def sent(**fields: Any) -> SalesEntryDraft:
    """An entry of two lines, 100 and 50 EUR, with 21 % VAT."""
    lines = tuple(
        SalesEntryLineDraft(amount_fc=Decimal(net), gl_account_id=LEDGER, vat_code="2")
        for net in ("100.00", "50.00")
    )
    values: dict[str, Any] = {
        "customer_id": CUSTOMER,
        "journal": "70",
        "entry_date": DAY,
        "lines": lines,
        "currency": "EUR",
    }
    return SalesEntryDraft(**values | fields)


def line(number: int | None, amount: str, **fields: Any) -> Any:
    """A line as Exact booked it."""
    values: dict[str, Any] = {
        "line_number": number,
        "amount_fc": Decimal(amount),
        "gl_account_id": LEDGER,
        "vat_code": "2",
        "from_date": None,
        "to_date": None,
        "cost_center": None,
        "cost_unit": None,
    }
    return SimpleNamespace(**values | fields)


def booked(*lines: Any, **fields: Any) -> Any:
    """What Exact made of it; without lines they were not read."""
    values: dict[str, Any] = {
        "amount_fc": Decimal("181.50"),
        "vat_amount_fc": Decimal("31.50"),
        "customer_id": CUSTOMER,
        "currency": "EUR",
        "entry_date": DAY,
        "lines": lines or None,
        "line_count": len(lines) or None,
    }
    return SimpleNamespace(**values | fields)


def differences(made: Any, draft: SalesEntryDraft | None = None, **payload: Any) -> list[str]:
    found = comparing.list_differences(
        PAYLOAD | payload,
        draft or sent(),
        made,
        route=route_of(Route.BOOKING),
        currency="EUR",
    )
    return [str(one) for one in found]


LINES = (line(1, "100.00"), line(2, "50.00"))


@pytest.mark.parametrize(
    "made",
    [
        booked(*LINES),
        # Exact gives lines in any order, and not all that was asked for in each answer.
        booked(*LINES[::-1]),
        booked(),
        booked(vat_amount_fc=None, currency=None),
        # The sign of a credit note's lines is the division's own.
        booked(line(1, "-100.00"), line(2, "-50.00")),
        booked(line(None, "100.00"), line(2, "50.00")),
    ],
)
def test_a12_what_was_booked_as_it_was_sent_is_nothing_to_tell(made):
    assert differences(made) == []
    assert comparing.say([]) == ""


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (booked(amount_fc=Decimal("181.49")), ["total 181.49 EUR instead of 181.50 EUR"]),
        (booked(vat_amount_fc=Decimal(0)), ["VAT 0.00 EUR instead of 31.50 EUR"]),
        (booked(customer_id=OTHER), ["another customer"]),
        (booked(currency="USD"), ["USD instead of EUR"]),
        (booked(line(1, "100.00")), ["1 line instead of 2"]),
        (booked(*LINES, line(3, "0.00")), ["3 lines instead of 2"]),
        (booked(line_count=0), ["0 lines instead of 2"]),
        (
            booked(line(1, "100.00"), line(2, "49.99")),
            ["line 2 is 49.99 EUR instead of 50.00 EUR"],
        ),
        (
            booked(line(2, "100.00"), line(1, "50.00")),
            [
                "line 1 is 50.00 EUR instead of 100.00 EUR",
                "line 2 is 100.00 EUR instead of 50.00 EUR",
            ],
        ),
        (
            booked(line(1, "100.00", gl_account_id=OTHER), line(2, "50.00", gl_account_id=None)),
            ["line 1 has another ledger account", "line 2 has no ledger account"],
        ),
    ],
)
def test_a12_what_exact_made_otherwise_is_told(made, told):
    assert differences(made) == told


def test_a12_all_that_differs_is_told_from_the_total_down_to_the_lines():
    made = booked(
        line(1, "90.00"),
        line(2, "50.00"),
        amount_fc=Decimal(1),
        vat_amount_fc=Decimal(2),
        customer_id=OTHER,
        currency="USD",
    )

    assert differences(made) == [
        "total 1.00 EUR instead of 181.50 EUR",
        "VAT 2.00 EUR instead of 31.50 EUR",
        "another customer",
        "USD instead of EUR",
        "line 1 is 90.00 EUR instead of 100.00 EUR",
    ]


def test_a12_a_copy_of_before_lines_were_kept_is_compared_by_its_totals_and_accounts():
    made = booked(line(1, "7.00"), line(2, "8.00", gl_account_id=OTHER))

    assert differences(made, line_nets=[]) == ["line 2 has another ledger account"]
    assert differences(made, line_nets=["7.00"]) == ["line 2 has another ledger account"]
    bare = {name: value for name, value in PAYLOAD.items() if name != "line_nets"}
    found = comparing.list_differences(
        bare, sent(), made, route=route_of(Route.BOOKING), currency="EUR"
    )
    assert [str(one) for one in found] == ["line 2 has another ledger account"]


def test_a12_amounts_are_told_in_the_currency_that_was_sent_or_else_in_the_invoices():
    less = booked(amount_fc=Decimal(1), currency=None)

    assert differences(less, sent(currency="USD")) == ["total 1.00 USD instead of 181.50 USD"]
    assert differences(less, sent(currency=None)) == ["total 1.00 EUR instead of 181.50 EUR"]


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, "Exact made something else of it: one 1."),
        (4, "Exact made something else of it: one 1, one 2, one 3, one 4."),
        (5, "Exact made something else of it: one 1, one 2, one 3, one 4, and 1 more."),
        (6, "Exact made something else of it: one 1, one 2, one 3, one 4, and 2 more."),
    ],
)
def test_a12_a_sentence_names_four_differences_and_counts_the_rest(count, told):
    found = [sentence("one %(n)s", n=number + 1) for number in range(count)]

    assert str(comparing.say(found)) == told


def test_a12_a_request_is_compared_with_the_payload_that_it_froze():
    request: Any = SimpleNamespace(
        payload=PAYLOAD, route=Route.BOOKING, invoice=SimpleNamespace(currency="EUR")
    )

    assert comparing.difference(request, booked(*LINES), sent()) == ""
    assert (
        comparing.difference(request, booked(amount_fc=Decimal(1)), sent(currency=None))
        == "Exact made something else of it: total 1.00 EUR instead of 181.50 EUR."
    )


def edits(made: Any, draft: SalesEntryDraft | None = None) -> list[str]:
    found = comparing.list_edits(
        PAYLOAD, draft or sent(), made, route=route_of(Route.BOOKING), currency="EUR"
    )
    return [str(one) for one in found]


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (booked(*LINES), []),
        # The totals and the customer are told elsewhere.
        (booked(*LINES, amount_fc=Decimal(1), customer_id=OTHER), []),
        (booked(entry_date=None), []),
        (booked(entry_date=date(2026, 12, 1)), ["2026-12-01 instead of 2026-11-21"]),
        (
            booked(line(1, "99.00"), line(2, "50.00"), entry_date=date(2026, 12, 1)),
            ["2026-12-01 instead of 2026-11-21", "line 1 is 99.00 EUR instead of 100.00 EUR"],
        ),
        (booked(currency="USD"), ["USD instead of EUR"]),
    ],
)
def test_what_somebody_edited_in_exact_is_told_by_its_day_its_currency_and_its_lines(made, told):
    assert edits(made) == told


def test_an_edit_of_a_document_without_a_day_or_a_currency_is_told_by_the_invoices():
    made = booked(line(1, "99.00"), line(2, "50.00"))
    del made.entry_date

    assert edits(made, sent(currency=None)) == ["line 1 is 99.00 EUR instead of 100.00 EUR"]
    assert edits(booked(currency="USD"), sent(currency=None)) == ["USD instead of EUR"]
    assert edits(booked(), sent(currency="USD")) == ["EUR instead of USD"]

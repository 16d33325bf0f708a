"""The sales invoice that Exact writes: who, what, how many at what price, and in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st

from connector.money import quantize
from integrations.exact.sales_invoices import (
    SALES_CREDIT_NOTE,
    SALES_INVOICE,
    SalesInvoiceDraft,
    SalesInvoiceLineDraft,
)
from integrations.mappings.facts import (
    ConnectionFacts,
    ItemFacts,
    JournalFacts,
    LedgerFacts,
    VatFacts,
)
from integrations.mappings.lines import Period
from integrations.mappings.resolve import MappedLine, Resolution, resolve
from integrations.models import Route
from invoices.copy_choices import CopyChoices
from invoices.document_plan import InvoiceContent, LineContent, NotDecided, PlanTerms, Records
from invoices.sales_entry import plan_entry
from invoices.sales_invoice import payment_reference, plan_invoice, quantity_and_price

ITEM, CUSTOMER, CONTACT = UUID(int=1), UUID(int=2), UUID(int=3)
FACTS = ConnectionFacts(
    route=Route.EXACT_INVOICE,
    journals={"70": JournalFacts("70", "Sales")},
    items={ITEM: ItemFacts(ITEM, "DESIGN", "Design by the hour")},
    default_item_id=ITEM,
    vat_codes={
        "2": VatFacts("2", "high", Decimal("0.21")),
        "4": VatFacts("4", "included", Decimal("0.21"), type="I"),
    },
    default_vat_code="2",
)
LINE = LineContent(
    line_id=7, position=1, net=Decimal("100.00"), description="Website", percentage=Decimal(21)
)
INVOICE = InvoiceContent(
    number="27000301",
    subject="Project",
    client_name="Bakker B.V.",
    sign=1,
    invoice_date=date(2026, 11, 21),
    due_date=date(2026, 12, 21),
    currency="EUR",
    exchange_rate=None,
    net=Decimal("100.00"),
    vat=Decimal("21.00"),
    gross=Decimal("121.00"),
    lines=(LINE,),
    reference="PO 17",
)


def resolution_of(
    invoice: InvoiceContent, facts: ConnectionFacts = FACTS, vat_code: str = ""
) -> Resolution:
    return resolve(
        facts=facts,
        chosen=CopyChoices(journal_code="70", vat_code=vat_code),
        lines=[
            MappedLine(
                line_id=line.line_id,
                position=line.position,
                percentage=line.percentage,
                period=line.period,
                cost_center=line.cost_center,
                cost_unit=line.cost_unit,
            )
            for line in invoice.lines
        ],
        currency=invoice.currency,
    )


def plan(invoice: InvoiceContent = INVOICE, *, vat_code: str = "", **terms: Any) -> Any:
    return plan_invoice(
        invoice=invoice,
        resolution=resolution_of(invoice, vat_code=vat_code),
        records=Records(CUSTOMER, CONTACT),
        terms=PlanTerms(marker="K7Q2-9F3M", **terms),
    )


def test_the_draft_holds_what_exact_needs_to_write_number_and_send_it():
    line = replace(
        LINE,
        notes="As agreed",
        quantity=Decimal("2.5000"),
        unit_price=Decimal("40.00"),
        period=Period(date(2026, 1, 1), date(2026, 3, 31)),
        cost_center="CC",
        cost_unit="CU",
    )

    made = plan(replace(INVOICE, lines=(line,)))

    assert made.draft == SalesInvoiceDraft(
        customer_id=CUSTOMER,
        contact_id=CONTACT,
        ordered_by_contact_id=CONTACT,
        journal="70",
        type=SALES_INVOICE,
        due_date=date(2026, 12, 21),
        your_ref="PO 17",
        description="Project [K7Q2-9F3M]",
        currency="EUR",
        payment_reference="Project - PO 17",
        lines=(
            SalesInvoiceLineDraft(
                item_id=ITEM,
                quantity=Decimal("2.5"),
                net_price=Decimal(40),
                vat_code="2",
                description="1 - Website",
                notes="As agreed",
                from_date=date(2026, 1, 1),
                to_date=date(2026, 3, 31),
                cost_center="CC",
                cost_unit="CU",
            ),
        ),
    )
    assert (made.gross, made.vat) == (Decimal("121.00"), Decimal("21.00"))
    assert [(one.line_id, one.net, one.vat) for one in made.lines] == [
        (7, Decimal("100.00"), Decimal("21.00"))
    ]
    assert made.check.agrees


def test_what_is_not_there_is_not_sent():
    bare = replace(INVOICE, subject="", reference="", number="", due_date=None)

    made = plan(bare)

    body = made.draft.to_body()
    assert not {"YourRef", "DueDate", "PaymentCondition", "PaymentReference"} & body.keys()
    assert made.draft.description == "Bakker B.V. [K7Q2-9F3M]"
    (line,) = body["SalesInvoiceLines"]
    assert line.keys() == {"Item", "Quantity", "NetPrice", "VATCode", "Description"}


def test_with_a_payment_condition_of_ours_exact_works_out_the_due_date():
    draft = plan(payment_condition="30").draft

    assert (draft.payment_condition, draft.due_date) == ("30", None)


def test_the_customers_own_reference_goes_before_the_psas_number():
    assert plan(replace(INVOICE, reference=" ")).draft.your_ref == "27000301"


@pytest.mark.parametrize(("credit_sign", "quantity"), [(-1, "-1"), (1, "1")])
def test_i3_a_credit_note_has_its_type_and_the_sign_that_the_division_wants(credit_sign, quantity):
    made = plan(replace(INVOICE, sign=-1), credit_sign=credit_sign)

    assert made.draft.type == SALES_CREDIT_NOTE
    assert str(made.draft.lines[0].quantity) == quantity
    assert made.draft.lines[0].net_price == Decimal(100)
    assert (made.gross, made.vat) == (Decimal(121) * credit_sign, Decimal(21) * credit_sign)
    # The sign of credit notes is none of an invoice's business.
    assert plan(credit_sign=credit_sign).gross == Decimal(121)


def test_vat_is_left_to_exact_which_rounds_each_line():
    lines = tuple(replace(LINE, line_id=n, position=n, net=Decimal("0.03")) for n in (1, 2, 3))

    made = plan(replace(INVOICE, lines=lines, net=Decimal("0.09"), vat=Decimal("0.02")))

    assert [str(one.vat) for one in made.lines] == ["0.01"] * 3
    assert made.check.difference == Decimal("0.01")


def test_a_code_that_includes_vat_gets_a_price_that_includes_it():
    made = plan(vat_code="4")

    assert made.draft.lines[0].net_price == Decimal(121)
    assert made.draft.lines[0].vat_code == "4"
    assert (made.gross, made.vat) == (Decimal("121.00"), Decimal("21.00"))


@pytest.mark.parametrize(
    ("description", "position", "written", "notes"),
    [
        ("Website", 3, "3 - Website", None),
        ("  ", 3, "3 - Design by the hour", None),
        ("", 3, "3 - Design by the hour", None),
        ("x" * 70, 1, "1 - " + "x" * 55 + "…", "1 - " + "x" * 70),
    ],
)
def test_a_line_says_its_number_and_its_name_or_the_items(description, position, written, notes):
    line = replace(LINE, description=description, position=position)

    (made,) = plan(replace(INVOICE, lines=(line,))).draft.lines

    assert (made.description, made.notes) == (written, notes)


def test_a_long_name_of_an_item_is_cut():
    facts = replace(FACTS, items={ITEM: ItemFacts(ITEM, "D", "d" * 80)})
    invoice = replace(INVOICE, lines=(replace(LINE, description=""),))

    made = plan_invoice(
        invoice=invoice,
        resolution=resolution_of(invoice, facts),
        records=Records(CUSTOMER),
        terms=PlanTerms(marker="K7Q2-9F3M"),
    )

    line: Any = made.draft.lines[0]
    assert line.description == "1 - " + "d" * 56


@pytest.mark.parametrize(
    ("subject", "reference", "written"),
    [
        ("Project", "PO 17", "Project - PO 17"),
        ("Project", "", "Project"),
        ("", "PO 17", "PO 17"),
        (" \n ", "", ""),
        ("Two\nlines", "x", "Two lines - x"),
        ("s" * 59, "", "s" * 59),
        ("s" * 60, "", "s" * 60),
        ("s" * 61, "", "s" * 59 + "…"),
        ("s" * 60, "PO", "s" * 59 + "…"),
    ],
)
def test_h31_the_bank_shows_name_and_reference(subject, reference, written):
    assert payment_reference(replace(INVOICE, subject=subject, reference=reference)) == written


@pytest.mark.parametrize(
    ("amount", "quantity", "unit_price", "expected"),
    [
        ("100.00", None, None, ("1", "100")),
        ("100.00", "0", "5", ("1", "100")),
        ("100.00", "2.50", None, ("2.5", "40")),
        ("100.00", "2.50", "40.00", ("2.5", "40")),
        # The PSA's price, as long as it makes the amount.
        ("10.00", "3", "3.3333", ("3", "3.3333")),
        ("10.00", "3", None, ("3", "3.333333")),
        ("10.00", "3", "3.30", ("3", "3.333333")),
        ("10.01", "3", "3.3350004", ("3", "3.335")),
        # No price of six decimals makes it: one piece of the whole.
        ("1000000.01", "700000", None, ("1", "1000000.01")),
        ("-100.00", "4", None, ("4", "-25")),
        ("1200", "12", "100.00", ("12", "100")),
    ],
)
def test_h36_quantity_and_price_come_to_exactly_the_amount(amount, quantity, unit_price, expected):
    line = replace(
        LINE,
        quantity=None if quantity is None else Decimal(quantity),
        unit_price=None if unit_price is None else Decimal(unit_price),
    )

    found = quantity_and_price(line, Decimal(amount), "EUR")

    assert tuple(map(str, found)) == expected


@settings(deadline=None)
@given(
    st.decimals("-1000000", "1000000", places=2),
    st.decimals("0.001", "10000", places=3) | st.none(),
    st.decimals("0.01", "10000", places=2) | st.none(),
)
def test_h36_whatever_the_psa_says_the_amount_is_exactly_the_lines(amount, quantity, unit_price):
    line = replace(LINE, quantity=quantity, unit_price=unit_price)

    pieces, price = quantity_and_price(line, amount, "EUR")

    assert quantize(pieces * price, "EUR") == amount


def test_nothing_is_built_for_a_line_without_an_item_or_a_ledger():
    ledger = LedgerFacts(UUID(int=9), "8000")
    booking = replace(
        FACTS,
        route=Route.BOOKING,
        ledgers={ledger.exact_id: ledger},
        default_ledger_id=ledger.exact_id,
    )
    entry, document = resolution_of(INVOICE, booking), resolution_of(INVOICE)
    terms, records = PlanTerms(marker="K7Q2-9F3M"), Records(CUSTOMER)

    with pytest.raises(NotDecided, match=r"^Line 1 has no item\.$"):
        plan_invoice(invoice=INVOICE, resolution=entry, records=records, terms=terms)
    with pytest.raises(NotDecided, match=r"^Line 1 has no ledger account\.$"):
        plan_entry(invoice=INVOICE, resolution=document, records=records, terms=terms)

"""The sales entry that Exact gets: numbers, texts, signs, amounts; and what an update writes."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from integrations.exact import odata
from integrations.exact.sales_entries import SalesEntryDraft
from integrations.mappings.facts import ConnectionFacts, JournalFacts, LedgerFacts, VatFacts
from integrations.mappings.lines import Period
from integrations.mappings.resolve import MappedLine, resolve
from integrations.models import Deferral
from invoices.copy_choices import CopyChoices
from invoices.document_plan import InvoiceContent, LineContent, NotDecided, PlanTerms, Records
from invoices.document_texts import clean, length_of, marked, reference, split_text
from invoices.sales_entry import numeric_number, plan_entry

LEDGER, OTHER_LEDGER, CUSTOMER = UUID(int=1), UUID(int=2), UUID(int=3)
MARKER = "K7Q2-9F3M"
FACTS = ConnectionFacts(
    journals={"70": JournalFacts("70", "Sales")},
    ledgers={
        LEDGER: LedgerFacts(LEDGER, "8000"),
        OTHER_LEDGER: LedgerFacts(OTHER_LEDGER, "8010"),
    },
    vat_codes={
        "1": VatFacts("1", "low", Decimal("0.09")),
        "2": VatFacts("2", "high", Decimal("0.21")),
        "4": VatFacts("4", "included", Decimal("0.21"), type="I"),
        "6": VatFacts("6", "reversed", Decimal(0), type="B"),
    },
    default_ledger_id=LEDGER,
    default_vat_code="2",
    deferral=Deferral.EVERY,
)
LINE = LineContent(
    line_id=7, position=1, net=Decimal("100.00"), description="Design", percentage=Decimal(21)
)
INVOICE = InvoiceContent(
    number="26001",
    subject="Website",
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
)


def resolution_of(invoice, choices=None):
    return resolve(
        facts=FACTS,
        chosen=choices or CopyChoices(journal_code="70"),
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


def plan(invoice=INVOICE, *, choices=None, psa_numbers=True, use_guard=False, marker=MARKER):
    return plan_entry(
        invoice=invoice,
        resolution=resolution_of(invoice, choices),
        records=Records(CUSTOMER),
        terms=PlanTerms(marker=marker, psa_numbers=psa_numbers, use_guard=use_guard),
    )


def test_p1_the_body_holds_header_and_lines_in_exacts_names():
    assert json.loads(odata.to_json(plan().draft.to_body())) == {
        "Customer": str(CUSTOMER),
        "Journal": "70",
        "EntryDate": "2026-11-21T00:00:00",
        "DueDate": "2026-12-21T00:00:00",
        "YourRef": "26001",
        "Description": "Website [K7Q2-9F3M]",
        "Currency": "EUR",
        "SalesEntryLines": [
            {
                "AmountFC": 100.00,
                "GLAccount": str(LEDGER),
                "VATCode": "2",
                "VATAmountFC": 21.00,
                "Description": "Design",
            }
        ],
    }


def test_p13_the_psas_number_is_sent_and_as_exacts_own_number_for_the_first_document_only():
    second, guarded = plan().draft, plan(use_guard=True).draft

    assert (second.your_ref, second.invoice_number, second.entry_number) == ("26001", None, None)
    assert (guarded.your_ref, guarded.invoice_number, guarded.entry_number) == (
        "26001",
        26001,
        26001,
    )


def test_p14_no_number_is_sent_when_exact_numbers_and_the_marker_is_the_reference():
    draft = plan(psa_numbers=False, use_guard=True).draft

    assert (draft.your_ref, draft.invoice_number, draft.entry_number) == (MARKER, None, None)


@pytest.mark.parametrize(
    ("number", "sent"),
    [
        ("26001", 26001),
        ("0042", 42),
        ("1", 1),
        ("2147483647", 2147483647),
        ("2147483648", None),
        ("0", None),
        ("2026-001", None),
        ("INV/17", None),
        ("٤٢", None),
        ("", None),
    ],
)
def test_d5_only_numbers_that_exact_can_hold_are_sent_as_numbers(number, sent):
    """Exact's field has 32 bits; a larger number is the reference only, and Exact numbers the entry (RELIABILITY F9)."""
    assert numeric_number(number) == sent


def test_d5_a_long_number_is_cut_to_what_exact_keeps_so_that_it_is_found_again():
    def your_ref(number: str) -> str | None:
        return plan(replace(INVOICE, number=number)).draft.your_ref

    assert your_ref("N" * 40) == "N" * 30
    assert your_ref(" 2026\n17 ") == "2026 17"
    assert your_ref("") == MARKER


def test_d6_a_credit_note_has_negative_amounts():
    line = replace(LINE, quantity=Decimal("2.500000"))

    made = plan(replace(INVOICE, sign=-1, lines=(line,)))

    assert made.draft.lines[0].amount_fc == Decimal("-100.00")
    assert made.draft.lines[0].vat_amount_fc == Decimal("-21.00")
    assert made.draft.lines[0].quantity == Decimal("-2.5")
    assert (made.gross, made.vat) == (Decimal("-121.00"), Decimal("-21.00"))


def test_d7_the_rate_is_sent_when_the_psa_has_one():
    draft = plan(replace(INVOICE, currency="USD", exchange_rate=Decimal("0.92000000"))).draft

    assert odata.to_json({"Rate": draft.rate, "Currency": draft.currency}) == (
        '{"Rate":0.92,"Currency":"USD"}'
    )


def test_a_code_that_includes_vat_gets_amounts_that_include_it():
    made = plan(choices=CopyChoices(journal_code="70", vat_code="4"))

    assert made.draft.lines[0].amount_fc == Decimal("121.00")
    assert made.draft.lines[0].vat_amount_fc == Decimal("21.00")
    assert (made.gross, made.vat) == (Decimal("121.00"), Decimal("21.00"))


def test_a_code_without_vat_sends_no_vat_amount():
    line = replace(LINE, percentage=Decimal(0))
    invoice = replace(INVOICE, vat=Decimal(0), gross=Decimal(100), lines=(line,))

    made = plan(invoice, choices=CopyChoices(journal_code="70", vat_code="6"))

    assert made.draft.lines[0].vat_amount_fc is None
    assert made.vat == 0


def test_i12_dates_are_the_invoices_own_calendar_dates():
    draft = plan(replace(INVOICE, invoice_date=date(2026, 12, 31), due_date=None)).draft

    assert odata.to_json({"EntryDate": draft.entry_date}) == '{"EntryDate":"2026-12-31T00:00:00"}'
    assert "DueDate" not in draft.to_body()


def test_a_line_carries_its_words_its_ledger_and_its_cost_codes():
    rich = replace(
        LINE,
        description="Design " * 10,
        notes="As agreed",
        cost_center="CC",
        cost_unit="CU",
        quantity=Decimal("2.500"),
        period=Period(date(2026, 1, 1), date(2026, 3, 31)),
    )
    bare = replace(LINE, line_id=8, position=2, description="")

    first, second = plan(replace(INVOICE, vat=Decimal(42), lines=(rich, bare))).draft.lines

    assert (first.gl_account_id, first.vat_code, str(first.quantity)) == (LEDGER, "2", "2.5")
    assert first.description == ("Design " * 10)[:59].rstrip() + "…"
    assert first.notes == ("Design " * 10).strip() + "\n\nAs agreed"
    assert (first.cost_center, first.cost_unit) == ("CC", "CU")
    assert (first.from_date, first.to_date) == (date(2026, 1, 1), date(2026, 3, 31))
    assert (second.description, second.notes, second.quantity) == (None, None, None)
    assert (second.cost_center, second.cost_unit) == (None, None)
    assert (second.from_date, second.to_date) == (None, None)


def test_the_entry_names_its_document_condition_and_client():
    made = plan_entry(
        invoice=replace(INVOICE, subject=" "),
        resolution=resolution_of(INVOICE),
        records=Records(CUSTOMER, document_id=OTHER_LEDGER),
        terms=PlanTerms(marker=MARKER, payment_condition="30"),
    )

    draft: Any = made.draft
    assert (draft.document_id, draft.payment_condition) == (OTHER_LEDGER, "30")
    assert draft.description == "Bakker B.V. [K7Q2-9F3M]"
    assert (draft.entry_date, draft.due_date) == (date(2026, 11, 21), date(2026, 12, 21))
    assert draft.rate is None
    assert plan().draft.payment_condition is None
    assert [(one.line_id, one.net, one.vat) for one in made.lines] == [
        (7, Decimal("100.00"), Decimal("21.00"))
    ]


def test_what_is_stored_is_what_is_sent_and_equal_plans_have_equal_hashes():
    made = plan()

    stored = json.loads(json.dumps(made.payload))

    assert SalesEntryDraft.model_validate(stored["draft"]) == made.draft
    assert (stored["gross"], stored["vat"]) == ("121.00", "21.00")
    assert made.payload_hash == plan().payload_hash
    assert made.payload_hash != plan(marker="AAAA-BBBB").payload_hash
    assert made.check.agrees


def test_nothing_is_built_while_something_is_missing():
    with pytest.raises(NotDecided, match="No journal is chosen"):
        plan(choices=CopyChoices())


@given(st.text(max_size=200))
def test_i7_the_description_keeps_the_marker_and_fits_whatever_the_subject(subject):
    written = plan(replace(INVOICE, subject=subject)).draft.description

    assert written.endswith(f"[{MARKER}]")
    assert len(written) <= 60
    assert "\n" not in written


@given(st.text(max_size=300), st.text(max_size=300))
def test_i7_no_text_is_lost_and_nothing_unprintable_is_sent(description, notes):
    short, long = split_text(description, notes)

    assert len(short) <= 60
    for text in (short, long):
        assert not any(
            unicodedata.category(letter) in {"Cc", "Cs"} for letter in text if letter != "\n"
        )
        text.encode()
    printable = set("".join(clean(description).split()))
    assert printable <= set(short + long)


def test_i7_a_long_description_is_cut_and_kept_whole_in_the_notes():
    short, notes = split_text("word " * 2000, "Extra")

    assert short == "word word word word word word word word word word word word…"[:60]
    assert notes.startswith("word word")
    assert len(notes) > 9_000
    assert notes.endswith("\n\nExtra")


@pytest.mark.parametrize("text", ["😀" * 60, "a" + "😀" * 60, "e" * 200, ""])
def test_reliability_a7_the_mark_fits_as_exact_counts_letters(text):
    """RELIABILITY A7: Exact counts an emoji as two; a mark that it cuts off would not be recognized."""
    made = marked(text, "ABCD-2345")

    assert length_of(made) <= 60
    assert made.endswith("[ABCD-2345]")
    assert length_of(reference(text)) <= 30
    assert "\ufffd" not in made + reference(text)

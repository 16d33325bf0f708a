"""Which ledger account and VAT code a line gets, why, and what is missing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from integrations.mappings.facts import (
    ConnectionFacts,
    CustomerFacts,
    JournalFacts,
    LedgerFacts,
    VatFacts,
)
from integrations.mappings.resolve import MappedLine, resolve
from invoices.copy_choices import CopyChoices

DEFAULT, DESIGN, BUILD, TRAINING, BLOCKED, DEBTORS = (UUID(int=number) for number in range(1, 7))
LEDGERS = {
    DEFAULT: LedgerFacts(DEFAULT, "8000", "Revenue"),
    DESIGN: LedgerFacts(DESIGN, "8010", "Design"),
    BUILD: LedgerFacts(BUILD, "8020", "Development"),
    TRAINING: LedgerFacts(TRAINING, "8070", "Training", needs_cost_center=True),
    BLOCKED: LedgerFacts(BLOCKED, "8999", "Old", is_usable=False),
    DEBTORS: LedgerFacts(DEBTORS, "1300", "Debtors", is_revenue=False),
}
VAT_CODES = {
    "1": VatFacts("1", "low", Decimal("0.09")),
    "2": VatFacts("2", "high", Decimal("0.21")),
    "4": VatFacts("4", "high, included", Decimal("0.21"), type="I"),
    "19": VatFacts("19", "old", Decimal("0.19"), is_usable=False),
    "9": VatFacts("9", "acquisition", Decimal("0.21"), is_for_sales=False),
}
JOURNALS = {
    "70": JournalFacts("70", "Sales", currency="EUR"),
    "71": JournalFacts("71", "Foreign sales", currency="EUR", any_currency=True),
    "79": JournalFacts("79", "Old sales", is_usable=False),
    "20": JournalFacts("20", "Bank", is_sales=False),
}
FACTS = ConnectionFacts(
    journals=JOURNALS,
    ledgers=LEDGERS,
    vat_codes=VAT_CODES,
    default_ledger_id=DEFAULT,
    default_vat_code="2",
    map_service_types=True,
    service_type_ledgers={1: DESIGN, 2: BUILD},
    tax_rate_vat_codes={9: "1"},
)
PLAIN = MappedLine(line_id=10, position=1)
DESIGNED = MappedLine(line_id=11, position=2, service_type_id=1, service_type_name="Design")
JOURNAL = CopyChoices(journal_code="70")


def resolved(facts=FACTS, choices=JOURNAL, lines=(PLAIN,), currency="EUR", customer=None):
    return resolve(facts=facts, chosen=choices, lines=lines, currency=currency, customer=customer)


def ledgers(resolution):
    return [(line.ledger and line.ledger.exact_id, line.ledger_reason) for line in resolution.lines]


def codes(resolution):
    return [gap.code for gap in resolution.gaps]


def test_p23_a_line_goes_to_the_default_ledger():
    assert ledgers(resolved()) == [(DEFAULT, "default")]


def test_p25_the_mapping_is_ignored_when_it_is_off():
    facts = replace(FACTS, map_service_types=False)

    assert ledgers(resolved(facts, lines=[DESIGNED])) == [(DEFAULT, "default")]


def test_p26_p27_each_line_carries_the_ledger_of_its_service_type_and_the_default_without_one():
    build = replace(DESIGNED, line_id=12, service_type_id=2, service_type_name="Development")
    unmapped = replace(DESIGNED, line_id=13, service_type_id=3, service_type_name="Hosting")

    found = ledgers(resolved(lines=[DESIGNED, build, unmapped]))

    assert found == [
        (DESIGN, "service type Design"),
        (BUILD, "service type Development"),
        (DEFAULT, "default"),
    ]


def test_d2_by_hand_goes_before_the_service_type_and_that_before_the_invoice():
    choices = replace(JOURNAL, ledger_exact_id=BUILD, line_ledgers={10: TRAINING})
    by_hand = replace(PLAIN, cost_center="TR")

    found = ledgers(
        resolved(choices=choices, lines=[by_hand, DESIGNED, replace(PLAIN, line_id=14)])
    )

    assert found == [
        (TRAINING, "chosen for this line"),
        (DESIGN, "service type Design"),
        (BUILD, "chosen for this invoice"),
    ]


def test_p24_p43_with_manual_choice_nothing_is_filled_in_and_the_mapping_only_suggests():
    facts = replace(FACTS, manual_ledger=True)

    resolution = resolved(facts, lines=[PLAIN, DESIGNED])

    assert ledgers(resolution) == [(None, ""), (None, "")]
    assert codes(resolution) == ["ledger_missing", "ledger_missing"]
    assert [line.suggested_ledger for line in resolution.lines] == [None, LEDGERS[DESIGN]]


def test_d3_the_vat_code_by_hand_goes_before_the_rates_the_invoices_and_the_default():
    rated = MappedLine(line_id=11, position=2, tax_rate_id=9, percentage=Decimal(9))
    choices = replace(JOURNAL, vat_code="4", line_vat_codes={10: "1"})
    lines = [PLAIN, rated, replace(PLAIN, line_id=12)]

    found = [
        (line.vat and line.vat.code, line.vat_reason)
        for line in resolved(choices=choices, lines=lines).lines
    ]

    assert found == [
        ("1", "chosen for this line"),
        ("1", "from the tax rate"),
        ("4", "chosen for this invoice"),
    ]
    assert resolved().lines[0].vat_reason == "default"


def test_d3_a_vat_code_is_never_guessed_only_suggested():
    facts = replace(FACTS, default_vat_code="")
    line = replace(PLAIN, percentage=Decimal("21.0000"))

    resolution = resolved(facts, lines=[line])

    assert resolution.lines[0].vat is None
    assert resolution.lines[0].suggested_vat == VAT_CODES["2"]
    assert codes(resolution) == ["vat_missing"]


def test_d3_two_codes_of_one_percentage_suggest_nothing():
    facts = replace(FACTS, vat_codes=VAT_CODES | {"22": VatFacts("22", "also", Decimal("0.21"))})

    assert (
        resolved(facts, lines=[replace(PLAIN, percentage=Decimal(21))]).lines[0].suggested_vat
        is None
    )


@pytest.mark.parametrize(
    ("choices", "currency", "code"),
    [
        (CopyChoices(), "EUR", "journal_missing"),
        (CopyChoices(journal_code="99"), "EUR", "journal_unknown"),
        (CopyChoices(journal_code="79"), "EUR", "journal_blocked"),
        (CopyChoices(journal_code="20"), "EUR", "journal_not_sales"),
        (CopyChoices(journal_code="70"), "USD", "journal_currency"),
        (replace(JOURNAL, ledger_exact_id=uuid4()), "EUR", "ledger_unknown"),
        (replace(JOURNAL, ledger_exact_id=BLOCKED), "EUR", "ledger_blocked"),
        (replace(JOURNAL, ledger_exact_id=DEBTORS), "EUR", "ledger_not_revenue"),
        (replace(JOURNAL, ledger_exact_id=TRAINING), "EUR", "cost_center_missing"),
        (replace(JOURNAL, vat_code="19"), "EUR", "vat_blocked"),
        (replace(JOURNAL, vat_code="9"), "EUR", "vat_not_for_sales"),
        (replace(JOURNAL, vat_code="99"), "EUR", "vat_unknown"),
    ],
)
def test_what_exact_would_refuse_is_named_before_it_is_sent(choices, currency, code):
    resolution = resolved(choices=choices, currency=currency)

    assert codes(resolution) == [code]
    assert resolution.gaps[0].sentence.endswith(".")
    assert resolution.gaps[0].remedy.endswith(".")


def test_d7_a_journal_that_allows_other_currencies_takes_them():
    assert resolved(choices=CopyChoices(journal_code="71"), currency="USD").is_complete


def test_p45_an_empty_vat_list_is_one_gap_whatever_the_number_of_lines():
    facts = replace(FACTS, vat_codes={}, default_vat_code="")

    assert codes(resolved(facts, lines=[PLAIN, DESIGNED])) == ["vat_list_empty"]


def test_all_gaps_are_named_at_once():
    facts = replace(FACTS, default_ledger_id=None, default_vat_code="")

    resolution = resolved(facts, choices=CopyChoices(), lines=[PLAIN, replace(PLAIN, line_id=11)])

    assert codes(resolution) == [
        "journal_missing",
        "ledger_missing",
        "vat_missing",
        "ledger_missing",
        "vat_missing",
    ]


@pytest.mark.parametrize(
    ("customer", "found"),
    [
        (CustomerFacts(uuid4(), "Bakker"), []),
        (CustomerFacts(uuid4(), "Bakker", status="P"), ["customer_not_a_customer"]),
        (CustomerFacts(uuid4(), "Bakker", is_usable=False), ["customer_blocked"]),
        (None, []),
    ],
)
def test_a_customer_that_exact_would_refuse_is_named(customer, found):
    assert codes(resolved(customer=customer)) == found

"""Causes: what one invoice lacks, told so that others that lack the same are told with it."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.utils import translation

from connector.sentences import pack, sentence
from integrations.mappings.facts import ConnectionFacts, Costs, JournalFacts, LedgerFacts, VatFacts
from integrations.mappings.resolve import MappedLine, resolve
from invoices.causes.finding import causes_of_gaps, stored_causes, unsure_customer
from invoices.causes.parts import About, Cause
from invoices.causes.words import sentence_of
from invoices.copy_choices import CopyChoices

LEDGER = UUID(int=8000)
FACTS = ConnectionFacts(
    journals={"70": JournalFacts("70", "Sales", currency="EUR")},
    ledgers={LEDGER: LedgerFacts(LEDGER, "8000", "Revenue")},
    vat_codes={"2": VatFacts("2", "High")},
    default_ledger_id=LEDGER,
)
BLOCKED = {LEDGER: LedgerFacts(LEDGER, "8000", "Revenue", is_usable=False)}
NEEDS_COSTS = {LEDGER: LedgerFacts(LEDGER, "8000", "Revenue", needs_cost_center=True)}
LINE: dict[str, Any] = {
    "tax_rate_id": 9,
    "tax_rate_name": "NL 9 %",
    "service_type_id": 4,
    "service_type_name": "Travel",
}


def _causes(facts=FACTS, journal="70", positions=(1,), **line):
    resolution = resolve(
        facts=facts,
        chosen=CopyChoices(journal_code=journal),
        lines=[MappedLine(line_id=one, position=one, **LINE | line) for one in positions],
        currency="EUR" if journal == "70" else "GBP",
    )
    return causes_of_gaps(
        resolution.gaps, resolution=resolution, facts=facts, currency="EUR", client=(3, "De Boer")
    )


def _facts(**changes):
    return ConnectionFacts(**{name: getattr(FACTS, name) for name in FACTS.__slots__} | changes)


@pytest.mark.parametrize(
    ("facts", "line", "sentence", "where"),
    [
        ({}, {}, "Tax rate NL 9 % has no VAT code.", "tax_categories"),
        ({}, {"tax_rate_id": None}, "Lines without a tax rate have no VAT code.", "mapping"),
        ({}, {"vat_code": "77"}, "VAT code 77 is not in Exact.", "psa"),
        (
            {"tax_rate_vat_codes": {9: "88"}},
            {},
            "VAT code 88 is not in Exact.",
            "tax_categories",
        ),
        (
            {"ledgers": BLOCKED, "default_vat_code": "2"},
            {},
            "Ledger account 8000 Revenue is blocked or no longer in Exact.",
            "mapping",
        ),
        (
            {"default_ledger_id": None, "default_vat_code": "2"},
            {},
            "Service type Travel has no ledger account.",
            "mapping",
        ),
        (
            {"default_ledger_id": None, "manual_ledger": True, "default_vat_code": "2"},
            {},
            "This connection has its ledger accounts chosen by hand for each invoice.",
            "mapping",
        ),
        (
            {"ledgers": NEEDS_COSTS, "default_vat_code": "2"},
            {},
            "Ledger account 8000 Revenue requires a cost center, and lines have none.",
            "psa",
        ),
        # Where rules give cost centers, one rule mends it for all.
        (
            {"ledgers": NEEDS_COSTS, "default_vat_code": "2", "use_costs": True},
            {},
            "Ledger account 8000 Revenue requires a cost center, and lines have none.",
            "mapping",
        ),
        (
            {
                "default_vat_code": "2",
                "use_costs": True,
                "service_type_costs": {4: Costs("OLD")},
                "cost_centers": frozenset(),
            },
            {},
            "Cost center OLD is not active or no longer in Exact.",
            "mapping",
        ),
    ],
)
def test_b10_a_gap_is_told_without_its_line_and_with_the_place_of_its_mending(
    facts, line, sentence, where
):
    (cause,) = _causes(_facts(**facts), **line)

    assert (sentence_of(cause), cause.where) == (sentence, where)
    assert Cause.from_json(cause.to_json()) == cause


def test_b10_what_was_said_is_kept_for_each_reader_in_five_values_that_the_release_before_reads():
    told = sentence("Line %(n)s has no item.", n=3)
    cause = Cause("refused", About.SAID, 0, "Has no item.", "mapping", pack(told))

    stored = cause.to_json()

    assert len(stored) == 5
    assert Cause.from_json(stored) == cause
    with translation.override("nl"):
        assert sentence_of(Cause.from_json(stored)) == "Heeft geen artikel."


def test_b10_a_tax_rate_without_a_name_is_called_by_its_percentage_as_the_reader_writes_it():
    (cause,) = _causes(tax_rate_name="", percentage=Decimal("5.5000"))

    kept = Cause.from_json(cause.to_json())

    assert kept == cause
    assert sentence_of(kept) == "Tax rate 5.5% has no VAT code."
    with translation.override("nl"):
        assert sentence_of(kept) == "Btw-tarief 5,5% heeft geen btw-code."


def test_b10_lines_that_lack_the_same_are_one_cause_whatever_their_place():
    assert _causes(positions=(1, 2, 5)) == _causes(positions=(3,))


def test_b10_a_renamed_tax_rate_is_the_same_cause_and_another_rate_is_not():
    (before,), (after,) = _causes(), _causes(tax_rate_name="Low")
    (other,) = _causes(tax_rate_id=10)

    assert before.key == after.key != other.key


@pytest.mark.parametrize(
    ("code", "sentence", "said"),
    [
        ("unknown", "Exact says: Periode 11 is dicht", "Exact says: Periode 11 is dicht"),
        ("odd_gap", "Line 2: something is odd.", "Something is odd."),
        ("mismatch", "Exact booked 12.10 EUR.", "Exact booked something else than was sent."),
        ("", "", None),
    ],
)
def test_b10_what_a_held_copy_keeps_is_a_cause_in_the_same_words(code, sentence, said):
    held = SimpleNamespace(problem_code=code, problem_sentence=sentence, problem_causes=[])

    assert [sentence_of(cause) for cause in stored_causes(held)] == ([said] if said else [])


def test_b10_a_company_that_ends_in_a_full_stop_ends_the_sentence_with_one():
    said = sentence_of(unsure_customer(3, "Tulp Bouw N.V."))

    assert said == "It is not sure which customer in Exact is Tulp Bouw N.V."

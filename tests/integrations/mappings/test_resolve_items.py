"""Which item and VAT code a line gets when Exact writes the invoice, why, and what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given, strategies as st

from integrations.mappings.facts import ConnectionFacts, ItemFacts, JournalFacts, VatFacts
from integrations.mappings.resolve import MappedLine, resolve
from integrations.models import Route
from invoices.copy_choices import CopyChoices

HOURS, DESIGN, LICENSE, TRAVEL, OLD, ENDED, COMING = (UUID(int=number) for number in range(1, 8))
DAY = date(2026, 11, 26)
ITEMS = {
    HOURS: ItemFacts(HOURS, "HOURS", "Hours"),
    DESIGN: ItemFacts(DESIGN, "DESIGN", "Design"),
    LICENSE: ItemFacts(LICENSE, "LICENSE", "License"),
    TRAVEL: ItemFacts(TRAVEL, "TRAVEL", "Travel"),
    OLD: ItemFacts(OLD, "OLD", "Old", is_usable=False),
    ENDED: ItemFacts(ENDED, "ENDED", end_date=DAY - timedelta(days=1)),
    COMING: ItemFacts(COMING, "COMING", start_date=DAY + timedelta(days=1)),
}
VAT_CODES = {
    "1": VatFacts("1", "low", Decimal("0.09")),
    "2": VatFacts("2", "high", Decimal("0.21")),
    "3": VatFacts("3", "reverse charge", Decimal(0)),
    "5": VatFacts("5", "export", Decimal(0)),
    "19": VatFacts("19", "old", Decimal("0.19"), is_usable=False),
}
FACTS = ConnectionFacts(
    route=Route.EXACT_INVOICE,
    journals={"70": JournalFacts("70", "Sales", currency="EUR")},
    vat_codes=VAT_CODES,
    items=ITEMS,
    default_item_id=HOURS,
    default_vat_code="1",
    service_type_items={1: DESIGN},
    service_type_vat_codes={1: "3"},
    tax_rate_vat_codes={9: "5"},
)
BARE = replace(FACTS, default_item_id=None, default_vat_code="")
PLAIN = MappedLine(line_id=10, position=1)
DESIGNED = replace(PLAIN, service_type_id=1, service_type_name="Design")
OWN = replace(DESIGNED, item_code="license", vat_code="2", tax_rate_id=9)
JOURNAL = CopyChoices(journal_code="70")
FOR_INVOICE = replace(JOURNAL, item_exact_id=LICENSE, vat_code="2")
BY_HAND = replace(FOR_INVOICE, line_items={10: TRAVEL}, line_vat_codes={10: "1"})


def resolved(facts=FACTS, choices=JOURNAL, line=PLAIN, day=DAY):
    return resolve(facts=facts, chosen=choices, lines=[line], currency="EUR", day=day)


def codes(resolution):
    return [gap.code for gap in resolution.gaps]


@pytest.mark.parametrize(
    ("choices", "line", "item", "reason"),
    [
        (BY_HAND, OWN, TRAVEL, "chosen for this line"),
        (FOR_INVOICE, OWN, LICENSE, "the line's own"),
        (FOR_INVOICE, DESIGNED, DESIGN, "service type Design"),
        (FOR_INVOICE, PLAIN, LICENSE, "chosen for this invoice"),
        (JOURNAL, PLAIN, HOURS, "default"),
    ],
)
def test_h34_h35_the_nearest_that_names_an_item_decides(choices, line, item, reason):
    found = resolved(choices=choices, line=line).lines[0]

    assert (found.item.exact_id, found.item_reason) == (item, reason)


@pytest.mark.parametrize("route", Route)
@pytest.mark.parametrize(
    ("choices", "line", "code", "reason"),
    [
        (BY_HAND, OWN, "1", "chosen for this line"),
        (FOR_INVOICE, OWN, "2", "the line's own"),
        (FOR_INVOICE, replace(DESIGNED, tax_rate_id=9), "3", "service type Design"),
        (FOR_INVOICE, replace(PLAIN, tax_rate_id=9), "5", "from the tax rate"),
        (FOR_INVOICE, PLAIN, "2", "chosen for this invoice"),
        (JOURNAL, PLAIN, "1", "default"),
    ],
)
def test_d3_h35_the_nearest_that_names_a_vat_code_decides(choices, line, code, reason, route):
    found = resolved(replace(FACTS, route=route), choices=choices, line=line).lines[0]

    assert (found.vat.code, found.vat_reason) == (code, reason)


def test_d3_h15_left_empty_exacts_usual_code_counts_where_exact_writes_the_invoice():
    facts = replace(FACTS, default_vat_code="")

    found = resolved(facts)

    assert found.is_complete
    assert (found.lines[0].vat.code, found.lines[0].vat_reason) == ("2", "Exact's usual code 2")
    booking = resolved(replace(facts, route=Route.BOOKING)).lines[0]
    assert (booking.vat, booking.vat_reason) == (None, "")


@pytest.mark.parametrize(
    "usual",
    [
        None,
        VatFacts("2", "high", Decimal("0.21"), is_usable=False),
        VatFacts("2", "acquisition", Decimal("0.21"), is_for_sales=False),
    ],
)
def test_h15_without_a_usable_code_2_the_missing_code_is_named_and_nothing_guessed(usual):
    others = {code: vat for code, vat in VAT_CODES.items() if code != "2"}
    facts = replace(BARE, vat_codes=others | ({"2": usual} if usual else {}), default_item_id=HOURS)

    found = resolved(facts)

    assert codes(found) == ["vat_missing"]
    assert "VAT code 2, Exact's usual one, is not in this division" in found.gaps[0].sentence


@pytest.mark.parametrize(
    ("choices", "line", "facts", "code"),
    [
        (JOURNAL, PLAIN, replace(FACTS, default_item_id=None), "item_missing"),
        (JOURNAL, PLAIN, replace(FACTS, default_item_id=uuid4()), "item_unknown"),
        (JOURNAL, replace(PLAIN, item_code="NONE"), FACTS, "item_unknown"),
        (replace(JOURNAL, item_exact_id=uuid4()), PLAIN, FACTS, "item_unknown"),
        (replace(JOURNAL, line_items={10: OLD}), PLAIN, FACTS, "item_blocked"),
        (replace(JOURNAL, line_items={10: ENDED}), PLAIN, FACTS, "item_blocked"),
        (replace(JOURNAL, line_items={10: COMING}), PLAIN, FACTS, "item_blocked"),
        (JOURNAL, replace(PLAIN, vat_code="99"), FACTS, "vat_unknown"),
        (JOURNAL, replace(PLAIN, vat_code="19"), FACTS, "vat_blocked"),
    ],
)
def test_what_exact_would_refuse_of_an_item_is_named_before_it_is_sent(choices, line, facts, code):
    resolution = resolved(facts, choices, line)

    assert codes(resolution) == [code]
    assert resolution.gaps[0].line_id == 10
    assert resolution.gaps[0].sentence.endswith(".")
    assert resolution.gaps[0].remedy.endswith(".")


def test_an_unknown_item_of_the_line_is_named_and_nothing_takes_its_place():
    gap = resolved(line=replace(PLAIN, item_code="CONS")).gaps[0]

    assert gap.sentence == "Line 1: its item CONS (the line's own) is not in Exact."


def test_an_item_that_ended_says_when():
    gap = resolved(choices=replace(JOURNAL, line_items={10: ENDED})).gaps[0]

    assert gap.sentence == "Line 1: item ENDED is not sold any more after 25 Nov 2026."


@given(st.integers(-3, 3), st.none() | st.integers(-3, 3), st.none() | st.integers(-3, 3))
def test_an_item_is_sold_from_its_first_day_to_its_last(today, first, last):
    begins, ends = (None if days is None else DAY + timedelta(days=days) for days in (first, last))
    item = ItemFacts(HOURS, "HOURS", start_date=begins, end_date=ends)

    expected = (first is None or first <= today) and (last is None or today <= last)

    assert item.is_sold_on(DAY + timedelta(days=today)) is expected


@pytest.mark.parametrize("typed", ["HOURS", " hours ", "Hours"])
def test_h16_an_item_is_found_by_its_code_whatever_the_spaces_exact_pads_it_with(typed):
    padded = replace(FACTS, items={HOURS: ItemFacts(HOURS, "HOURS  ")})

    assert padded.find_item(typed).exact_id == HOURS


@pytest.mark.parametrize("route", Route)
def test_h45_a_payment_condition_that_exact_no_longer_has_is_named(route):
    facts = replace(FACTS, route=route, default_ledger_id=None, payment_condition_code="30")

    assert "payment_condition_unknown" in codes(resolved(facts))
    known = replace(facts, payment_conditions=frozenset({"30"}))
    assert "payment_condition_unknown" not in codes(resolved(known))


def test_d1_each_route_misses_only_what_it_needs_itself():
    assert codes(resolved(replace(BARE, vat_codes=VAT_CODES))) == ["item_missing"]
    booking = codes(resolved(replace(BARE, route=Route.BOOKING)))
    assert booking == ["ledger_missing", "vat_missing"]


def test_the_choices_of_items_survive_being_stored():
    choices = replace(BY_HAND, accept_difference=True)

    assert CopyChoices.from_json(choices.to_json()) == choices
    assert choices.item_ids == {LICENSE, TRAVEL}

"""The customer's situation for VAT, the code it leads to, and which periods Exact is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from integrations.mappings.facts import ConnectionFacts, VatFacts
from integrations.mappings.lines import Period
from integrations.mappings.resolve import MappedLine, resolve
from integrations.mappings.situations import AT_HOME, EU_COUNTRIES, Situation, buyer_of
from integrations.models import Deferral, Route
from invoices.copy_choices import CopyChoices

HOME, EU, EXPORT = Situation.DOMESTIC, Situation.REVERSE_CHARGE, Situation.EXPORT
RATE = 9
FACTS = ConnectionFacts(
    vat_codes={
        code: VatFacts(code, name, Decimal(fraction), kind)
        for code, name, fraction, kind in (
            ("2", "high", "0.21", "E"),
            ("6", "EU services", "0", "B"),
            ("8", "export", "0", "B"),
        )
    },
    tax_rate_vat_codes={RATE: "2"},
    situation_vat_codes={(RATE, EU): "6", (RATE, EXPORT): "8"},
    country="NL",
)
LINE = MappedLine(line_id=1, position=1, tax_rate_id=RATE, percentage=Decimal(0))
YEAR = Period(date(2026, 11, 1), date(2027, 10, 31))


@pytest.mark.parametrize(
    ("home", "country", "vat_number", "situation"),
    [
        ("NL", "NL", "NL001234567B01", HOME),
        ("NL", "nl ", "", HOME),
        ("NL", "", "", HOME),
        ("NL", "BE", "BE 0123.456.789", EU),
        ("NL", "BE", "0123456789", EU),
        ("BE", "NL", "NL001234567B01", EU),
        ("NL", "", "DE123456789", EU),
        ("NL", "EL", "EL123456789", EU),
        ("NL", "GR", "EL123456789", EU),
        ("NL", "AT", "ATU12345678", EU),
        ("NL", "ES", "B12345678", EU),
        ("NL", "BE", "", HOME),
        ("NL", "BE", "n/a", HOME),
        ("NL", "BE", "NL001234567B01", HOME),
        ("NL", "DE", "CHE-123.456.789", HOME),
        ("NL", "GB", "GB123456789", EXPORT),
        ("NL", "UK", "", EXPORT),
        ("NL", "GB", "XI123456789", EXPORT),
        ("NL", "CH", "", EXPORT),
        ("NL", "US", "n/a", EXPORT),
        ("NL", "MC", "FR12345678901", EU),
        ("FR", "MC", "", HOME),
        ("UK", "GB", "", HOME),
        ("UK", "FR", "FR12345678901", EXPORT),
    ],
)
def test_b12_the_situation_follows_from_country_and_vat_number(
    home, country, vat_number, situation
):
    buyer = buyer_of(home=home, country=country, vat_number=vat_number)

    assert buyer.situation == situation
    assert buyer.because.endswith(".")


@given(
    home=st.sampled_from(sorted(EU_COUNTRIES)),
    country=st.sampled_from([*sorted(EU_COUNTRIES), "", "US", "CH", "GB", "??"]),
    vat_number=st.text(max_size=20),
)
def test_b12_no_vat_is_charged_in_the_eu_only_to_another_country_with_a_number(
    home, country, vat_number
):
    buyer = buyer_of(home=home, country=country, vat_number=vat_number)

    if buyer.situation == EU:
        assert any(character.isdigit() for character in vat_number)
        assert country != home
    if country and country not in EU_COUNTRIES:
        assert buyer.situation == EXPORT


def vat_of(country, vat_number="", *, facts=FACTS, line=LINE, **choices):
    (found,) = resolve(
        facts=facts,
        chosen=CopyChoices(journal_code="70", **choices),
        lines=[line],
        currency="EUR",
        buyer=buyer_of(home=facts.country, country=country, vat_number=vat_number),
    ).lines
    return found.vat and found.vat.code, found.vat_reason


def test_b12_a_tax_rate_has_a_code_for_each_situation():
    assert vat_of("NL") == ("2", "from the tax rate")
    assert vat_of("BE", "BE0123456789") == ("6", "from the tax rate, for EU reverse charge")
    assert vat_of("US") == ("8", "from the tax rate, for export")


def test_b12_a_situation_without_a_code_takes_the_plain_one_and_says_what_that_does():
    facts = replace(FACTS, situation_vat_codes={})

    code, reason = vat_of("BE", "BE0123456789", facts=facts)

    assert (code, reason) == (
        "2",
        "from the tax rate; charges 21% although this is EU reverse charge",
    )
    plain = replace(facts, tax_rate_vat_codes={RATE: "6"})
    assert vat_of("BE", "BE0123456789", facts=plain) == ("6", "from the tax rate")


def test_b12_what_is_nearer_to_the_line_goes_before_the_situation():
    by_hand = {"line_vat_codes": {1: "2"}}

    assert vat_of("US", **by_hand)[0] == "2"
    assert vat_of("US", line=replace(LINE, vat_code="6")) == ("6", "the line's own")
    by_type = replace(FACTS, service_type_vat_codes={3: "6"})
    assert vat_of("US", facts=by_type, line=replace(LINE, service_type_id=3))[0] == "6"
    assert vat_of("US", vat_code="2")[0] == "8"
    assert vat_of("US", line=replace(LINE, tax_rate_id=None), vat_code="6")[0] == "6"


@pytest.mark.parametrize(
    ("deferral", "last", "is_told"),
    [
        (Deferral.OFF, date(2027, 10, 31), False),
        (Deferral.LATER, date(2027, 10, 31), True),
        (Deferral.LATER, date(2026, 12, 1), True),
        (Deferral.LATER, date(2026, 11, 30), False),
        (Deferral.LATER, date(2026, 10, 31), False),
        (Deferral.EVERY, date(2026, 10, 31), True),
    ],
)
def test_b13_the_rule_decides_which_periods_exact_is_told(deferral, last, is_told):
    period = Period(last - timedelta(days=20), last)
    facts = replace(FACTS, deferral=deferral)

    found = resolved_period(facts, period)

    assert (found.period == period) is is_told
    assert found.period_reason.startswith("not sent") is not is_told


def test_b13_an_invoice_that_exact_writes_shows_every_period():
    facts = replace(FACTS, route=Route.EXACT_INVOICE)

    assert resolved_period(facts, YEAR).period == YEAR
    assert resolved_period(facts, None).period_reason == ""


def resolved_period(facts, period):
    (line,) = resolve(
        facts=facts,
        chosen=CopyChoices(journal_code="70"),
        lines=[replace(LINE, period=period)],
        currency="EUR",
        day=date(2026, 11, 21),
        buyer=AT_HOME,
    ).lines
    return line

"""How many open invoices a change of the rules touches: B-12, B-13, counted before it is stored."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from integrations.mappings.facts import ConnectionFacts
from integrations.mappings.open_lines import LineKind, OpenInvoices, Spread
from integrations.mappings.situations import Situation
from integrations.mappings.touched import Part, count_rows, count_touched
from integrations.models import Deferral, Route

HIGH, LOW, DESIGN, HOSTING = 1, 2, 11, 12
LEDGER, OTHER = UUID(int=8000), UUID(int=8010)

PLAIN = LineKind(tax_rate_id=HIGH, country="NL")
DESIGNED = LineKind(service_type_id=DESIGN, tax_rate_id=HIGH, country="NL", spread=Spread.WITHIN)
HOSTED = LineKind(service_type_id=HOSTING, tax_rate_id=LOW, country="NL", spread=Spread.BEYOND)
GERMAN = LineKind(tax_rate_id=HIGH, country="DE", vat_number="DE00")
AMERICAN = LineKind(tax_rate_id=HIGH, country="US")
OWN = LineKind(tax_rate_id=HIGH, country="NL", has_own_vat_code=True)

OPENED = OpenInvoices(
    (
        (frozenset([PLAIN]), 10),
        (frozenset([PLAIN, DESIGNED]), 5),
        (frozenset([HOSTED]), 3),
        (frozenset([GERMAN]), 2),
        (frozenset([AMERICAN, HOSTED]), 1),
        (frozenset([OWN]), 4),
    )
)
FACTS = ConnectionFacts(
    country="NL",
    route=Route.BOOKING,
    default_ledger_id=LEDGER,
    map_service_types=True,
    tax_rate_vat_codes={HIGH: "4", LOW: "2"},
)


@pytest.mark.parametrize(
    ("changes", "total", "parts"),
    [
        ({}, 0, {}),
        # An invoice counts once, whatever many of its lines change; a line's own code stays what it is.
        ({"tax_rate_vat_codes": {HIGH: "6", LOW: "2"}}, 18, {Part.VAT: 18}),
        ({"tax_rate_vat_codes": {HIGH: "4"}}, 4, {Part.VAT: 4}),
        ({"tax_rate_vat_codes": {HIGH: "4"}, "default_vat_code": "2"}, 0, {}),
        ({"situation_vat_codes": {(HIGH, Situation.REVERSE_CHARGE): "7"}}, 2, {Part.VAT: 2}),
        ({"situation_vat_codes": {(HIGH, Situation.EXPORT): "5"}}, 1, {Part.VAT: 1}),
        ({"service_type_vat_codes": {DESIGN: "9"}}, 5, {Part.VAT: 5}),
        ({"service_type_ledgers": {DESIGN: OTHER}}, 5, {Part.PLACE: 5}),
        # Choosing what the default is already changes nothing.
        ({"service_type_ledgers": {DESIGN: LEDGER}}, 0, {}),
        ({"service_type_ledgers": {DESIGN: OTHER}, "map_service_types": False}, 0, {}),
        ({"manual_ledger": True}, 25, {Part.PLACE: 25}),
        ({"deferral": Deferral.LATER}, 4, {Part.PERIOD: 4}),
        ({"deferral": Deferral.EVERY}, 9, {Part.PERIOD: 9}),
        (
            {"deferral": Deferral.EVERY, "tax_rate_vat_codes": {HIGH: "4", LOW: "6"}},
            9,
            {Part.VAT: 4, Part.PERIOD: 9},
        ),
    ],
)
def test_b12_b13_a_change_of_rules_says_how_many_open_invoices_it_touches(changes, total, parts):
    touched = count_touched(FACTS, replace(FACTS, **changes), OPENED)

    assert touched.total == total
    assert touched.by_part == parts


def test_b12_each_row_says_how_many_open_invoices_it_is_about():
    counts = count_rows(OPENED, home="NL")

    assert counts.total == 25
    assert counts.by_tax_rate == {HIGH: 22, LOW: 4}
    assert counts.by_situation == {
        (HIGH, Situation.REVERSE_CHARGE): 2,
        (HIGH, Situation.EXPORT): 1,
    }
    assert counts.by_service_type == {DESIGN: 5, HOSTING: 4}
    assert counts.with_period == 9

"""Which cost center and cost unit a line gets, and why (B-14)."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from integrations.mappings.costs import NO_CLIENT_COSTS, ClientCosts
from integrations.mappings.facts import ConnectionFacts, Costs, LedgerFacts, VatFacts
from integrations.mappings.lines import MappedLine
from integrations.mappings.open_lines import LineKind, OpenInvoices
from integrations.mappings.resolve import resolve
from integrations.mappings.touched import Part, count_touched
from invoices.copy_choices import CopyChoices

OPTIONAL, UNUSED, NEEDED = (UUID(int=number) for number in (1, 2, 3))
DESIGN = 11
FACTS = ConnectionFacts(
    ledgers={
        OPTIONAL: LedgerFacts(OPTIONAL, "8000", "Revenue"),
        UNUSED: LedgerFacts(
            UNUSED, "8010", "Plain", takes_cost_center=False, takes_cost_unit=False
        ),
        NEEDED: LedgerFacts(NEEDED, "8070", "Training", needs_cost_center=True),
    },
    vat_codes={"2": VatFacts("2")},
    default_vat_code="2",
    default_ledger_id=OPTIONAL,
    use_costs=True,
    service_type_costs={DESIGN: Costs("TYPE", "TYPE-U")},
    cost_centers=frozenset(["TYPE", "CLIENT"]),
    cost_units=frozenset(["TYPE-U", "CLIENT-U"]),
)
LINE = MappedLine(line_id=1, position=1, service_type_id=DESIGN, service_type_name="Design")
CLIENT = ClientCosts("Bakker", Costs("CLIENT", "CLIENT-U"))
OWN = replace(LINE, cost_center="OWN", cost_unit="OWN-U")
OF_TYPE, OF_CLIENT = "from service type Design", "from client Bakker"


def placed(line=LINE, client=NO_CLIENT_COSTS, **changes):
    return resolve(
        facts=replace(FACTS, **changes),
        chosen=CopyChoices(journal_code="70"),
        lines=[line],
        currency="EUR",
        client=client,
    )


@pytest.mark.parametrize(
    ("line", "client", "changes", "center", "unit"),
    [
        (LINE, NO_CLIENT_COSTS, {}, ("TYPE", OF_TYPE), ("TYPE-U", OF_TYPE)),
        (LINE, CLIENT, {}, ("CLIENT", OF_CLIENT), ("CLIENT-U", OF_CLIENT)),
        # Each on its own: the client's unit, the service type's center.
        (
            LINE,
            ClientCosts("Bakker", Costs("", "CLIENT-U")),
            {},
            ("TYPE", OF_TYPE),
            ("CLIENT-U", OF_CLIENT),
        ),
        (OWN, CLIENT, {}, ("OWN", "the line's own"), ("OWN-U", "the line's own")),
        (OWN, CLIENT, {"use_costs": False}, ("OWN", "the line's own"), ("OWN-U", "the line's own")),
        (LINE, CLIENT, {"use_costs": False}, ("", ""), ("", "")),
        (replace(LINE, service_type_id=None), NO_CLIENT_COSTS, {}, ("", ""), ("", "")),
        # To a ledger account that uses none, none is sent, wherever it comes from.
        (
            OWN,
            NO_CLIENT_COSTS,
            {"default_ledger_id": UNUSED},
            ("", "OWN is not sent: 8010 Plain uses no cost centers"),
            ("", "OWN-U is not sent: 8010 Plain uses no cost units"),
        ),
        (
            LINE,
            CLIENT,
            {"default_ledger_id": UNUSED},
            ("", "CLIENT is not sent: 8010 Plain uses no cost centers"),
            ("", "CLIENT-U is not sent: 8010 Plain uses no cost units"),
        ),
    ],
)
def test_b14_the_lines_own_goes_first_then_the_clients_then_the_service_types(
    line, client, changes, center, unit
):
    resolution = placed(line, client, **changes)

    (found,) = resolution.lines
    assert (found.cost_center.code, found.cost_center.reason) == center
    assert (found.cost_unit.code, found.cost_unit.reason) == unit
    assert resolution.gaps == () or {gap.code for gap in resolution.gaps} == {"journal_unknown"}


def codes(resolution):
    return [gap.code for gap in resolution.gaps if gap.code.startswith("cost_")]


def test_b14_a_rule_answers_what_a_ledger_account_requires():
    assert codes(placed(default_ledger_id=NEEDED)) == []
    assert codes(placed(default_ledger_id=NEEDED, use_costs=False)) == ["cost_center_missing"]


def test_b14_what_a_rule_names_and_exact_no_longer_has_is_said_before_it_is_sent():
    resolution = placed(cost_centers=frozenset(), cost_units=frozenset())

    assert codes(resolution) == ["cost_center_unknown", "cost_unit_unknown"]
    assert "cost center TYPE (from service type Design)" in resolution.gaps[1].sentence
    # What the line itself brings is Exact's to judge, and a list that was never read proves nothing.
    assert codes(placed(OWN, cost_centers=frozenset(), cost_units=frozenset())) == []
    assert codes(placed(cost_centers=None, cost_units=None)) == []


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 0),
        ({"service_type_costs": {DESIGN: Costs("OTHER", "TYPE-U")}}, 4),
        ({"service_type_costs": {}}, 4),
        # The client's own unit stays, so only the others lose theirs.
        ({"service_type_costs": {DESIGN: Costs("TYPE", "")}}, 3),
        ({"use_costs": False}, 6),
        ({"default_ledger_id": UNUSED}, 7),
    ],
)
def test_b14_a_change_of_rules_says_how_many_open_invoices_it_touches(changes, count):
    kinds = {
        LineKind(DESIGN): 3,
        LineKind(DESIGN, client_cost_unit="CLIENT-U"): 1,
        LineKind(client_cost_center="CLIENT"): 2,
        LineKind(DESIGN, has_own_cost_center=True, has_own_cost_unit=True): 1,
        LineKind(): 9,
    }
    opened = OpenInvoices(tuple((frozenset([kind]), number) for kind, number in kinds.items()))

    touched = count_touched(FACTS, replace(FACTS, **changes), opened)

    assert touched.by_part.get(Part.COSTS, 0) == count

"""What open invoices use and no rule covers, and what is proposed for it (B-12, D-3): never more than can be known."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from integrations.mappings.facts import ConnectionFacts, ItemFacts, LedgerFacts, VatFacts
from integrations.mappings.open_lines import LineKind, OpenInvoices
from integrations.mappings.situations import Situation
from integrations.mappings.suggestions import Named, suggest
from integrations.models import Route

HIGH, LOW, NONE = (
    Named(1, "High", Decimal(21)),
    Named(2, "Low", Decimal(9)),
    Named(3, "None", Decimal(0)),
)
DESIGN, HOSTING = Named(11, "Design"), Named(12, "Hosting")
LEDGERS = [
    LedgerFacts(UUID(int=code), str(code), name)
    for code, name in ((8000, "Revenue"), (8010, "design "), (8020, "Other"))
]
VAT = [
    VatFacts("2", "High", Decimal("0.21")),
    VatFacts("4", "High, included", Decimal("0.21"), "I"),
    VatFacts("1", "Low", Decimal("0.09")),
    VatFacts("0", "None", Decimal(0)),
]
FACTS = ConnectionFacts(
    country="NL",
    route=Route.BOOKING,
    ledgers={row.exact_id: row for row in LEDGERS},
    vat_codes={row.code: row for row in VAT},
    default_ledger_id=UUID(int=8000),
    map_service_types=True,
)
OPENED = OpenInvoices(
    (
        (frozenset([LineKind(DESIGN.pk, HIGH.pk, "NL")]), 4),
        (frozenset([LineKind(HOSTING.pk, HIGH.pk, "NL"), LineKind(DESIGN.pk, LOW.pk, "NL")]), 2),
        (frozenset([LineKind(None, NONE.pk, "NL")]), 1),
        (frozenset([LineKind(None, HIGH.pk, "DE", "DE00")]), 3),
        (frozenset([LineKind(None, LOW.pk, "NL", has_own_vat_code=True)]), 9),
    )
)
ALL_COVERED = {"tax_rate_vat_codes": {1: "2", 2: "1", 3: "0"}, "map_service_types": False}


def found(items=(), **changes):
    rows = suggest(
        replace(FACTS, **changes),
        OPENED,
        tax_rates=[NONE, LOW, HIGH],
        service_types=[DESIGN, HOSTING],
        items=items,
    )
    return [(row.name, row.count, row.proposed) for row in rows]


ABROAD = ("High for EU reverse charge", 3, "")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # The only code of the percentage that excludes VAT; of 0 % nobody but a person knows which it is.
        (
            {"map_service_types": False},
            [("None", 1, ""), ("Low", 2, "1"), ("High", 9, "2")],
        ),
        # A default of another percentage is named, one of the same is what the rate means.
        (
            {"map_service_types": False, "default_vat_code": "2"},
            [("None", 1, ""), ("Low", 2, "1"), ABROAD],
        ),
        # A customer abroad who is charged VAT: never with a proposal.
        (ALL_COVERED, [ABROAD]),
        (ALL_COVERED | {"situation_vat_codes": {(1, Situation.REVERSE_CHARGE): "0"}}, []),
        (ALL_COVERED | {"situation_vat_codes": {(1, Situation.REVERSE_CHARGE): "2"}}, []),
        # The ledger account of that name; the others are meant to go by the default.
        (
            ALL_COVERED | {"map_service_types": True},
            [ABROAD, ("Design", 6, str(UUID(int=8010)))],
        ),
        (
            ALL_COVERED | {"map_service_types": True, "default_ledger_id": None},
            [ABROAD, ("Design", 6, str(UUID(int=8010))), ("Hosting", 2, "")],
        ),
        (
            ALL_COVERED
            | {"map_service_types": True, "service_type_ledgers": {DESIGN.pk: UUID(int=8020)}},
            [ABROAD],
        ),
        (ALL_COVERED | {"map_service_types": True, "manual_ledger": True}, [ABROAD]),
    ],
)
def test_b12_what_no_rule_covers_is_listed_and_only_what_is_sure_is_proposed(changes, expected):
    assert found(**changes) == expected


def test_b12_two_codes_of_one_percentage_are_a_choice_and_not_a_proposal():
    other = VatFacts("22", "High, services", Decimal("0.21"))
    codes = {**FACTS.vat_codes, other.code: other}

    assert ("High", 9, "") in found(vat_codes=codes, map_service_types=False)


def test_b12_where_exact_writes_the_invoice_the_item_of_that_name_is_proposed():
    item = ItemFacts(UUID(int=1), "HOST", "hosting")
    route = ALL_COVERED | {"route": Route.EXACT_INVOICE}

    assert found(items=[item], **route) == [ABROAD, ("Hosting", 2, "HOST")]
    assert found(items=[item, replace(item, code="HOST2")], **route) == [ABROAD]

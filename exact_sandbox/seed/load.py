"""Fills an empty store with the seed: users, three divisions in use, an archived one and an accountant's own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.database import Database
from exact_sandbox.seed import belgium, germany, netherlands
from exact_sandbox.seed.division import DivisionLoader
from exact_sandbox.seed.items import load_items
from exact_sandbox.seed.lists import load_document_types, load_lists
from exact_sandbox.seed.people import PEOPLE, load_people
from exact_sandbox.seed.plan import PRACTICE, DivisionPlan
from exact_sandbox.seed.relations import load_accounts, load_payables

PLANS: tuple[DivisionPlan, ...] = (
    netherlands.PLAN,
    belgium.PLAN,
    germany.PLAN,
    replace(netherlands.PLAN, code=1000009, hid=9, name="Studio Noord Oud B.V.", archived=True),
    replace(
        netherlands.PLAN,
        code=1000011,
        hid=1,
        name="Cijferkantoor B.V.",
        customer=PRACTICE,
        practice=True,
    ),
)


def load(database: Database) -> None:
    """Store the seed."""
    with database.transaction():
        load_people(database)
        for code, currency in CURRENCIES.items():
            database.insert(
                "currencies",
                {
                    "Code": code,
                    "Description": currency.name,
                    "AmountPrecision": Decimal(1).scaleb(-currency.decimals),
                    "PricePrecision": Decimal("0.000001"),
                },
            )
        load_document_types(database)
        for plan in PLANS:
            load_division(database, plan)
        database.set_setting("seeded", "1")


def load_division(database: Database, plan: DivisionPlan) -> None:
    """Store a division with its chart of accounts, lists, relations and items."""
    loader = DivisionLoader(database, plan, (PEOPLE[0].id, PEOPLE[0].full_name))
    loader.load()
    load_accounts(loader)
    load_lists(loader)
    load_payables(loader)
    load_items(loader)

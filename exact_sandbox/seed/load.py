"""Fills an empty store with the seed: users, three divisions in use and an archived one."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.database import Database
from exact_sandbox.seed import belgium, germany, netherlands
from exact_sandbox.seed.division import DivisionLoader, seeded_id
from exact_sandbox.seed.items import load_items
from exact_sandbox.seed.lists import load_document_types, load_lists
from exact_sandbox.seed.plan import DivisionPlan
from exact_sandbox.seed.relations import load_accounts, load_payables

PLANS: tuple[DivisionPlan, ...] = (
    netherlands.PLAN,
    belgium.PLAN,
    germany.PLAN,
    replace(netherlands.PLAN, code=1000009, hid=9, name="Studio Noord Oud B.V.", archived=True),
)
USERS = (  # e-mail, name, language, may write, divisions
    (
        "anna@studio-noord.example",
        "Anna de Vries",
        "EN",
        True,
        (1000001, 1000002, 1000003, 1000009),
    ),
    ("bram@studio-noord.example", "Bram Jansen", "NL", True, (1000001,)),
    ("claire@studio-zuid.example", "Claire Dubois", "FR", True, (1000002,)),
    ("dieter@studio-ost.example", "Dieter Schäfer", "DE", True, (1000003,)),
    ("viewer@studio-noord.example", "Vera Kijker", "EN", False, (1000001, 1000002, 1000003)),
)
PASSWORD = "sandbox"  # noqa: S105 - a published sample, guards nothing


def load(database: Database) -> None:
    """Store the seed."""
    with database.transaction():
        for username, name, language, may_write, divisions in USERS:
            database.execute(
                "INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    seeded_id("user", username),
                    username,
                    PASSWORD,
                    name,
                    language,
                    int(may_write),
                    json.dumps(divisions),
                    divisions[0],
                ],
            )
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
        creator = (seeded_id("user", USERS[0][0]), USERS[0][1])
        for plan in PLANS:
            loader = DivisionLoader(database, plan, creator)
            loader.load()
            load_accounts(loader)
            load_lists(loader)
            load_payables(loader)
            load_items(loader)
        database.set_setting("seeded", "1")

"""Loads the units and items of a division: hours, subscriptions, print work, travel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from exact_sandbox.seed.division import DivisionLoader

GROUP_CODE, GROUP = "1", ("Algemeen", "Algemeen", "Allgemein")  # NL, BE, DE
COUNTRIES = ("NL", "BE", "DE")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `type` is T time or O other, `time_unit` Exact's name of a time frame."""

    code: str
    type: str
    time_unit: str | None
    descriptions: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """An item: what it is called and the revenue account it is booked on, by country."""

    code: str
    unit: str
    price: str
    descriptions: tuple[str, str, str]
    revenue: tuple[str, str, str]
    vat_codes: tuple[str | None, str | None, str | None] = (None, None, None)
    sold: bool = True
    ended: bool = False
    service: bool = True


UNITS = (
    Unit("pc", "O", None, ("Stuk", "Stuk", "Stück")),
    Unit("hour", "T", "hh", ("Uur", "Uur", "Stunde")),
    Unit("day", "T", "dd", ("Dag", "Dag", "Tag")),
    Unit("month", "T", "mm", ("Maand", "Maand", "Monat")),
    Unit("year", "T", "yy", ("Jaar", "Jaar", "Jahr")),
    Unit("srv", "O", None, ("Dienst", "Dienst", "Leistung")),
    Unit("km", "O", None, ("Kilometer", "Kilometer", "Kilometer")),
)
_DESIGN = ("8000", "700000", "4000")
_TRAVEL = ("8060", "743000", "4030")
ITEMS = (
    Item("DESIGN", "hour", "95", ("Ontwerp", "Ontwerp", "Design"), _DESIGN),
    Item(
        "DEV",
        "hour",
        "110",
        ("Ontwikkeling", "Ontwikkeling", "Entwicklung"),
        ("8010", "700100", "4010"),
    ),
    Item(
        "STRATEGY",
        "day",
        "1040",
        ("Strategie en advies", "Strategie en advies", "Strategie und Beratung"),
        ("8020", "700200", "4020"),
    ),
    Item(
        "PM",
        "hour",
        "85",
        ("Projectmanagement", "Projectbegeleiding", "Projektleitung"),
        ("8030", "700300", "4030"),
    ),
    Item(
        "HOSTING",
        "month",
        "49.5",
        ("Hosting", "Hosting", "Hosting"),
        ("8040", "700400", "4040"),
        ("2", "1", "3"),
    ),
    Item(
        "PRINT",
        "pc",
        "12.25",
        ("Drukwerk", "Drukwerk", "Druckerzeugnisse"),
        ("8050", "700500", "4050"),
        service=False,
    ),
    Item("TRAVEL", "km", "0.37", ("Reiskosten", "Reiskosten", "Reisekosten"), _TRAVEL),
    Item("SERVICE", "srv", "0", ("Dienstverlening", "Dienstverlening", "Dienstleistung"), _DESIGN),
    Item(
        "OLD",
        "hour",
        "60",
        ("Tekenwerk (vervallen)", "Tekenwerk (vervallen)", "Zeichnen (entfallen)"),
        _DESIGN,
        ended=True,
    ),
    Item(
        "LAPTOP",
        "pc",
        "0",
        ("Laptop (alleen inkoop)", "Laptop (alleen aankoop)", "Laptop (nur Einkauf)"),
        _TRAVEL,
        sold=False,
        service=False,
    ),
)


def load_items(loader: DivisionLoader) -> None:
    """Store the units and the items; one item has ended and one is only bought."""
    country = COUNTRIES.index(loader.plan.country)
    for unit in UNITS:
        loader.insert(
            "units",
            {
                "ID": loader.id("unit", unit.code),
                "Code": unit.code,
                "Description": unit.descriptions[country],
                "Type": unit.type,
                "TimeUnit": unit.time_unit,
                "Active": True,
                "Main": int(unit.code == "pc"),
            },
        )
    for item in ITEMS:
        _load_item(loader, item, country)


def _load_item(loader: DivisionLoader, item: Item, country: int) -> None:
    loader.insert(
        "items",
        {
            "ID": loader.id("item", item.code),
            "Code": item.code,
            "SearchCode": item.code,
            "Description": item.descriptions[country],
            "StartDate": loader.started,
            "EndDate": loader.now - timedelta(days=90) if item.ended else None,
            "Unit": item.unit,
            "StandardSalesPrice": Decimal(item.price),
            "GLRevenue": loader.id("gl", item.revenue[country]),
            "SalesVatCode": item.vat_codes[country],
            "ItemGroup": loader.id("item-group", GROUP_CODE),
            "ItemGroupCode": GROUP_CODE,
            "ItemGroupDescription": GROUP[country],
            "IsSalesItem": item.sold,
            "IsPurchaseItem": not item.service,
            "IsStockItem": False,
            "IsFractionAllowedItem": item.service,
            "IsTime": int(item.unit in ("hour", "day")),
            "CostPriceCurrency": "EUR",
            "CostPriceStandard": Decimal(0),
            "Stock": Decimal(0),
        },
    )

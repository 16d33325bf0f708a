"""The demo's month-end: two hundred invoices of one month, nine of which wait for three decisions of a person.

Everything but the month is fixed: with `connector.local.month_end` five invoices have a tax rate without a VAT code, three
a service type without a ledger account, and one a client that Exact has twice. Whole amounts: no cent of VAT is in doubt.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from integrations.psa.source import SourceInvoice, read_invoice

COUNT = 200
SUBSIDIARY: dict[str, str] = {
    "id": "maandwerk",
    "name": "Maandwerk B.V.",
    "country": "NL",
    "vat_number": "NL857654321B01",
}
_HIGH, _LOW = (
    {"id": "me-nl-21", "name": "NL 21 %", "percentage": "21"},
    {"id": "me-nl-9", "name": "NL 9 %", "percentage": "9"},
)
# name, what was done, price of one
_SERVICES = (
    ("Design", "Screens and prototypes", 115),
    ("Development", "Features of the sprint", 120),
    ("Strategy", "Day with the team", 1200),
    ("Copywriting", "Texts for the new pages", 95),
    ("Hosting", "Hosting and monitoring", 90),
    ("Project management", "Planning and guidance", 105),
)
_WITHOUT_LEDGER = ("Photography", "Photographs of the workshop", 640)
_PRINTED = ("Design", "Printed guide, by the piece", 7)
_AT_LOW_RATE = {11, 52, 97, 143, 188}
_PHOTOGRAPHED = {28, 75, 160}
_OF_THE_CLIENT_KEPT_TWICE = 119
# What waits for a person.
HELD = {*_AT_LOW_RATE, *_PHOTOGRAPHED, _OF_THE_CLIENT_KEPT_TWICE}
# name, VAT number, city; the last four are new to Exact
_CLIENTS = (
    ("De Boer Bouw N.V.", "NL801234567B02", "Rotterdam"),
    ("Jansen Bouw V.O.F.", "NL802469134B03", "Utrecht"),
    ("Bakker Bouw B.V.", "NL803703701B04", "Eindhoven"),
    ("Noorderlicht Bouw N.V.", "NL804938268B05", "Groningen"),
    ("Zuiderzee Bouw V.O.F.", "NL806172835B06", "Den Haag"),
    ("De Boer Media V.O.F.", "NL813580237B12", "Groningen"),
    ("Jansen Media B.V.", "NL814814804B13", "Den Haag"),
    ("Bakker Logistiek V.O.F.", "NL828395041B24", "Utrecht"),
    ("Stichting Museum aan het Spui", "NL855512345B01", "Den Haag"),
    ("Uitgeverij De Linde B.V.", "NL860012398B01", "Deventer"),
    ("Coöperatie Zonnekracht U.A.", "NL861120044B01", "Zwolle"),
    ("Theater De Kade", "NL862330178B01", "Arnhem"),
)
# Exact has two customers of this name, and the PSA no number that tells which is meant.
_KEPT_TWICE = ("Tulp Bouw N.V.", "", "Groningen")


def invoices(today: date) -> list[SourceInvoice]:
    """This function will return the invoices of the month before this day, oldest first."""
    last_day = today.replace(day=1) - timedelta(days=1)
    return [read_invoice(_document(index, last_day)) for index in range(COUNT)]


def _document(index: int, last_day: date) -> dict[str, Any]:
    day = last_day.replace(day=1 + index * last_day.day // COUNT)
    client = len(_CLIENTS) if index == _OF_THE_CLIENT_KEPT_TWICE else index % len(_CLIENTS)
    return {
        "id": f"month-end-{index + 1:03}",
        "state": "finalized",
        "number": f"{day:%Y%m}{index + 1:03}",
        "subject": f"Work in {day:%B}",
        "reference": f"PO {4200 + 7 * index}" if index % 3 == 0 else "",
        "invoice_date": day.isoformat(),
        "due_date": (day + timedelta(days=30)).isoformat(),
        "currency": "EUR",
        "subsidiary": SUBSIDIARY,
        "client": _client(client),
        "lines": list(_lines(index)),
    }


def _client(index: int) -> dict[str, str]:
    name, vat_number, city = (*_CLIENTS, _KEPT_TWICE)[index]
    return {
        "id": f"me-client-{index + 1}",
        "name": name,
        "vat_number": vat_number,
        "city": city,
        "country": "NL",
        "email": f"finance@client-{index + 1}.example",
    }


def _lines(index: int) -> list[dict[str, Any]]:
    count = len(_SERVICES)
    lines = [
        _line(_SERVICES[(index + 5 * at) % count], 2 + (index * 7 + at) % 23, _HIGH)
        for at in range(index % 3 + 1)
    ]
    if index in _AT_LOW_RATE:
        lines.append(_line(_PRINTED, 100 + index, _LOW))
    if index in _PHOTOGRAPHED:
        lines.append(_line(_WITHOUT_LEDGER, 1, _HIGH))
    return lines


def _line(service: tuple[str, str, int], quantity: int, rate: dict[str, str]) -> dict[str, Any]:
    name, description, price = service
    return {
        "description": description,
        "quantity": str(quantity),
        "unit": "hour" if 90 < price < 150 else "piece",
        "unit_price": str(price),
        "net_amount": str(quantity * price),
        "tax_rate": rate,
        "service_type": {"id": f"me-{name.lower().replace(' ', '-')}", "name": name},
    }

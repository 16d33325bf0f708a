"""The demo's invoices: an agency with three subsidiaries, clients in seven countries, and the work it invoices.

Everything is fixed, so that loading it a second time changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import cycle
from typing import Any

from connector.management import demo_files
from integrations.psa.source import SourceInvoice, read_invoice

FIRST_DAY = date(2026, 9, 1)

SUBSIDIARIES: dict[str, dict[str, str]] = {
    "nl": {
        "id": "studio-noord",
        "name": "Studio Noord B.V.",
        "country": "NL",
        "vat_number": "NL854321987B01",
    },
    "be": {
        "id": "studio-zuid",
        "name": "Studio Zuid BV",
        "country": "BE",
        "vat_number": "BE0712345694",
    },
    "de": {
        "id": "studio-ost",
        "name": "Studio Ost GmbH",
        "country": "DE",
        "vat_number": "DE298765434",
    },
}
TAX_RATES: dict[str, dict[str, str]] = {
    "nl21": {"id": "nl-21", "name": "NL 21 %", "percentage": "21"},
    "nl9": {"id": "nl-9", "name": "NL 9 %", "percentage": "9"},
    "nl0": {"id": "nl-0", "name": "NL 0 %, reverse charge", "percentage": "0"},
    "be21": {"id": "be-21", "name": "BE 21 %", "percentage": "21"},
    "be6": {"id": "be-6", "name": "BE 6 %", "percentage": "6"},
    "de19": {"id": "de-19", "name": "DE 19 %", "percentage": "19"},
    "de7": {"id": "de-7", "name": "DE 7 %", "percentage": "7"},
    "export": {"id": "export-0", "name": "0 %, outside the EU", "percentage": "0"},
}
SERVICE_TYPES: dict[str, dict[str, str]] = {
    name.lower(): {"id": f"st-{name.lower()}", "name": name}
    for name in ("Design", "Development", "Strategy", "Copywriting", "Hosting", "Training")
}
_CLIENT_ROWS = (
    # key, name, VAT number, street, postcode, city, country
    (
        "boer",
        "De Boer Bouw N.V.",
        "NL801234567B02",
        "Stationsplein 1",
        "3011 WN",
        "Rotterdam",
        "NL",
    ),
    ("jansen", "Jansen Bouw V.O.F.", "NL802469134B03", "Oudegracht 2", "3512 JC", "Utrecht", "NL"),
    (
        "museum",
        "Stichting Museum aan het Spui",
        "NL855512345B01",
        "Spui 14",
        "2511 BS",
        "Den Haag",
        "NL",
    ),
    (
        "linden",
        "Uitgeverij De Linde B.V.",
        "NL860012398B01",
        "Brink 5",
        "7411 BT",
        "Deventer",
        "NL",
    ),
    ("janssens", "Janssens Bouw NV", "BE0400123416", "Veldstraat 1", "9000", "Gent", "BE"),
    ("maes", "Maes Bouw SRL", "BE0400246843", "Nieuwstraat 2", "1000", "Brussel", "BE"),
    (
        "havel",
        "Ateliers du Canal SRL",
        "BE0477472701",
        "Quai au Bois 22",
        "1000",
        "Bruxelles",
        "BE",
    ),
    ("schmidt", "Schmidt Bau AG", "DE801234567", "Bahnhofstraße 1", "20095", "Hamburg", "DE"),
    ("schaefer", "Schäfer Bau KG", "DE802469134", "Lindenallee 2", "80331", "München", "DE"),
    (
        "kultur",
        "Kulturhaus Süd gGmbH",
        "DE811907980",
        "Paul-Lincke-Ufer 8",
        "10999",
        "Berlin",
        "DE",
    ),
    ("harbour", "Harbour & Finch Ltd", "GB123456789", "18 Shad Thames", "SE1 2YE", "London", "GB"),
    ("oakline", "Oakline Outdoor Inc.", "", "410 Main Street", "04101", "Portland", "US"),
    ("fjord", "Fjord Interiør ApS", "DK12345674", "Nyhavn 31", "1051", "København", "DK"),
)
CLIENTS: dict[str, dict[str, str]] = {
    key: {
        "id": f"client-{key}",
        "name": name,
        "vat_number": vat_number,
        "address_line1": street,
        "postcode": postcode,
        "city": city,
        "country": country,
        "email": f"finance@{key}.example",
    }
    for key, name, vat_number, street, postcode, city, country in _CLIENT_ROWS
}
# Who receives the invoices at the client; of the others the PSA does not say.
_PEOPLE = {
    "boer": ("Kees", "de Boer"),
    "jansen": ("Sanne", "Jansen"),
    "museum": ("Fatima", "el Amrani"),
    "linden": ("Joost", "van der Linden"),
    "janssens": ("Lotte", "Janssens"),
    "maes": ("Pieter", "Maes"),
    "havel": ("Chloé", "Dubois"),
    "schmidt": ("Jürgen", "Schmidt"),
    "kultur": ("Aylin", "Demir"),
    "harbour": ("Grace", "Finch"),
}
CONTACTS: dict[str, dict[str, str]] = {
    f"client-{key}": {
        "id": f"person-{key}",
        "first_name": first_name,
        "last_name": last_name,
        "email": f"invoices@{key}.example",
    }
    for key, (first_name, last_name) in _PEOPLE.items()
}
# subsidiary, client, currency, tax rate of ordinary work
_CUSTOMERS = (
    ("nl", "boer", "EUR", "nl21"),
    ("nl", "jansen", "EUR", "nl21"),
    ("be", "janssens", "EUR", "be21"),
    ("nl", "museum", "EUR", "nl21"),
    ("de", "schmidt", "EUR", "de19"),
    ("nl", "harbour", "GBP", "export"),
    ("be", "maes", "EUR", "be21"),
    ("nl", "linden", "EUR", "nl21"),
    ("de", "schaefer", "EUR", "de19"),
    ("nl", "oakline", "USD", "export"),
    ("be", "havel", "EUR", "be21"),
    ("de", "kultur", "EUR", "de19"),
    ("nl", "fjord", "EUR", "nl0"),
)
# service type, what was done, hours or pieces, price of one
_WORK = (
    ("design", "Identity: sketches and two directions", "32", "115.00"),
    ("development", "Website: templates and content model", "46.5", "120.00"),
    ("strategy", "Positioning workshop, one day with the team", "1", "2400.00"),
    ("copywriting", "Texts for the product pages", "14", "95.00"),
    ("hosting", "Hosting and monitoring, one quarter", "3", "89.50"),
    ("training", "Editor training, half a day", "2", "475.00"),
    ("design", "Interface: design system, second phase", "58", "115.00"),
    ("development", "Link to the stock system", "27.25", "120.00"),
    ("strategy", "Campaign plan for the autumn", "18", "145.00"),
)
_SUBJECTS = (
    "Website relaunch",
    "Brand identity",
    "Autumn campaign",
    "Web shop",
    "Annual report",
    "Care and hosting",
)
_PREFIX = {"nl": "2026", "be": "ZUID-2026-", "de": "RE2026"}
# These print something, which some countries tax lower; they credit part of the invoice before.
_PRINTED = {3: "nl9", 7: "nl9", 10: "be6", 16: "nl9", 20: "nl9", 24: "de7"}
_CREDITED = {9: 0, 19: 13, 26: 4, 38: 32}
_WITH_PDF = {0, 1, 7}
_WITHOUT_NUMBER = {36, 37, 39}
COUNT = 40


def invoices() -> list[SourceInvoice]:
    """This function will return the demo's invoices, oldest first."""
    return [read_invoice(data) for data in _documents()]


def _documents() -> Iterator[dict[str, Any]]:
    work = cycle(_WORK)
    numbers = {"nl": 100, "be": 40, "de": 10}
    made: list[dict[str, Any]] = []
    for index in range(COUNT):
        source = made[_CREDITED[index]] if index in _CREDITED else None
        subsidiary, client, currency, rate = _CUSTOMERS[index % len(_CUSTOMERS)]
        if source:
            subsidiary = next(
                key for key, row in SUBSIDIARIES.items() if row == source["subsidiary"]
            )
        numbers[subsidiary] += 1
        day = FIRST_DAY + timedelta(days=2 * index)
        document: dict[str, Any] = {
            "id": f"demo-{index + 1:03}",
            "number": ""
            if index in _WITHOUT_NUMBER
            else f"{_PREFIX[subsidiary]}{numbers[subsidiary]:04}",
            "subject": f"{_SUBJECTS[index % len(_SUBJECTS)]}, {day:%B}",
            "invoice_date": day.isoformat(),
            "due_date": (day + timedelta(days=30)).isoformat(),
            "subsidiary": SUBSIDIARIES[subsidiary],
        }
        if source:
            document |= _credit(source)
        else:
            lines = [_line(next(work), rate, day) for _ in range(index % 3 + 1)]
            if index in _PRINTED:
                lines.append(_printed(_PRINTED[index]))
            document |= {
                "currency": currency,
                "client": CLIENTS[client],
                "reference": f"PO {7100 + 13 * index}" if index % 2 else "",
                "lines": lines,
            }
        document["contact"] = CONTACTS.get(document["client"]["id"])
        if index in _WITH_PDF:
            document["files"] = [demo_files.invoice_pdf(document)]
        made.append(document)
        yield document


def _credit(source: dict[str, Any]) -> dict[str, Any]:
    """A credit note for a quarter of the first line."""
    line = source["lines"][0]
    net = (Decimal(line["net_amount"]) / 4).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {
        "kind": "credit_note",
        "due_date": None,
        "currency": source["currency"],
        "client": source["client"],
        "original_id": source["id"],
        "original_number": source["number"],
        "note": "Credited as agreed by phone.",
        "lines": [
            {
                "description": f"Credited: {line['description']}",
                "net_amount": str(net),
                "tax_rate": line["tax_rate"],
                "service_type": line["service_type"],
            }
        ],
    }


def _line(work: tuple[str, str, str, str], rate: str, day: date) -> dict[str, Any]:
    service_type, description, quantity, price = work
    net = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    line: dict[str, Any] = {
        "description": description,
        "quantity": quantity,
        "unit": "hour" if Decimal(price) < 150 else "piece",
        "unit_price": price,
        "net_amount": str(net),
        "tax_rate": TAX_RATES[rate],
        "service_type": SERVICE_TYPES[service_type],
    }
    if service_type == "hosting":
        first = day.replace(day=1)
        line |= {
            "period_from": first.isoformat(),
            "period_to": (first + timedelta(days=90)).isoformat(),
        }
    return line


def _printed(rate: str) -> dict[str, Any]:
    return {
        "description": "Printed book, 240 copies",
        "quantity": "240",
        "unit": "piece",
        "unit_price": "6.85",
        "net_amount": "1644.00",
        "tax_rate": TAX_RATES[rate],
        "service_type": SERVICE_TYPES["design"],
        # No design work, whatever its service type: the line says so itself.
        "item_code": "PRINT",
    }

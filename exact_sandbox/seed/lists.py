"""Loads the simple lists of a division: cost centers and units, exchange rates, contacts."""

from __future__ import annotations

from exact_sandbox.currencies import CURRENCIES
from exact_sandbox.database import Database
from exact_sandbox.document_types import DOCUMENT_TYPES
from exact_sandbox.seed.division import DivisionLoader

CONTACTS = 12  # the first so many customers have a contact person
_COST_CENTERS = {
    "NL": (("001CC", "Kantoor"), ("DESIGN", "Ontwerp"), ("DEV", "Ontwikkeling")),
    "BE": (("001CC", "Kantoor"), ("DESIGN", "Ontwerp"), ("DEV", "Ontwikkeling")),
    "DE": (("001CC", "Büro"), ("DESIGN", "Gestaltung"), ("DEV", "Entwicklung")),
}
_COST_UNITS = {
    "NL": (("001CU", "Algemeen"), ("PROJECT", "Projecten"), ("SUPPORT", "Onderhoud")),
    "BE": (("001CU", "Algemeen"), ("PROJECT", "Projecten"), ("SUPPORT", "Onderhoud")),
    "DE": (("001CU", "Allgemein"), ("PROJECT", "Projekte"), ("SUPPORT", "Wartung")),
}
_PEOPLE = (
    ("Sanne", "de", "Wit"),
    ("Pieter", None, "Smit"),
    ("Nora", "van", "Dam"),
    ("Thomas", None, "Weber"),
    ("Julie", None, "Martin"),
    ("Lars", None, "Mulder"),
)


def load_document_types(database: Database) -> None:
    """Store the types of documents, the same in each division."""
    for document_type in DOCUMENT_TYPES:
        database.insert(
            "documenttypes",
            {
                "ID": document_type.id,
                "Description": document_type.description,
                "DocumentIsCreatable": document_type.creatable,
                "DocumentIsDeletable": document_type.creatable,
                "DocumentIsUpdatable": document_type.creatable,
                "DocumentIsViewable": document_type.viewable,
                "TypeCategory": document_type.category,
                "Created": database.clock.naive_now(),
                "Modified": database.clock.naive_now(),
            },
        )


def load_lists(loader: DivisionLoader) -> None:
    """Store cost centers, cost units, a rate for each foreign currency and some contacts."""
    country = loader.plan.country
    for code, description in _COST_CENTERS[country]:
        row = {"ID": loader.id("cost-center", code), "Code": code, "Description": description}
        loader.insert("costcenters", {**row, "Active": True})
    for code, description in _COST_UNITS[country]:
        row = {"ID": loader.id("cost-unit", code), "Code": code, "Description": description}
        loader.insert("costunits", row)
    for code, currency in CURRENCIES.items():
        if code != "EUR":
            loader.insert(
                "exchangerates",
                {
                    "ID": loader.id("rate", code),
                    "SourceCurrency": code,
                    "TargetCurrency": "EUR",
                    "Rate": currency.rate,
                    "StartDate": loader.started,
                },
            )
    _contacts(loader)


def _contacts(loader: DivisionLoader) -> None:
    for number in range(1, CONTACTS + 1):
        first, middle, last = _PEOPLE[number % len(_PEOPLE)]
        contact_id = loader.id("contact", number)
        loader.insert(
            "contacts",
            {
                "ID": contact_id,
                "HID": number,
                "Account": loader.id("account", number),
                "FirstName": first,
                "MiddleName": middle,
                "LastName": last,
                "FullName": " ".join(name for name in (first, middle, last) if name),
                "Email": f"{first.lower()}@{loader.plan.country.lower()}-{number}.example",
                "StartDate": loader.started,
            },
        )
        loader.database.execute(
            'UPDATE accounts SET "MainContact" = ? WHERE "ID" = ?',
            [contact_id, loader.id("account", number)],
        )

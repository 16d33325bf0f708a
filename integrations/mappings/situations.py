"""A customer's situation for VAT: at home, in another EU country with a VAT number, or outside the EU.

A pure function of two countries and a VAT number; after it, `precedence` finds the VAT code. Services between businesses
are taxed where the customer is (Directive 2006/112/EC, articles 44 and 196). What this can not know - goods, consumers
with a number, islands outside the VAT territory - a person decides in the copy dialog.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from connector.sentences import sentence

# As VAT numbers begin: Greece writes EL there, and GR in addresses.
EU_COUNTRIES = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
_OTHER_NAMES = {"EL": "GR", "UK": "GB", "MC": "FR"}
# Beginnings of VAT numbers from outside the EU; other letters belong to the number itself ("ATU12345678", "B12345678").
_NUMBERS_ELSEWHERE = frozenset(["CH", "GB", "LI", "NO", "XI"])
_TWO_DIGITS = re.compile(r"\d.*\d")


class Situation(StrEnum):
    """How a customer's place and VAT number decide VAT."""

    DOMESTIC = "domestic"
    REVERSE_CHARGE = "reverse_charge"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Buyer:
    """What is known of the customer where its VAT is decided; `because` says why it is this situation, in words."""

    situation: Situation = Situation.DOMESTIC
    because: str = ""

    @property
    def is_abroad(self) -> bool:
        """Whether VAT is another than at home."""
        return self.situation != Situation.DOMESTIC

    @property
    def name(self) -> str:
        """The situation as people call it."""
        return situation_name(self.situation)


AT_HOME = Buyer()


def situation_name(situation: Situation) -> str:
    """This function will return what people call a situation."""
    match situation:
        case Situation.REVERSE_CHARGE:
            return sentence("EU reverse charge")
        case Situation.EXPORT:
            return sentence("export")
        case Situation.DOMESTIC:
            return sentence("domestic")


def buyer_of(*, home: str, country: str, vat_number: str) -> Buyer:
    """This function will decide the situation of a customer. `home` is the country of the books; codes of two letters.

    Without a country the VAT number's own letters count. In doubt it is "domestic": VAT is charged, and nobody owes it.
    """
    home, country = _normal(home), _normal(country)
    stated = _country_of_number(vat_number)
    place = country or stated
    if not place:
        return Buyer(because=sentence("The client has no country, so it counts as domestic."))
    if place == home:
        return Buyer(
            because=sentence("The client is in %(country)s, as the books are.", country=place)
        )
    if place not in EU_COUNTRIES or home not in EU_COUNTRIES:
        # Seen from outside the EU each other country is abroad.
        because = sentence(
            "The client is in %(country)s, and the books are in %(home)s.", country=place, home=home
        )
        return Buyer(Situation.EXPORT, because)
    if not _TWO_DIGITS.search(vat_number):
        because = sentence(
            "The client is in %(country)s without a VAT number, so it counts as domestic.",
            country=place,
        )
        return Buyer(because=because)
    if stated and (stated == home or stated not in EU_COUNTRIES):
        because = sentence(
            "The client is in %(country)s with a VAT number of %(stated)s, so it counts as domestic.",
            country=place,
            stated=stated,
        )
        return Buyer(because=because)
    because = sentence("The client is in %(country)s and has a VAT number.", country=place)
    return Buyer(Situation.REVERSE_CHARGE, because)


def _normal(country: str) -> str:
    code = country.strip().upper()
    return _OTHER_NAMES.get(code, code)


def _country_of_number(vat_number: str) -> str:
    """The country that a VAT number begins with; empty when it does not say."""
    if not _TWO_DIGITS.search(vat_number):
        return ""
    code = re.sub(r"[^A-Z0-9]", "", vat_number.upper())[:2]
    known = _OTHER_NAMES.get(code, code)
    return known if known in EU_COUNTRIES | _NUMBERS_ELSEWHERE else ""

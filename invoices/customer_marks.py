"""What customers are told apart by - VAT number, Chamber of Commerce number, code, name - and whether two are the same.

Pure: texts in, a likeness out. Whatever is not surely the same in every reading is only `PERHAPS`, which a person decides.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

_FEWEST_DIGITS = 4
# https://ec.europa.eu/taxation_customs/vies/: Greece writes EL, Northern Ireland XI.
_PREFIXES = frozenset(
    re.findall("..", "ATBEBGCHCYCZDEDKEEELESFIFRGBGRHRHUIEITLTLULVMTNLNOPLPTROSESISKUKXI")
)
_COUNTRY_OF = {"EL": "GR", "UK": "GB"}
_PREFIX_OF = {"GR": "EL", "CH": "CHE"}
# Forms that one country only has: they tell the country when it is not written in front.
_TELLING = ((re.compile(r"\d{9}B\d{2}"), "NL"), (re.compile(r"U\d{8}"), "AT"))
# A country's older or longer ways to write a number, and how it is written here.
_SPELLINGS = {
    "BE": (re.compile(r"(\d{9})"), r"0\1"),
    "CH": (re.compile(r"E?(.*?)(?:MWST|TVA|IVA|HR)?"), r"\1"),
    "NO": (re.compile(r"(\d{9})MVA"), r"\1"),
}
_REGISTERS = re.compile(r"^(?:KVK|KBO|BCE)(?:NR|NUMMER)?(?=\d)")
# In Germany each court counts by itself, so that a number without its court is not one company's alone.
_LOCAL_NUMBER = re.compile(r"(?:HRA|HRB|GNR|GSR|PR|VR)?\d+[A-Z]{0,3}")


class Likeness(StrEnum):
    """Whether two marks are one customer's. UNKNOWN: one of the two has none."""

    SAME = "same"
    PERHAPS = "perhaps"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Marks:
    """One customer's marks as they are written: a client of the PSA's or an account of Exact's. `country`: ISO code."""

    name: str = ""
    vat_number: str = ""
    coc_number: str = ""
    code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as read. `country` empty: not known; `is_told`: the number itself tells it, not the address."""

    country: str
    body: str
    is_told: bool = False


# --- VAT numbers ------------------------------------------------------------------------------------------------------


def read_vat_number(text: str, country: str = "") -> Number | None:
    """This function will read a VAT number in any spelling; `country` is its owner's. None for what is no number.

    `NL 8543.21.987.B01`, `nl854321987b01` and, of a Dutch owner, `854321987B01` are the same.
    """
    compact = _compact(text)
    if not _is_number(compact):
        return None
    prefix, rest = compact[:2], compact[2:]
    if prefix in _PREFIXES:
        return _spelled(Number(iso_country(prefix), rest, is_told=True))
    for form, home in _TELLING:
        if form.fullmatch(compact):
            return Number(home, compact, is_told=True)
    return _spelled(Number(iso_country(country), compact))


def write_vat_number(text: str, country: str = "") -> str:
    """This function will write a VAT number as Exact takes it: the country's prefix, no dots and spaces.

    https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=CRMAccounts
    What is no number, or of no known country, stays as it is.
    """
    number = read_vat_number(text, country)
    if number is None or not number.country:
        return text.strip()
    prefix = _PREFIX_OF.get(number.country, number.country)
    if not number.is_told and prefix[:2] not in _PREFIXES:
        return text.strip()
    return f"{prefix}{number.body}"


def iso_country(country: str) -> str:
    """This function will return a country's ISO code; VAT numbers write some countries in another way."""
    code = country.strip().upper()
    return _COUNTRY_OF.get(code, code)


def _spelled(number: Number) -> Number:
    form, written = _SPELLINGS.get(number.country, (None, ""))
    if form is None or not (found := form.fullmatch(number.body)):
        return number
    return Number(number.country, found.expand(written), number.is_told)


# --- Chamber of Commerce numbers --------------------------------------------------------------------------------------


def read_coc_number(text: str, country: str = "") -> Number | None:
    """This function will read a number of a trade register; each country has its own. None for what is no number."""
    compact, home = _compact(text), iso_country(country)
    if not _is_number(compact):
        return None
    compact = _REGISTERS.sub("", compact)
    if home and compact.startswith(home) and compact[len(home) :].isdecimal():
        compact = compact[len(home) :]
    letters, digits = re.match(r"([A-Z]*)0*(.*)", compact).groups()  # type: ignore[union-attr]  # it matches any text
    body = letters + digits
    return Number(home, body, is_told=not (home == "DE" and _LOCAL_NUMBER.fullmatch(body)))


# --- Comparing --------------------------------------------------------------------------------------------------------


def compare_vat(ours: Marks, theirs: Marks) -> Likeness:
    """This function will compare two VAT numbers; two countries' numbers are never the same."""
    return _compare_numbers(
        read_vat_number(ours.vat_number, ours.country),
        read_vat_number(theirs.vat_number, theirs.country),
    )


def compare_coc(ours: Marks, theirs: Marks) -> Likeness:
    """This function will compare two Chamber of Commerce numbers, each read in its owner's country."""
    one = read_coc_number(ours.coc_number, ours.country)
    other = read_coc_number(theirs.coc_number, theirs.country)
    if one is None or other is None:
        return Likeness.UNKNOWN
    if one.body != other.body or (one.country and other.country and one.country != other.country):
        return Likeness.OTHER
    is_sure = one.country and other.country and one.is_told and other.is_told
    return Likeness.SAME if is_sure else Likeness.PERHAPS


def _compare_numbers(one: Number | None, other: Number | None) -> Likeness:
    if one is None or other is None:
        return Likeness.UNKNOWN
    if one.country == other.country and one.body == other.body:
        return Likeness.SAME if one.country else Likeness.PERHAPS
    if one.is_told and other.is_told:
        return Likeness.OTHER
    # An address says little about where a number is from: perhaps the one is of the other's country.
    bodies = {_spelled(Number(other.country, one.body)).body, one.body}
    return (
        Likeness.PERHAPS
        if bodies & {_spelled(Number(one.country, other.body)).body, other.body}
        else Likeness.OTHER
    )


def compare_code(ours: Marks, theirs: Marks) -> Likeness:
    """This function will compare two customer codes; Exact's are padded with spaces to 18 places."""
    one, other = (_folded(marks.code) for marks in (ours, theirs))
    if not one or not other:
        return Likeness.UNKNOWN
    if one == other:
        return Likeness.SAME
    is_close = rough_name(one).lstrip("0") == rough_name(other).lstrip("0") != ""
    return Likeness.PERHAPS if is_close else Likeness.OTHER


def compare_name(ours: Marks, theirs: Marks) -> Likeness:
    """This function will compare two names: the same but for case, spaces and width, or only almost the same."""
    one, other = (_folded(marks.name) for marks in (ours, theirs))
    if not one or not other:
        return Likeness.UNKNOWN
    if one == other:
        return Likeness.SAME
    return Likeness.PERHAPS if rough_name(one) == rough_name(other) != "" else Likeness.OTHER


def may_be_one(ours: Marks, theirs: Marks) -> bool:
    """This function will tell whether any mark may be the same: whoever makes accounts of both looks again in between."""
    return any(
        compare(ours, theirs) in {Likeness.SAME, Likeness.PERHAPS}
        for compare in (compare_vat, compare_coc, compare_code, compare_name)
    )


def is_another(ours: Marks, theirs: Marks) -> bool:
    """This function will tell whether a number that both have is surely different."""
    return any(compare(ours, theirs) == Likeness.OTHER for compare in (compare_vat, compare_coc))


def _folded(text: str) -> str:
    """A text without its case, outer and repeated spaces, invisible letters, and ways to write one letter."""
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    lower = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).lower())
    return " ".join(lower.split())


def rough_name(text: str) -> str:
    """This function will return a name's letters and digits, without accents: names with the same may be the same."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(letter for letter in folded if letter.isalnum())


def _compact(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", unicodedata.normalize("NFKC", text).upper())


def _is_number(compact: str) -> bool:
    """Whether it is more than what people write when they have none: 0, 999999, n/a."""
    digits = re.sub(r"\D", "", compact)
    return len(digits) >= _FEWEST_DIGITS and len(set(digits)) > 1

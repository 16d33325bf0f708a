"""Field types of the neutral invoice: cleaned text, exact decimals, plain dates and links, each with its sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from connector.money import is_currency
from connector.sentences import sentence

MAX_AMOUNT = Decimal(10) ** 12
LONG_TEXT = 20_000
_DECIMAL = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?", re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_URL = re.compile(r"https?://[^\s<>\"']+")
# Letters that turn the reading direction of everything after them: a description must not disguise an amount.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_is_email = EmailValidator(allowlist=[])
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


def refuse(sentence: str) -> PydanticCustomError:
    """This function will make the error that carries a sentence for the person or program that sent the value."""
    return PydanticCustomError("sentence", "{sentence}", {"sentence": sentence})


def clean_text(text: str) -> str:
    """This function will return the text in NFC without control characters; line breaks stay.

    NUL and lone surrogates are among what goes: PostgreSQL cannot store them.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    text = re.sub("\r\n?|[\u2028\u2029\u0085]", "\n", text).replace("\t", " ")
    kept = (c for c in text if c == "\n" or not _is_unwanted(c))
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def clean_line(text: str) -> str:
    """This function will do the same and put everything on one line."""
    return clean_text(text).replace("\n", " ").strip()


def _is_unwanted(character: str) -> bool:
    return character in _BIDI_CONTROLS or unicodedata.category(character) in {"Cc", "Cs"}


def _cleaned_by(clean: Callable[[str], str]) -> BeforeValidator:
    def apply(value: Any) -> Any:
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            # A program that treats long ids as numbers has already changed their last digits.
            raise refuse(sentence("Send this as text, in quotation marks."))
        return value

    return BeforeValidator(apply)


def _decimal(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise refuse(
            sentence(
                "Write the number with a point and no thousands separator, for example 1234.50."
            )
        )
    text = (
        format(value, "f")
        if isinstance(value, Decimal) and value.is_finite()
        else str(value).strip()
    )
    if not _DECIMAL.fullmatch(text):
        raise refuse(
            sentence(
                "“%(text)s” is not a number we can read. Write it with a point and no thousands separator, "
                "for example 1234.50.",
                text=shortened(text),
            )
        )
    return Decimal(text)


def _fits_size(value: Decimal) -> Decimal:
    if abs(value) >= MAX_AMOUNT:
        raise refuse(sentence("The number is too large: at most twelve digits before the point."))
    return value


def _rounded_to_six(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP).normalize()


def _percentage(value: Decimal) -> Decimal:
    if not 0 <= value <= 100 or value != value.quantize(Decimal("0.0001")):
        raise refuse(sentence("A percentage lies between 0 and 100 and has at most four decimals."))
    return value.normalize() if value else Decimal(0)


def _rate(value: Decimal) -> Decimal:
    if value <= 0 or value != value.quantize(Decimal("0.00000001")):
        raise refuse(sentence("An exchange rate is above 0 and has at most eight decimals."))
    return value.normalize()


def _date(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return _in_range(value)
    if isinstance(value, str) and _ISO_DATE.fullmatch(value.strip()):
        try:
            day = date.fromisoformat(value.strip())
        except ValueError:
            raise refuse(
                sentence("%(text)s is not a day of the calendar.", text=value.strip())
            ) from None
        return _in_range(day)
    raise refuse(sentence("Write the date as YYYY-MM-DD, for example 2025-03-31."))


def _in_range(value: date) -> date:
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise refuse(
            sentence(
                "The year must lie between %(first)s and %(last)s.",
                first=_FIRST_YEAR,
                last=_LAST_YEAR,
            )
        )
    return value


def _currency(value: Any) -> Any:
    code = value.strip().upper() if isinstance(value, str) else ""
    if not is_currency(code):
        raise refuse(
            sentence(
                "“%(value)s” is not an ISO 4217 currency code such as EUR, USD or GBP.",
                value=shortened(str(value)),
            )
        )
    return code


def _country(value: Any) -> Any:
    code = value.strip().upper() if isinstance(value, str) else value
    if code and (not isinstance(code, str) or not re.fullmatch("[A-Z]{2}", code)):
        raise refuse(
            sentence(
                "“%(value)s” is not a two-letter country code such as NL, BE or DE.",
                value=shortened(str(value)),
            )
        )
    return code


def _link(value: str) -> str:
    # The page shows it as a link; anything but http(s) could run a program in the reader's browser.
    if value and not _URL.fullmatch(value):
        raise refuse(sentence("A link starts with https:// or http:// and holds no spaces."))
    return value


def _email_address(value: str) -> str:
    if value:
        try:
            _is_email(value)
        except ValidationError:
            raise refuse(
                sentence(
                    "“%(value)s” is not an e-mail address such as name@example.com.",
                    value=shortened(value),
                )
            ) from None
    return value


def shortened(text: str) -> str:
    """This function will return the start of a value for use in a sentence."""
    text = clean_line(text)
    return text if len(text) <= 40 else f"{text[:39]}…"


_NUMBER = (BeforeValidator(_decimal), AfterValidator(_fits_size))

Id = Annotated[str, StringConstraints(min_length=1, max_length=120), _cleaned_by(clean_line)]
OptionalId = Annotated[str, StringConstraints(max_length=120), _cleaned_by(clean_line)]
Name = Annotated[str, StringConstraints(max_length=200), _cleaned_by(clean_line)]
Line10 = Annotated[str, StringConstraints(max_length=10), _cleaned_by(clean_line)]
Line20 = Annotated[str, StringConstraints(max_length=20), _cleaned_by(clean_line)]
Line30 = Annotated[str, StringConstraints(max_length=30), _cleaned_by(clean_line)]
Line40 = Annotated[str, StringConstraints(max_length=40), _cleaned_by(clean_line)]
Line60 = Annotated[str, StringConstraints(max_length=60), _cleaned_by(clean_line)]
Line50 = Annotated[str, StringConstraints(max_length=50), _cleaned_by(clean_line)]
Line100 = Annotated[str, StringConstraints(max_length=100), _cleaned_by(clean_line)]
Line120 = Annotated[str, StringConstraints(max_length=120), _cleaned_by(clean_line)]
Line400 = Annotated[str, StringConstraints(max_length=400), _cleaned_by(clean_line)]
Email = Annotated[str, StringConstraints(max_length=254), _cleaned_by(clean_line)]
EmailAddress = Annotated[
    str,
    StringConstraints(max_length=254),
    _cleaned_by(clean_line),
    AfterValidator(_email_address),
]
LongText = Annotated[str, StringConstraints(max_length=LONG_TEXT), _cleaned_by(clean_text)]
Link = Annotated[
    str, StringConstraints(max_length=500), _cleaned_by(clean_line), AfterValidator(_link)
]
Amount = Annotated[Decimal, *_NUMBER]
SixDecimals = Annotated[Decimal, *_NUMBER, AfterValidator(_rounded_to_six)]
Percentage = Annotated[Decimal, *_NUMBER, AfterValidator(_percentage)]
ExchangeRate = Annotated[Decimal, *_NUMBER, AfterValidator(_rate)]
Day = Annotated[date, BeforeValidator(_date)]
CurrencyCode = Annotated[
    str,
    BeforeValidator(_currency),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$", "example": "EUR"}),
]
CountryCode = Annotated[
    str,
    BeforeValidator(_country),
    WithJsonSchema({"type": "string", "pattern": "^([A-Z]{2})?$", "example": "NL"}),
]

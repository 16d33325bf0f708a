"""Sentences that are kept: written once by code, read by each person in their own language.

`sentence()` takes the English text and its values, as `gettext` does with `%`. What it gives is a text in the language that is
active, so it can be shown, compared and logged like any other; a `SentenceField` keeps the English text and the values
instead of the words, and makes the words anew when it is read. Rows that hold plain words are read as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise

from connector.money import format_money, format_percent

if TYPE_CHECKING:
    _TextField = models.TextField[str | Promise, str]
else:  # generic in the stubs only
    _TextField = models.TextField

# What a kept sentence begins with in the database; nobody types it, and plain words that begin so lose it.
_MARK = "\x1e"


class Money(NamedTuple):
    """An amount within a sentence, written as the reader's language writes it."""

    amount: Decimal
    currency: str


class Percent(NamedTuple):
    """A percentage within a sentence (21 for 21 %), written as the reader's language writes it."""

    percentage: Decimal


Words = str | Promise
# Lazy texts (the labels of choices) count as sentences of their own.
Value = str | int | Decimal | date | Money | Percent | Promise


class Sentence(str):
    """A text in the language that was active when it was made or read, and what it was made of."""

    said: dict[str, Any]


def sentence(message: str, /, **values: Value) -> Sentence:
    """This function will say an English text in the active language: ``sentence("Copied by %(name)s.", name=name)``.

    Values are words, whole numbers, decimals, days, times (UTC), `Money`, `Percent` and other sentences.
    """
    return _make({"say": message, "with": _pack_all(values)})


def counted_sentence(one: str, many: str, /, *, n: int, **values: Value) -> Sentence:
    """This function will say the text for one or for many, by ``n``: "%(n)s row" and "%(n)s rows"."""
    return _make({"say": one, "many": many, "with": _pack_all({"n": n, **values})})


def together(*parts: Words | Percent, by: str = " ") -> Sentence:
    """This function will put whole sentences, or the entries of a list, after each other; empty ones are left out."""
    return _make({"all": [_pack(part) for part in parts if part], "by": by})


def joined_by_and(parts: Sequence[Words]) -> Sentence:
    """This function will name things after each other within a sentence: "the one and the other"."""
    joined = together(*parts[:1])
    for part in parts[1:]:
        joined = sentence("%(one)s and %(other)s", one=joined, other=part)
    return joined


def beginning(text: Words) -> Sentence:
    """This function will say a text with a capital letter, for the beginning of a sentence."""
    return _make({"first": _pack(text)})


def english(text: Words) -> str:
    """This function will return a text as it is in English, for comparing: words do not depend on who reads."""
    with translation.override("en"):
        return str.__str__(str(told(text)))


def told(value: Any) -> Any:
    """This function will say a sentence again in the language that is active now; anything else stays as it is."""
    return _make(value.said) if isinstance(value, Sentence) else value


def pack(text: str) -> str:
    """This function will return what is stored of a text, for places that are no `SentenceField`, as within JSON."""
    if isinstance(text, Sentence):
        return _MARK + json.dumps(text.said, ensure_ascii=False, separators=(",", ":"))
    return text.lstrip(_MARK)


def is_packed(stored: str) -> bool:
    """This function will tell whether this is what `pack` makes of a sentence, and no plain words."""
    return stored.startswith(_MARK)


def unpack(stored: str) -> str:
    """This function will return the text in the active language, from what was stored of it."""
    if not is_packed(stored):
        return stored
    try:
        return _make(json.loads(stored[len(_MARK) :]))
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
        # Cut by a release that did not know sentences and ran beside this one: no page or lane fails for one row.
        return stored[len(_MARK) :]


class SentenceField(_TextField):
    """A column with a sentence that each reader sees in their language; plain words are cut at ``longest`` characters."""

    def __init__(self, *args: Any, longest: int = 600, **options: Any) -> None:
        super().__init__(*args, **options)
        self.longest = longest

    def deconstruct(self) -> Any:
        """This function will describe the column to migrations."""
        name, path, arguments, options = super().deconstruct()
        return name, path, arguments, {**options, "longest": self.longest}

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        """This function will make the words in the language of whoever reads."""
        return None if value is None else unpack(value)

    def get_prep_value(self, value: Any) -> Any:
        """This function will keep the English text and the values, not the words."""
        if isinstance(value, Promise):
            value = _make(_pack(value))
        value = super().get_prep_value(value)
        if isinstance(value, Sentence):
            return pack(value)
        return pack(value)[: self.longest] if isinstance(value, str) else value


def _make(said: dict[str, Any]) -> Sentence:
    made = Sentence(_say(said))
    made.said = said
    return made


def _say(said: Mapping[str, Any]) -> str:
    if "first" in said:
        text = _show(said["first"])
        return text[:1].upper() + text[1:]
    if "all" in said:
        return str(said["by"]).join(_show(part) for part in said["all"])
    message, values = said["say"], {name: _show(value) for name, value in said["with"].items()}
    if "many" in said:
        count = said["with"]["n"]
        text = translation.ngettext(message, said["many"], count)
        source = message if count == 1 else said["many"]
    else:
        text, source = translation.gettext(message) if message else "", message
    return _fill(text, values) or _fill(source, values) or source


def _fill(text: str, values: Mapping[str, str]) -> str:
    if not values:
        return text
    try:
        return text % values
    except (KeyError, TypeError, ValueError):
        # A translation with a wrong name in it must not hide what happened.
        return ""


def _pack_all(values: Mapping[str, Value]) -> dict[str, Any]:
    return {name: _pack(value) for name, value in values.items()}


def _pack(value: Value) -> Any:
    match value:
        case Sentence():
            return value.said
        case Money():
            return {"money": [f"{value.amount:f}", value.currency]}
        case Percent():
            return {"percent": f"{value.percentage:f}"}
        case Decimal():
            return {"decimal": f"{value:f}"}
        case datetime():
            return {"time": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case int():
            return int(value)
        case Promise():
            # English is what texts are written in, so in English a text is its own source.
            with translation.override("en"):
                return {"say": str(value), "with": {}}
        case _:
            return str(value)


def _show(value: Any) -> str:
    match value:
        case {"money": [amount, currency]}:
            return format_money(Decimal(amount), currency)
        case {"percent": number}:
            return format_percent(Decimal(number))
        case {"decimal": number}:
            return number_format(Decimal(number))
        case {"time": moment}:
            at = datetime.fromisoformat(moment)
            return date_format(timezone.localtime(at), "DATETIME_FORMAT")
        case {"day": day}:
            return date_format(date.fromisoformat(day), "DATE_FORMAT")
        case dict():
            return _say(value)
        case _:
            return str(value)

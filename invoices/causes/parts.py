"""One reason why invoices stand still: what kind of gap or refusal, and what it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from connector.sentences import english, is_packed, unpack
from integrations.exact.phrases.parts import Where

# In each language that a sentence may be told in.
_OF_A_LINE = re.compile(r"\b(?:Line|Regel|Zeile|Ligne) \d+(?:\s*:\s*|\s+)")


class About(StrEnum):
    """What a cause is about. NOTHING: its code says it all. SAID: the name is the whole sentence, as it was told."""

    NOTHING = ""
    SAID = "said"
    TAX_RATE = "tax_rate"
    SERVICE_TYPE = "service_type"
    NO_SERVICE_TYPE = "no_service_type"
    DEFAULT = "default"
    BY_HAND = "by_hand"
    LEDGER = "ledger"
    ITEM = "item"
    VAT_CODE = "vat_code"
    JOURNAL = "journal"
    CONDITION = "condition"
    COST = "cost"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause in values that can be stored, so that it reads the same before and after a copy.

    `subject_id` is our id of what it is about where that is a row of ours, else 0; `name` is what people call it.
    `where` is the place where it is mended.
    """

    code: str
    about: str = About.NOTHING
    subject_id: int = 0
    name: str = ""
    where: Where = ""
    # What was SAID, or a name that is a number, for its reader's language (`sentences.pack`); the name holds it in English.
    said: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """What two invoices with the same cause have in common; stable, also when the subject is renamed."""
        subject = str(self.subject_id) if self.subject_id else self.name
        return ":".join((self.code, self.about, subject, self.where))

    def to_json(self) -> list[Any]:
        """This function will return the cause in values that JSON has."""
        # What was said takes the place of its English name: five values are what releases before this one read as well.
        told = self.said if is_packed(self.said) else self.name
        return [self.code, str(self.about), self.subject_id, told, self.where]

    @classmethod
    def from_json(cls, stored: Sequence[Any]) -> Self:
        """This function will read what `to_json` wrote."""
        code, about, subject_id, name, where, *_ = stored
        if not is_packed(name):
            return cls(code, about, subject_id, name, where)
        return cls(code, about, subject_id, of_any_line(english(unpack(name))), where, name)


def distinct(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """This function will name each cause once, in the order in which they came."""
    return tuple({cause.key: cause for cause in causes}.values())


def of_any_line(sentence: str) -> str:
    """This function will leave out which line a sentence is about: that does not tell two invoices apart."""
    text = _OF_A_LINE.sub("", sentence).strip()
    return text[:1].upper() + text[1:]

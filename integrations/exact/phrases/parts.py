"""What an explanation consists of, and the words by which Exact says that something is missing, unknown, blocked or wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Where = Literal[
    "",  # nowhere in particular
    "connection_settings",  # here: journal, payment condition, default item, way of sending, log-in
    "mapping",  # here: what a service type is booked on or sold as
    "tax_categories",  # here: the VAT code of a tax rate
    "psa",  # the invoice and its customer, where they were made
    "exact_customer",  # in Exact: the account and its contacts
    "exact_settings",  # in Exact: periods, journals, currencies, license
    "exact_user",  # in Exact: what the user behind the connection may do
]
Kind = Literal["missing", "unknown", "blocked", "invalid"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """``code`` is stable and for programs; ``sentence`` says what is wrong and ``what_to_do`` what helps.

    ``where`` names the place of the mending, so that a page can link to it. ``message`` and ``advice`` are both sentences
    before the ``values`` are filled in ("%(name)s"), for who says them in another language.
    """

    code: str
    message: str
    advice: str
    where: Where = ""
    values: tuple[tuple[str, str], ...] = ()

    @property
    def sentence(self) -> str:
        """What is wrong."""
        return self.message % dict(self.values) if self.values else self.message

    @property
    def what_to_do(self) -> str:
        """What helps."""
        return self.advice % dict(self.values) if self.values else self.advice

    @property
    def text(self) -> str:
        """Both sentences, for a place with room for one text."""
        return f"{self.sentence} {self.what_to_do}"


@dataclass(frozen=True, slots=True)
class Subject:
    """Something Exact's messages name, in any language, with what it is called here and what to do when it fails.

    ``unknown`` and ``blocked`` are empty where ``invalid`` says it all.
    """

    code: str
    words: re.Pattern[str]
    missing: str
    invalid: str
    what_to_do: str
    where: Where = ""
    unknown: str = ""
    blocked: str = ""

    def explain(self, kind: Kind) -> Explanation:
        """Return the explanation of one way to fail; its code ends in the kind, as in ``journal_missing``."""
        sentences: dict[Kind, str] = {
            "missing": self.missing,
            "unknown": self.unknown,
            "blocked": self.blocked,
            "invalid": self.invalid,
        }
        told: Kind = kind if sentences[kind] else "invalid"
        return Explanation(f"{self.code}_{told}", sentences[told], self.what_to_do, self.where)

    def explanations(self) -> Iterator[Explanation]:
        """Yield every explanation of this subject."""
        for kind, _ in KINDS:
            yield self.explain(kind)


def words(*alternatives: str) -> re.Pattern[str]:
    """Return a pattern for any of the alternatives, in capitals or not."""
    return re.compile("|".join(alternatives), re.IGNORECASE)


def _said(*verbs: str) -> re.Pattern[str]:
    return words(rf"^\s*({'|'.join(verbs)})\s*:?\s*(?P<subject>.*)$")


# The first that fits counts: "Invalid reference" stands before "Invalid".
KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("missing", _said("verplicht", "mandatory", "pflichtfeld", "erforderlich", "obligatoire")),
    (
        "unknown",
        _said(
            r"ongeldige referentie", r"invalid reference", r"ung[üu]ltige referenz", r"ung[üu]ltiger verweis",
            r"r[ée]f[ée]rence (non val(id|abl)e|incorrecte|invalide)",
            r"niet gevonden", r"not found", r"nicht gefunden", r"non trouv[ée]e?", r"introuvable",
        ),
    ),
    ("blocked", _said(r"geblokkeerd", r"blocked", r"gesperrt", r"bloqu[ée]e?")),
    ("invalid", _said(r"ongeldig", r"invalid", r"ung[üu]ltig", r"non val(id|abl)e", r"incorrecte?", r"invalide")),
)  # fmt: skip

"""Decimal comma or decimal point: declared once per file, or told from the numbers where they leave no doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from connector.sentences import sentence


class DecimalMark(StrEnum):
    """How the file writes decimals."""

    COMMA = "comma"
    POINT = "point"


class AmbiguousNumbers(ValueError):
    """The numbers of the file do not tell which mark is the decimal one; the message says what to do."""


_PLAIN = {
    DecimalMark.COMMA: re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?", re.ASCII),
    DecimalMark.POINT: re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?", re.ASCII),
}
_OTHER = {DecimalMark.COMMA: ".", DecimalMark.POINT: ","}
_OWN = {DecimalMark.COMMA: ",", DecimalMark.POINT: "."}
# 1.234 or 1,234: a thousand or one and a bit.
_EITHER = re.compile(r"[+-]?\d{1,3}[.,]\d{3}", re.ASCII)


def detect(texts: Iterable[str]) -> DecimalMark:
    """This function will return the mark that all the numbers agree on, or raise AmbiguousNumbers."""
    votes: dict[DecimalMark, str] = {}
    unclear = ""
    for text in texts:
        if "," not in text and "." not in text:
            continue
        if _EITHER.fullmatch(text):
            unclear = unclear or text
            continue
        for mark in DecimalMark:
            if _PLAIN[mark].fullmatch(text) and not _PLAIN[_opposite(mark)].fullmatch(text):
                votes.setdefault(mark, text)
    if len(votes) > 1:
        raise AmbiguousNumbers(
            sentence(
                "Some numbers use a comma for decimals (%(comma)s), others a point (%(point)s). Write all of them "
                "the same way, or say which one counts.",
                comma=votes[DecimalMark.COMMA],
                point=votes[DecimalMark.POINT],
            )
        )
    if votes:
        return next(iter(votes))
    if unclear:
        raise AmbiguousNumbers(
            sentence(
                "“%(number)s” can be read in two ways. Say whether this file uses a decimal comma or a decimal point.",
                number=unclear,
            )
        )
    return DecimalMark.POINT


def normalize(text: str, mark: DecimalMark) -> str | None:
    """This function will return the number with a point and without thousands separators, or None if it is none."""
    if not _PLAIN[mark].fullmatch(text):
        return None
    return text.replace(_OTHER[mark], "").replace(_OWN[mark], ".")


def _opposite(mark: DecimalMark) -> DecimalMark:
    return DecimalMark.POINT if mark is DecimalMark.COMMA else DecimalMark.COMMA

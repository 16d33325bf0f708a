"""Texts as Exact takes them: cleaned, on one line, cut with nothing lost, and with the mark by which we recognize them."""

from __future__ import annotations

import re
import unicodedata

DESCRIPTION_LENGTH = 60
YOUR_REF_LENGTH = 30
_ELLIPSIS = "…"

_MARK = re.compile(r"\[([2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4})\]")
_LINE_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")


def clean(text: str) -> str:
    """This function will normalize text (NFC) and drop control characters and lone surrogates, except line breaks."""
    text = unicodedata.normalize("NFC", _LINE_BREAKS.sub("\n", text)).replace("\t", " ")
    return "".join(
        letter
        for letter in text
        if letter == "\n" or unicodedata.category(letter) not in {"Cc", "Cs"}
    ).strip()


def one_line(text: str) -> str:
    """This function will clean the text and put it on one line."""
    return " ".join(clean(text).split())


def length_of(text: str) -> int:
    """This function will return how long the text is to Exact, which counts an emoji as two."""
    return len(text.encode("utf-16-le")) // 2


def shorten(text: str, length: int) -> str:
    """This function will cut the text to the length, with an ellipsis when something is lost."""
    return text if length_of(text) <= length else _cut(text, length - 1).rstrip() + _ELLIPSIS


def _cut(text: str, length: int) -> str:
    return text.encode("utf-16-le")[: 2 * length].decode("utf-16-le", errors="ignore")


def split_text(description: str, notes: str) -> tuple[str, str]:
    """This function will return a line's description as Exact takes it and its notes, which hold what did not fit."""
    whole, extra = clean(description), clean(notes)
    flat = " ".join(whole.split())
    if length_of(flat) <= DESCRIPTION_LENGTH and "\n" not in whole:
        return flat, extra
    return shorten(flat, DESCRIPTION_LENGTH), "\n\n".join(part for part in (whole, extra) if part)


def marked(text: str, marker: str) -> str:
    """This function will return a description that ends with the marker, cut so that the marker always fits."""
    mark = f"[{marker}]"
    room = DESCRIPTION_LENGTH - len(mark) - 1
    return f"{shorten(one_line(text), room)} {mark}".strip()


def mark_of(description: str) -> str:
    """This function will return the marker at the end of a description, whichever copy it is of; empty without one.

    Before it may stand what looks like one: a subject that begins with a ticket's name in brackets.
    """
    marks = _MARK.findall(description)
    return str(marks[-1]) if marks else ""


def reference(text: str) -> str:
    """This function will return a reference as Exact keeps it: on one line, 30 characters."""
    return _cut(one_line(text), YOUR_REF_LENGTH).strip()

"""What a program may say about the page it wants: how long it is, and since when."""

from __future__ import annotations

from datetime import datetime

from django.utils.dateparse import parse_datetime
from rest_framework.request import Request

from integrations.psa.source import BadInput, Problem

MAX_PAGE = 200


def read_limit(request: Request) -> int:
    """This function will return how many rows a page has; raises BadInput for what is no such number."""
    text = request.query_params.get("limit", "50")
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= MAX_PAGE:
        raise BadInput([Problem("limit", f"The limit lies between 1 and {MAX_PAGE}.")])
    return int(text)


def read_since(request: Request, name: str) -> datetime | None:
    """This function will return the time of a parameter, None when it was left out; raises BadInput for no time with a zone."""
    text = request.query_params.get(name)
    if not text:
        return None
    # An unescaped + of a time zone arrives as a space.
    since = parse_time(text.replace(" ", "+"))
    if since is None:
        sentence = "Write the time with its zone, for example 2026-01-31T12:00:00Z."
        raise BadInput([Problem(name, sentence)])
    return since


def not_our_cursor() -> BadInput:
    """This function will return the refusal of a cursor that was not made here."""
    sentence = "Take the cursor from the address in `next`; this one is not ours."
    return BadInput([Problem("cursor", sentence)])


def parse_time(text: str) -> datetime | None:
    """This function will read a time with its zone; None for anything else."""
    try:
        value = parse_datetime(text)
    except ValueError:
        return None
    return value if value and value.tzinfo else None

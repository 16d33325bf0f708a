"""Rough keys by which customers that may be the same are found with an index; `customer_marks.py` then decides exactly.

They are columns that PostgreSQL generates, not indexes on expressions: under row-level security an index is used only for
leakproof operators, which plain equality is and `regexp_replace` is not.
"""

from __future__ import annotations

from django.db.models import Expression, F, Func, TextField, Value
from django.db.models.functions import Collate

# Unicode's full case folding, whatever the database's own locale (PostgreSQL 18).
_UNICODE = "pg_unicode_fast"


def number_key(column: str | Expression) -> Func:
    """This function will return the digits of a number, without the zeros in front: no spelling of it changes them."""
    return _without_zeros(_replace(_normalized(column, "NFKC"), "[^0-9]"))


def name_key(column: str | Expression) -> Func:
    """This function will return a name's letters and digits without case, accents, spaces and punctuation."""
    folded = Func(
        Collate(_normalized(column, "NFKD"), _UNICODE),
        function="CASEFOLD",
        output_field=TextField(),
    )
    return _replace(folded, "[^[:alnum:]]")


def code_key(column: str | Expression) -> Func:
    """This function will return a code as `name_key` does, without the zeros in front."""
    return _without_zeros(name_key(column))


def _normalized(column: str | Expression, form: str) -> Func:
    return Func(
        F(column) if isinstance(column, str) else column,
        template=f"NORMALIZE(%(expressions)s, {form})",
        output_field=TextField(),
    )


def _replace(text: Expression, pattern: str) -> Func:
    return Func(
        text,
        Value(pattern),
        Value(""),
        Value("g"),
        function="REGEXP_REPLACE",
        output_field=TextField(),
    )


def _without_zeros(text: Expression) -> Func:
    return Func(text, Value("0"), function="LTRIM", output_field=TextField())

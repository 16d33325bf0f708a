"""The filter parser and its SQL against plain Python, by tables and by random filters."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from exact_sandbox.errors import BadRequest
from exact_sandbox.odata.filter import parse_filter, parse_literal
from exact_sandbox.odata.functions import add_functions
from exact_sandbox.odata.sql import condition
from exact_sandbox.odata.tree import (
    Call,
    Comparison,
    Literal,
    Logical,
    Name,
    Negation,
    Node,
)
from exact_sandbox.values import to_store

TYPES = {
    "Text": "String",
    "Number": "Int32",
    "Amount": "Double",
    "Big": "Int64",
    "Flag": "Boolean",
    "Day": "DateTime",
    "ID": "Guid",
}
GUID = "6f3d2c8e-6f0a-4b52-9d0c-2b1f0a7f5e11"
ROW: dict[str, Any] = {
    "Text": "  O'Neill & Zn",
    "Number": 7,
    "Amount": Decimal("12.34"),
    "Big": 2**40,
    "Flag": True,
    "Day": datetime.fromisoformat("2026-02-28T13:05:00"),
    "ID": GUID,
}
EMPTY: dict[str, Any] = dict.fromkeys(TYPES)


def column_of(name: str, position: int) -> tuple[str, str]:
    if name not in TYPES:
        raise BadRequest(f"No property '{name}'.")
    return f't."{name}"', TYPES[name]


def holds(text: str, row: dict[str, Any]) -> bool:
    """Evaluate a filter on one row the way the sandbox does: in SQLite."""
    piece = condition(parse_filter(text), column_of)
    values = ", ".join(f'? AS "{name}"' for name in TYPES)
    connection = sqlite3.connect(":memory:")
    add_functions(connection)
    try:
        found = connection.execute(
            f"SELECT 1 FROM (SELECT {values}) t WHERE {piece.sql}",  # noqa: S608 - a test's own names
            [to_store(TYPES[name], row[name]) for name in TYPES] + list(piece.parameters),
        ).fetchall()
    finally:
        connection.close()
    return bool(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Number eq 7", True),
        ("Number ne 7", False),
        ("Number gt 6 and Number lt 8", True),
        ("Number ge 7L", True),
        ("Number eq 1 or Number eq 7", True),
        ("Number eq 7 or Number eq 1 and Number eq 2", True),
        ("(Number eq 7 or Number eq 1) and Number eq 2", False),
        ("not (Number eq 7)", False),
        ("not Flag", False),
        ("Flag", True),
        ("Flag eq true", True),
        ("Amount eq 12.34", True),
        ("Amount gt 12", True),
        ("Amount le 12.34M", True),
        ("Number lt 7.5", True),
        ("Number gt Amount", False),
        ("Big gt 1099511627775L", True),
        (f"ID eq guid'{GUID}'", True),
        (f"ID eq guid'{GUID.upper()}'", True),
        ("Day ge datetime'2026-02-28'", True),
        ("Day lt datetime'2026-02-28T13:05:00'", False),
        ("Day eq datetime'2026-02-28T13:05:00.000'", True),
        ("year(Day) eq 2026 and month(Day) eq 2 and day(Day) eq 28", True),
        ("Text eq '  O''Neill & Zn'", True),
        ("Text eq 'O''Neill & Zn'", False),
        ("trim(Text) eq 'O''Neill & Zn'", True),
        ("tolower(trim(Text)) eq 'o''neill & zn'", True),
        ("toupper(Text) eq '  O''NEILL & ZN'", True),
        ("substringof('neill',Text) eq true", True),
        ("substringof('NEILL', Text)", True),
        ("substringof('x',Text) eq false", True),
        ("startswith(Text,'  O')", True),
        ("startswith(trim(Text),'O') eq true", True),
        ("endswith(Text,'Zn')", True),
        ("endswith(Text,'O')", False),
        ("length(Text) eq 14", True),
        ("indexof(Text,'O') eq 2", True),
        ("concat(trim(Text),'!') eq 'O''Neill & Zn!'", True),
        ("Text ne null", True),
        ("Text eq null", False),
        ("  Number   eq  7  ", True),
        ("(" * 100 + "Flag" + ")" * 100, True),
        ("not not Flag", True),
        ("not Flag eq false", True),
        ("(Number eq 7) eq true", True),
        ("(Number eq 8) ne true", True),
        ("Number eq 7 eq true", True),
        ("Number add 1 eq 8", True),
        ("Number sub 10 eq -3", True),
        ("Number mul 2 add 1 eq 15", True),
        ("Number add 1 mul 2 eq 9", True),
        ("(Number add 1) mul 2 eq 16", True),
        ("Number div 2 eq 3", True),
        ("Number mod 4 eq 3", True),
        ("-Number eq -7", True),
        ("-(Number add 1) lt 0", True),
        ("- Number eq -7", True),
        ("Number div 0 eq 1", False),
        ("Amount add 1 eq 13.34", True),
        ("Amount add Amount eq 24.68", True),
        ("Amount mul 2 eq 24.68", True),
        ("Amount mul 0.5 eq 6.17d", True),
        ("Amount div 2 eq 6.17", True),
        ("Amount div 0.5 eq 24.68f", True),
        ("Amount mod 5 eq 2.34", True),
        ("Number div 0.5 eq 14", True),
        ("Number mul Amount gt 86.37 and Number mul Amount lt 86.39", True),
        ("round(Amount) eq 12", True),
        ("round(12.5) eq 13", True),
        ("round(-12.5) eq -13", True),
        ("floor(Amount) eq 12", True),
        ("floor(-Amount) eq -13", True),
        ("ceiling(Amount) eq 13", True),
        ("ceiling(-Amount) eq -12", True),
        ("ceiling(Number) eq 7", True),
        ("Amount eq 12.3400001", False),
        ("Amount lt 1e300", True),
        ("Number lt 2147483648", True),
        ("hour(Day) eq 13 and minute(Day) eq 5 and second(Day) eq 0", True),
        ("Day eq datetime'2026-02-28T13:05'", True),
        ("Day eq datetime'2026-02-28T13:05:00Z'", True),
        ("Day eq datetime'2026-02-28T14:05:00+01:00'", True),
        ("Day lt datetime'2026-02-28T13:05:00.1234567'", True),
        (f"ID eq guid'{GUID.replace('-', '')}'", True),
        ("replace(Text,'Neill','X') eq '  O''X & Zn'", True),
        ("substring(Text,2) eq 'O''Neill & Zn'", True),
        ("substring(Text,2,1) eq 'O'", True),
        ("substring(Text,-5,0) eq ''", True),
        ("startswith(Text, null)", False),
        ("null eq null", True),
        ("Text gt null", False),
        ("'x' eq 'X'", True),
        ("substringof('É', 'société') eq true", True),
        ("tolower('ÉÉN') eq 'één'", True),
        ("toupper('straat') eq 'STRAAT'", True),
    ],
)
def test_a_filter_finds_the_row(text, expected):
    assert holds(text, ROW) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Text eq null", True),
        ("Text ne 'x'", True),
        ("not (Text eq 'x')", True),
        ("Number gt 1", False),
        ("not (Number gt 1)", True),
        ("substringof('a',Text)", False),
    ],
)
def test_null_behaves_as_in_net(text, expected):
    assert holds(text, EMPTY) is expected


@pytest.mark.parametrize(
    "text",
    [
        "Number",
        "Number eq",
        "eq 7",
        "Number eq 7 and",
        "Number = 7",
        "(Number eq 7",
        "Number eq 7)",
        "Text eq 'open",
        "ID eq guid '6f3d2c8e-6f0a-4b52-9d0c-2b1f0a7f5e11'",
        "ID eq guid'no'",
        "ID eq 'x'",
        "Text eq 7",
        "Number eq '7'",
        "Day eq datetime'2026-13-01'",
        "Day eq datetime'yesterday'",
        "Day eq '2026-01-01'",
        "Flag eq 1",
        "Unknown eq 1",
        "unknown(Text) eq 1",
        "startswith(Text)",
        "startswith(Number,'7')",
        "Number eq 7;",
        "Number eq 99999999999999999999",
        "",
        "not " * 100 + "Flag",
        "-" * 100 + "Number eq 1",
        "trim(" * 100 + "Text" + ")" * 100 + " eq 'x'",
        "floor(" * 19 + "Amount" + ")" * 19 + " eq 1",
        "Text eq '" + "x" * 70_000 + "'",
        "Text add 1 eq 2",
        "-Text eq 1",
        "not Text eq 'x'",
        "Flag gt false",
        "Flag and Number",
        "Flag or not Number",
        "null",
        "Text/Length eq 3",
        "Number/",
        "isof('Edm.String')",
        "cast(Number, 'Edm.String') eq '7'",
        "year(Text) eq 1",
        "round(Text) eq 1",
        "substring(Text) eq 'x'",
        "substring(Text,'1') eq 'x'",
        "Day eq datetimeoffset'2026-01-01T00:00:00Z'",
        "Day eq time'PT1H'",
        "Text eq X'zz'",
        "Number eq 7L7",
        "Number eq 1.5L",
        "Number eq .5",
        "Number eq 1e99999999999999999999",
        "Number eq 7,",
        "Number eq (7,8)",
        "()",
        "Number (7)",
        "Number eq 7 Number eq 8",
        "NUMBER eq 7",
        "Number EQ 7",
    ],
)
def test_what_cannot_be_read_is_a_bad_request(text):
    with pytest.raises(BadRequest):
        holds(text, ROW)


def test_a_literal_stands_alone():
    assert parse_literal(f"guid'{GUID}'") == Literal("Guid", GUID)
    assert parse_literal("1000001") == Literal("Int32", 1000001)
    with pytest.raises(BadRequest):
        parse_literal("Name")


@pytest.mark.parametrize("terms", [60, 3_000])
def test_a_long_or_list_is_read(terms):
    text = " or ".join(f"Number eq {number}" for number in range(terms))

    assert isinstance(parse_filter(text), Logical)
    assert holds(text, ROW)
    assert not holds(text.replace("Number eq 7 ", "Number eq 0 "), ROW)


def test_an_or_list_with_a_bracket_for_each_term_is_read():
    terms = [f"(Number eq {number})" for number in range(400)]
    text = "(" * 399 + terms[0] + "".join(f" or {term})" for term in terms[1:])

    assert holds(text, ROW)
    assert not holds(text.replace("(Number eq 7)", "(Number eq 0)"), ROW)


def test_a_guid_with_a_space_is_read_where_that_is_allowed():
    text = f"Text ne 'guid ' and ID eq guid '{GUID}'"

    assert isinstance(parse_filter(text, spaced_guid=True), Logical)
    assert parse_filter("Text eq 'my guid '", spaced_guid=True) == parse_filter(
        "Text eq 'my guid '"
    )
    with pytest.raises(BadRequest):
        parse_filter(text)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("Bogus eq 1", "No property 'Bogus'."),
        ("Number eq", "Expression expected at position 9."),
        ("(Number eq 7", "')' or operator expected at position 12."),
        ("Number = 7", "Syntax error: character '=' is not valid at position 7 in 'Number = 7'."),
        ("Number eq 7)", "Syntax error at position 11."),
        ("Text eq 'x", "Unterminated string literal at position 10 in 'Text eq 'x'."),
        ("bogus(Text)", "Unknown function 'bogus' at position 0."),
        ("Number", "Expression of type 'System.Boolean' expected at position 0."),
        ("ID eq guid'no'", "Unrecognized 'Edm.Guid' literal 'guid'no'' at position 6."),
        (
            "Text eq 7",
            (
                "Operator 'eq' incompatible with operand types 'System.String' and 'System.Int32' at "
                "position 5."
            ),
        ),
        (
            "not Number",
            "Operator 'not' incompatible with operand type 'System.Int32' at position 0.",
        ),
        (
            "startswith(Number,'7')",
            (
                "No applicable function found for 'startswith' at position 0 with the specified "
                "arguments. The functions considered are: startswith(System.String, System.String)."
            ),
        ),
    ],
)
def test_refusals_have_the_words_of_wcf(text, refusal):
    with pytest.raises(BadRequest) as caught:
        holds(text, ROW)

    assert caught.value.text == refusal


# Random filters: written out, parsed and run in SQLite, they say what Python says.

_TEXTS = st.text("ab'c ", max_size=4)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "Text": _TEXTS,
    "Number": st.integers(-3, 3),
    "Amount": st.decimals(-3, 3, places=2),
}
_ROWS = st.fixed_dictionaries(
    {name: st.none() | values for name, values in _VALUES.items()},
)
_COMPARISONS = st.sampled_from(["Text", "Number", "Amount"]).flatmap(
    lambda name: st.builds(
        lambda operator, value: Comparison(operator, Name(name, 0), Literal(TYPES[name], value), 0),
        st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"]),
        _VALUES[name],
    ),
)
_CALLS = st.builds(
    lambda function, text: Call(function, _arguments(function, text), 0),
    st.sampled_from(["substringof", "startswith", "endswith"]),
    _TEXTS.filter(bool),
)
_FILTERS = st.recursive(
    _COMPARISONS | _CALLS,
    lambda inner: (
        st.builds(Negation, inner)
        | st.builds(
            lambda operator, parts: Logical(operator, tuple(parts)),
            st.sampled_from(["and", "or"]),
            st.lists(inner, min_size=2, max_size=3),
        )
    ),
    max_leaves=6,
)


def _arguments(function: str, text: str) -> tuple[Node, Node]:
    literal, name = Literal("String", text), Name("Text", 0)
    return (literal, name) if function == "substringof" else (name, literal)


def written(node: Node) -> Any:
    match node:
        case Literal("String", value):
            return "'" + value.replace("'", "''") + "'"
        case Literal("Double", value):
            return f"{value}d"
        case Literal(_, value):
            return str(value)
        case Name(name):
            return name
        case Call(function, arguments):
            return f"{function}({','.join(map(written, arguments))})"
        case Comparison(operator, left, right):
            return f"{written(left)} {operator} {written(right)}"
        case Negation(operand):
            return f"not ({written(operand)})"
        case Logical(operator, parts):
            return "(" + f" {operator} ".join(map(written, parts)) + ")"
    raise AssertionError(node)


def truth(node: Node, row: dict[str, Any]) -> Any:
    match node:
        case Negation(operand):
            return not truth(operand, row)
        case Logical("and", parts):
            return all(truth(part, row) for part in parts)
        case Logical(_, parts):
            return any(truth(part, row) for part in parts)
        case Call(function, (first, second)):
            text = row["Text"]
            (part,) = (side.value for side in (first, second) if isinstance(side, Literal))
            if text is None:
                return False
            return {
                "substringof": part in text,
                "startswith": text.startswith(part),
                "endswith": text.endswith(part),
            }[function]
        case Comparison(operator, Name(name), Literal(_, value)):
            own = row[name]
            if operator in ("eq", "ne"):
                return (own == value) is (operator == "eq")
            if own is None:
                return False
            return {
                "gt": own > value,
                "ge": own >= value,
                "lt": own < value,
                "le": own <= value,
            }[operator]
    raise AssertionError(node)


@settings(deadline=None, max_examples=200)
@given(_FILTERS, _ROWS)
def test_random_filters_agree_with_python(node, values):
    row = {**EMPTY, **values}

    assert holds(written(node), row) is truth(node, row)


@settings(deadline=None, max_examples=200)
@given(st.text("Numberqgtlandot()'0 ,:.Ld", max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        parse_filter(text)
    except BadRequest:
        return
    assert text.strip()

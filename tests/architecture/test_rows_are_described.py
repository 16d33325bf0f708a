"""Every row that code or a test cites is described in docs/, so that a name never points outside this repository."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "docs" / "requirements.md"
RELIABILITY = ROOT / "docs" / "reliability.md"
PACKAGES = (
    "connector",
    "exact_sandbox",
    "integrations",
    "invoices",
    "payments",
    "templates",
    "tests",
)

# | P-26 | …  and  | A24 | …
_ROW = re.compile(r"^\| ([A-Z]-?\d{1,2}) \|", re.MULTILINE)
_PROOF = re.compile(r"`([\w/]+\.py)`")
# "P-26", "P-7 to P-9"
_IN_TEXT = re.compile(r"\b([PHDB])-(\d{1,2})(?: to \1-(\d{1,2}))?\b")
# "RELIABILITY B2 to B7, B13 and C1"
_ONE = r"[A-K]\d{1,2}(?: to [A-K]\d{1,2})?"
_AFTER_RELIABILITY = re.compile(rf"\bRELIABILITY\b((?: {_ONE}(?:(?:,| and)(?= [A-K]\d))?)*)")
_FAILURES = re.compile(r"([A-K])(\d{1,2})(?: to \1(\d{1,2}))?")
# test_p26_…, …_and_p27_…, test_reliability_a3_a11_…, test_a5_to_a13_…
_IN_NAME = re.compile(r"(?<=_)([a-kp])(\d{1,2})(?:_to_\1(\d{1,2}))?(?=_)")


def _numbers(first: str, last: str) -> range:
    return range(int(first), int(last or first) + 1)


def cited_in_text(text: str) -> set[str]:
    """This function will return the rows a text cites; a bare RELIABILITY is returned as it is."""
    rows = {f"{kind}-{n}" for kind, a, b in _IN_TEXT.findall(text) for n in _numbers(a, b)}
    for mention in _AFTER_RELIABILITY.findall(text):
        failures = {
            f"{kind}{n}" for kind, a, b in _FAILURES.findall(mention) for n in _numbers(a, b)
        }
        rows |= failures or {"RELIABILITY without a row"}
    return rows


def cited_in_name(name: str) -> set[str]:
    """This function will return the rows a test's name cites. A d is a decision, and in a test_reliability_ a limit.

    An h is a row of the second route, and in a test_reliability_ a failure as well.
    """
    rows: set[str] = set()
    for letter, first, last in _IN_NAME.findall(name):
        is_requirement = letter == "p" or (
            letter in "dh" and not name.startswith("test_reliability")
        )
        dash = "-" if is_requirement else ""
        rows |= {f"{letter.upper()}{dash}{n}" for n in _numbers(first, last)}
    return rows


@cache
def _cited_by(path: Path) -> frozenset[str]:
    text = path.read_text(encoding="utf-8")
    rows = cited_in_text(text)
    if path.name.startswith("test_"):
        functions = [
            node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)
        ]
        for function in functions:
            if function.name.startswith("test_"):
                rows |= cited_in_name(function.name)
    return frozenset(rows)


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        for kind in ("*.py", "*.html"):
            yield from (path for path in (ROOT / package).rglob(kind) if path != Path(__file__))


def _described() -> list[str]:
    return [
        row
        for file in (REQUIREMENTS, RELIABILITY)
        for row in _ROW.findall(file.read_text(encoding="utf-8"))
    ]


def test_every_cited_row_is_described():
    described = set(_described())

    unknown = {
        f"{row} in {path.relative_to(ROOT)}"
        for path in _sources()
        for row in _cited_by(path) - described
    }

    assert not unknown, f"Describe in docs/: {', '.join(sorted(unknown))}"


def test_every_product_row_is_described_and_none_twice():
    described = _described()

    assert len(described) == len(set(described))
    assert {f"P-{row}" for row in range(1, 65)} <= set(described)
    assert {f"H-{row}" for row in range(1, 47)} <= set(described)
    assert {f"D-{row}" for row in range(1, 15)} <= set(described)


def test_the_file_that_proves_a_failure_row_cites_it():
    lines = RELIABILITY.read_text(encoding="utf-8").splitlines()
    proofs = {
        found[1]: _PROOF.findall(line) for line in lines if (found := _ROW.match(line)) is not None
    }

    missing = {
        f"{row} in {name}"
        for row, names in proofs.items()
        for name in names or ["(no file)"]
        if not (ROOT / "tests" / name).is_file() or not _cites(ROOT / "tests" / name, row)
    }

    assert not missing, "\n".join(sorted(missing))


def _cites(path: Path, row: str) -> bool:
    # A test_d1_ of the limits is one of the decisions by its name; the file says which it means.
    return bool({row, row.replace("D", "D-")} & _cited_by(path))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("P-5 to P-7, D-5.", {"P-5", "P-6", "P-7", "D-5"}),
        ("H-25 to H-26, B-9", {"H-25", "H-26", "B-9"}),
        ("(RELIABILITY B2 to B4, B13):", {"B2", "B3", "B4", "B13"}),
        ("RELIABILITY C1 and C3: B9 is no part", {"C1", "C3"}),
        ("RELIABILITY section 4", {"RELIABILITY without a row"}),
        ("UTF-8, PEP-621, XP-12", set()),
    ],
)
def test_citations_in_texts_are_found(text, rows):
    assert cited_in_text(text) == rows


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("test_p26_each_line_and_p27_the_rest", {"P-26", "P-27"}),
        ("test_reliability_a3_a11_what_was_not_booked", {"A3", "A11"}),
        ("test_reliability_d1_d2_a_limit_only_delays", {"D1", "D2"}),
        ("test_c3_to_c5_each_refusal", {"C3", "C4", "C5"}),
        ("test_d9_a_second_wish", {"D-9"}),
        ("test_h25_h26_a_contact", {"H-25", "H-26"}),
        ("test_map2_is_not_a_row", set()),
    ],
)
def test_citations_in_names_are_found(name, rows):
    assert cited_in_name(name) == rows

"""Every row of the requirements has a test that names it, so that a row cannot be dropped unseen."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROWS = {f"{page}{row}" for page, last in (("p", 64), ("h", 46)) for row in range(1, last + 1)}
# test_p26_…, and test_p26_…_h27_… where one story proves two rows
_CITED = re.compile(r"(?:^test|_|and)_?([ph]\d{1,2})(?=_)")


def _test_names() -> set[str]:
    names: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names |= {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        }
    return names


def test_every_row_of_both_pages_is_named_by_a_test():
    cited = {row for name in _test_names() for row in _CITED.findall(name)}

    missing = sorted(ROWS - cited)

    assert not missing, f"No test is named after {', '.join(missing)}"


def test_the_search_finds_names_and_no_others():
    assert _CITED.findall("test_p26_each_line_and_p27_the_rest") == ["p26", "p27"]
    assert _CITED.findall("test_p16_h8_no_division") == ["p16", "h8"]
    assert _CITED.findall("test_map2_is_not_a_row") == []

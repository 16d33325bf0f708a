"""The score of `make mutation` is what it says, and what is called equivalent is still in the code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from connector.local.servers import SOURCE_ROOT
from tests.mutation.parts import Equivalent, Part, read_equivalents, read_parts
from tests.mutation.report import score, table
from tests.mutation.workspace import Mutant, status_of


def mutant(status: str, module: str = "a.py") -> Mutant:
    return Mutant("a.x_f__mutmut_1", module, "a.f", status, "1", "2")


def test_a_score_counts_what_can_be_killed():
    alive, equivalent = mutant("survived"), mutant("survived")
    killed = [mutant("killed"), mutant("killed"), mutant("timeout")]
    elsewhere = mutant("survived", "b.py")

    scored = score("a.py", [alive, equivalent, *killed, elsewhere], [alive, elsewhere])

    assert (scored.mutants, scored.killed, scored.timeouts) == (5, 3, 1)
    assert (scored.survived, scored.equivalent, scored.percent) == (1, 1, 75.0)
    assert table([scored]).splitlines()[-1] == "| together | 5 | 3 | 1 | 1 | 1 | 75.0 % |"


@pytest.mark.parametrize(
    "status", ["survived", "no tests", "segfault", "suspicious", "not checked"]
)
def test_only_a_test_that_fails_or_never_ends_kills(status):
    assert not mutant(status).is_killed


@pytest.mark.parametrize(
    ("code", "status"),
    [(0, "survived"), (1, "killed"), (-24, "timeout"), (255, "not checked"), (None, "not checked")],
)
def test_tests_that_could_not_be_run_kill_nothing(code, status):
    assert status_of(code) == status


@pytest.mark.parametrize("part", read_parts(), ids=lambda part: part.name)
def test_what_is_mutated_and_what_has_to_notice_exist(part: Part):
    for path in (*part.modules, *part.tests):
        assert (SOURCE_ROOT / path.partition("::")[0]).exists(), path


@pytest.mark.parametrize(
    "entry", read_equivalents(), ids=lambda entry: f"{entry.function}: {entry.becomes}"
)
def test_what_is_called_equivalent_is_still_in_the_code(entry: Equivalent):
    assert entry.reason
    source, name = _module_of(entry.function)
    lines = [
        line.strip() for line in ast.get_source_segment(source, _find(source, name)).splitlines()
    ]
    wanted = entry.was.splitlines()
    assert any(lines[i : i + len(wanted)] == wanted for i in range(len(lines))), entry


def _module_of(function: str) -> tuple[str, str]:
    names = function.split(".")
    for count in range(len(names) - 1, 0, -1):
        path: Path = SOURCE_ROOT.joinpath(*names[:count]).with_suffix(".py")
        if path.exists():
            return path.read_text(encoding="utf-8"), ".".join(names[count:])
    raise AssertionError(f"There is no module of {function}")


def _find(source: str, name: str) -> ast.AST:
    body = ast.parse(source).body
    node: ast.AST | None = None
    for part in name.split("."):
        node = next(one for one in body if getattr(one, "name", None) == part)
        body = getattr(node, "body", [])
    assert node is not None
    return node

"""What is mutated, with which tests, and which mutants no test can tell from the original."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Part:
    """Modules that are mutated together, and the fast tests that have to notice."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A change after which the function behaves the same. Lines are without indentation."""

    function: str
    was: str
    becomes: str
    reason: str


def read_parts() -> list[Part]:
    """This function will return the parts of parts.toml."""
    document = tomllib.loads((_HERE / "parts.toml").read_text(encoding="utf-8"))
    return [
        Part(part["name"], tuple(part["modules"]), tuple(part["tests"]))
        for part in document["part"]
    ]


def read_equivalents() -> list[Equivalent]:
    """This function will return the changes of equivalent.toml; several changes of one line share a reason."""
    document = tomllib.loads((_HERE / "equivalent.toml").read_text(encoding="utf-8"))
    return [
        Equivalent(entry["function"], entry["was"], becomes, entry["reason"])
        for entry in document.get("equivalent", [])
        for becomes in entry["becomes"]
    ]

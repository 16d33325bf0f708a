"""Where the catalogs are and how they are read, and which files have texts that people read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
# English is what the texts are written in.
LANGUAGES = ("nl", "de", "fr")
# The client library of Exact knows nothing of Django; only its explanations are for people.
LIBRARY = ROOT / "integrations" / "exact"
_PACKAGES = ("connector", "integrations", "invoices", "payments")
# What a developer's own tools and the operator's commands say stays English.
_LEFT_OUT = frozenset({"migrations", "local", "management", "catalogs"})


def path_of(language: str) -> Path:
    """This function will return where the language's texts are kept."""
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """This function will read the language's texts as they are committed."""
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language, domain="django")


def sources() -> Iterator[Path]:
    """This function will go through the files that may have texts: Python of the product, pages and mails."""
    for package in _PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            is_silent = path.is_relative_to(LIBRARY) and not _explains(path)
            if _LEFT_OUT.isdisjoint(path.relative_to(ROOT).parts) and not is_silent:
                yield path
    yield from templates()


def _explains(path: Path) -> bool:
    return path.name == "explain.py" or path.parent.name == "phrases"


def templates() -> list[Path]:
    """This function will return the files that pages and mails are made of."""
    folder = ROOT / "templates"
    return [*sorted(folder.rglob("*.html")), *sorted(folder.rglob("*.txt"))]

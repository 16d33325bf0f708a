"""Finds the texts to translate, in Python and in templates, and brings the catalogs up to date with them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from babel.messages.pofile import write_po
from django.utils.translation.template import templatize

from connector.catalogs import files

_KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
    # connector/sentences.py
    "sentence": None,
    "counted_sentence": (1, 2),
}
# Begins with a capital letter or a value, and ends as a sentence or with a value.
_SENTENCE = re.compile(r"(?:[A-Z].*\s|%\().*(?:[.?]|\)s)")


def find_texts() -> Catalog:
    """This function will return every text that is marked, with the files that have it."""
    found = Catalog(domain="django", project="connector", charset="utf-8")
    for path in files.sources():
        where = path.relative_to(files.ROOT).as_posix()
        for _line, name, message, _comments in _extract(path):
            _add(found, name, message, where)
    return found


def update(languages: Iterable[str]) -> dict[str, int]:
    """This function will add new texts to the languages' catalogs, drop what is gone, and count what has no translation."""
    found = find_texts()
    return {language: _update(language, found) for language in languages}


def _update(language: str, found: Catalog) -> int:
    path = files.path_of(language)
    if path.exists():
        catalog = files.read(language)
    else:
        catalog = Catalog(locale=language, domain="django", charset="utf-8")
    # A text that looks like another one is not that one: guesses are worse than a gap.
    catalog.update(found, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with BytesIO() as written:
        write_po(
            written, catalog, width=0, sort_output=True, include_lineno=False, omit_header=True
        )
        body = written.getvalue().decode()
    path.write_text(f"{_header(catalog)}{body.strip()}\n", encoding="utf-8")
    return sum(1 for one in catalog if one.id and not is_translated(one.string))


def _header(catalog: Catalog) -> str:
    # Without the dates and tools of Babel's own header, which would change with each run.
    return (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalog.locale_identifier}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )


def is_translated(string: Any) -> bool:
    """This function will tell whether a message has its text, in every plural form."""
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


def _extract(path: Path) -> Iterator[Any]:
    source = path.read_text(encoding="utf-8")
    if path.is_relative_to(files.LIBRARY):
        return _sentences_in(source)
    if path.suffix != ".py":
        # Django writes the marked texts as calls of gettext among blanked-out markup; indents would mean blocks.
        source = "\n".join(line.lstrip() for line in templatize(source, str(path)).split("\n"))
    return extract_python(BytesIO(source.encode()), _KEYWORDS, [], {"encoding": "utf-8"})


def _sentences_in(source: str) -> Iterator[Any]:
    """The library of Exact knows nothing of languages; its sentences are those that it is written with."""
    nodes = list(ast.walk(ast.parse(source)))
    descriptions = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if not isinstance(node, ast.Constant) or id(node) in descriptions:
            continue
        if _SENTENCE.fullmatch(str(node.value)):
            yield node.lineno, "gettext", node.value, []


def _add(found: Catalog, name: str, message: Any, where: str) -> None:
    parts = message if isinstance(message, tuple) else (message,)
    places = _KEYWORDS[name] or (1,)
    context = next((parts[at[0] - 1] for at in places if isinstance(at, tuple)), None)
    texts = [parts[at - 1] for at in places if isinstance(at, int) and len(parts) >= at]
    # A text that is put together while the program runs cannot be found; tests/architecture refuses those.
    if not texts or not all(isinstance(text, str) and text for text in texts):
        return
    found.add(tuple(texts) if len(texts) > 1 else texts[0], locations=[(where, 1)], context=context)

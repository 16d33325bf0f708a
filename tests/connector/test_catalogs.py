"""The catalogs of Dutch, German and French: what is translated says the same with the same values, and nothing is left out."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest

from connector.catalogs import compiling, extracting, files

_VALUE = re.compile(r"%\((\w+)\)(?:[sd])|%%")
_MARKUP = re.compile(r"""<[^>]*>|["<>]""")


@cache
def texts():
    """Every text that the sources mark."""
    return extracting.find_texts()


def parts(message) -> list[tuple[str, str]]:
    """The English forms of a message and what each is translated as."""
    if isinstance(message.id, str):
        return [(message.id, message.string)]
    one, many = message.id
    # One form for one, all the others for many.
    return [(one if index == 0 else many, text) for index, text in enumerate(message.string)]


@pytest.mark.parametrize("language", files.LANGUAGES)
def test_a_translation_has_the_values_and_the_markup_of_its_text(language):
    wrong = []
    for message in files.read(language):
        if not message.id or not extracting.is_translated(message.string):
            continue
        for source, text in parts(message):
            values = set(_VALUE.findall(source)), set(_VALUE.findall(text))
            # "one" may be written out: "1 invoice" as "an invoice".
            is_short = isinstance(message.id, tuple) and values[0] - values[1] <= {"n", "count"}
            is_same = values[0] == values[1] or (is_short and values[1] <= values[0])
            markup = Counter(_MARKUP.findall(source)), Counter(_MARKUP.findall(text))
            if not is_same or markup[0] != markup[1] or message.fuzzy:
                wrong.append((source, text))
    assert wrong == []


@pytest.mark.parametrize("language", files.LANGUAGES)
def test_every_text_is_translated(language):
    # A text that is new has to be translated with the change that brings it.
    catalog = files.read(language)
    missing = [
        message.id
        for message in texts()
        if message.id
        and not (
            (found := catalog.get(message.id, message.context))
            and extracting.is_translated(found.string)
        )
    ]
    assert missing == [], f'make catalogs ARGS="{language}", and translate these'


@pytest.mark.parametrize("language", files.LANGUAGES)
def test_what_the_program_reads_is_made_of_the_catalog_as_it_is(language):
    compiling.compile_stale()
    path = files.path_of(language)
    assert path.with_suffix(".mo").stat().st_mtime_ns == path.stat().st_mtime_ns


def test_texts_are_found_in_templates_in_python_in_kept_sentences_and_in_the_library_of_exact():
    found = {message.id if isinstance(message.id, str) else message.id[0] for message in texts()}
    assert found >= {
        "Your profile",
        "You sign in as %(email)s.",
        "Your profile is saved.",
        "Copied to Exact: entry %(number)s in journal %(journal)s of %(division)s.",
        "Exact did not e-mail the invoice.",
    }
    # What describes a module or function is not for people who use it.
    assert not any(text.startswith("Explain") for text in found)

"""Every refusal and word exists in the four languages of Exact's users."""

from __future__ import annotations

import re

import pytest

from exact_sandbox.messages import LANGUAGES, TEXTS, WORDS, say


@pytest.mark.parametrize("name", TEXTS)
def test_each_text_has_the_same_gaps_in_each_language(name):
    gaps = {frozenset(re.findall(r"{(\w+)}", text)) for text in TEXTS[name]}

    assert len(TEXTS[name]) == len(LANGUAGES)
    assert len(gaps) == 1


@pytest.mark.parametrize("name", WORDS)
def test_each_word_exists_in_each_language(name):
    assert len(WORDS[name]) == len(LANGUAGES)
    assert all(WORDS[name])


def test_an_unknown_language_is_english():
    assert say("ES", "mandatory", what="journal") == "Mandatory: Journal"

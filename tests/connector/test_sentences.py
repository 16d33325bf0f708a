"""Sentences that are kept and read in another language than they were written in."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy

from connector import sentences
from connector.catalogs import extracting, files
from connector.sentences import (
    Money,
    Percent,
    Sentence,
    SentenceField,
    counted_sentence,
    pack,
    sentence,
    together,
    unpack,
)

DUTCH = {
    "Paid %(amount)s by %(name)s.": "%(amount)s betaald door %(name)s.",
    "%(n)s row": "%(n)s regel",
    "%(n)s rows": "%(n)s regels",
    "Broken %(name)s.": "Kapot %(naam)s.",
    "Name": "Naam",
}


@pytest.fixture(autouse=True)
def _dutch(monkeypatch):
    """A few texts that no catalog has to have."""
    known = translation.gettext

    def gettext(message):
        return DUTCH.get(message, message) if translation.get_language() == "nl" else known(message)

    monkeypatch.setattr(translation, "gettext", gettext)
    monkeypatch.setattr(
        translation, "ngettext", lambda one, many, n: gettext(one if n == 1 else many)
    )


def paid() -> Sentence:
    return sentence(
        "Paid %(amount)s by %(name)s.", amount=Money(Decimal("1234.5"), "EUR"), name="Ann %"
    )


@pytest.mark.parametrize("written_in", ["en", "nl"])
def test_a_kept_sentence_is_read_in_each_readers_language(written_in):
    with translation.override(written_in):
        stored = SentenceField().get_prep_value(paid())
    read = SentenceField().from_db_value
    assert read(stored, None, None) == "Paid 1,234.50 EUR by Ann %."
    with translation.override("nl"):
        assert read(stored, None, None) == "1.234,50 EUR betaald door Ann %."
        # Stored again as it was read: still what was said, not the words.
        assert SentenceField().get_prep_value(read(stored, None, None)) == stored


@pytest.mark.parametrize(
    ("made", "english", "dutch"),
    [
        (lambda: sentence("Name"), "Name", "Naam"),
        (lambda: sentence("100% of it"), "100% of it", "100% of it"),
        (lambda: counted_sentence("%(n)s row", "%(n)s rows", n=1), "1 row", "1 regel"),
        (lambda: counted_sentence("%(n)s row", "%(n)s rows", n=2), "2 rows", "2 regels"),
        (lambda: together(sentence("Name"), "", "x", by=", "), "Name, x", "Naam, x"),
        (lambda: sentence("<%(what)s>", what=sentence("Name")), "<Name>", "<Naam>"),
        (lambda: sentence("(%(what)s)", what=gettext_lazy("Name")), "(Name)", "(Naam)"),
        (lambda: sentence("<%(n)s>", n=Decimal("2.50")), "<2.50>", "<2,50>"),
        (lambda: sentence("<%(n)s>", n=Percent(Decimal("5.5"))), "<5.5%>", "<5,5%>"),
        (lambda: together(Percent(Decimal(21)), sentence("Name")), "21% Name", "21% Naam"),
        (lambda: sentence("<%(d)s>", d=date(2026, 3, 1)), "<1 Mar 2026>", "<1 mrt 2026>"),
        (
            lambda: sentence("<%(t)s>", t=datetime(2026, 5, 1, 8, 30, tzinfo=UTC)),
            "<1 May 2026 10:30>",
            "<1 mei 2026 10:30>",
        ),
        # A translation that does not fit, and one that is not there.
        (lambda: sentence("Broken %(name)s.", name="x"), "Broken x.", "Broken x."),
        (lambda: sentence("Not %(name)s.", name="x"), "Not x.", "Not x."),
    ],
)
def test_values_are_written_as_the_reader_writes_them(made, english, dutch):
    said = made()
    assert said == english
    with translation.override("nl"):
        assert sentences.told(said) == dutch
        assert unpack(pack(said)) == dutch
        assert pack(made()) == pack(said)


def test_plain_words_stay_and_none_of_them_acts_as_a_kept_sentence():
    assert unpack("Paid by hand.") == "Paid by hand."
    assert sentences.told("Name") == "Name"
    forged = pack(paid())
    assert unpack(pack(str.__str__(forged))) == forged.lstrip("\x1e")


def test_a_sentence_is_a_text_for_everything_else():
    said = paid()
    assert json.loads(json.dumps([said])) == [str(said)]
    assert copy.deepcopy(said).said == said.said


def test_kept_sentences_are_found_for_the_catalogs(monkeypatch):
    monkeypatch.setattr(files, "sources", lambda: [files.ROOT / "payments/sync_words.py"])
    found = {message.id for message in extracting.find_texts() if message.id}
    one = "Comparing everything that is open with Exact found %(n)s payment term that was different here. It is right now."
    assert (one, one.replace("term that was", "terms that were")) in found


def test_a_kept_sentence_without_values_is_found_as_well(monkeypatch):
    monkeypatch.setattr(files, "sources", lambda: [files.ROOT / "payments/sync_requests.py"])
    assert "Payments are read from Exact on request." in extracting.find_texts()


@pytest.mark.parametrize(
    "stored", ['\x1e{"say":"Paid in', "\x1e{}", "\x1e[1]", '\x1e{"all":[{}],"by":" "}']
)
def test_a_sentence_that_another_release_cut_takes_no_page_down(stored):
    assert unpack(stored) == stored[1:]

"""Whether two customers' numbers, codes and names are the same, in every spelling; the rough keys find all of them."""

from __future__ import annotations

import unicodedata

import pytest
from django.db import connection
from django.db.models import TextField, Value
from hypothesis import given, settings, strategies as st

from connector.tenancy.models import User
from integrations.models.match_keys import code_key, name_key, number_key
from invoices.customer_marks import (
    Likeness,
    Marks,
    compare_coc,
    compare_code,
    compare_name,
    compare_vat,
    read_coc_number,
    read_vat_number,
    write_vat_number,
)
from tests import factories

SAME, PERHAPS, OTHER, UNKNOWN = Likeness.SAME, Likeness.PERHAPS, Likeness.OTHER, Likeness.UNKNOWN


def vat(number, country=""):
    return Marks(vat_number=number, country=country)


def coc(number, country="NL"):
    return Marks(coc_number=number, country=country)


# --- VAT numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        (vat("NL 8543.21.987.B01"), vat("nl854321987b01"), SAME),
        (vat("854321987B01", "NL"), vat("NL854321987B01"), SAME),
        # No other country's numbers look like this, so that it needs no country.
        (vat("854321987B01"), vat("NL854321987B01"), SAME),
        (vat("854321987B01", "BE"), vat("NL854321987B01"), SAME),
        (vat("u12345678"), vat("ATU12345678"), SAME),
        (vat("NL854321987B01"), vat("NL854321987B02"), OTHER),
        (vat("BE0412.345.678"), vat("BE 412345678"), SAME),
        (vat("412345678", "BE"), vat("BE0412345678"), SAME),
        (vat("CHE-123.456.789 MWST"), vat("CHE123456789"), SAME),
        (vat("123456789MVA", "NO"), vat("NO 123 456 789"), SAME),
        (vat("EL123456789"), vat("123456789", "GR"), SAME),
        (vat("GR123456789"), vat("EL123456789"), SAME),
        (vat("\uff2e\uff2c854321987\uff2201"), vat("NL854321987B01"), SAME),
        (vat("FR AB 123456789"), vat("AB123456789", "FR"), SAME),
        # Two countries, the same digits.
        (vat("DE123456789"), vat("PT123456789"), OTHER),
        (vat("SE123456789001"), vat("LT123456789001"), OTHER),
        # The address says little about where a number is from.
        (vat("123456789", "DE"), vat("PT123456789"), PERHAPS),
        (vat("123456789"), vat("PT123456789"), PERHAPS),
        (vat("412345678"), vat("BE0412345678"), PERHAPS),
        (vat("123456789"), vat("123456789"), PERHAPS),
        (vat("123456789"), vat("223456789"), OTHER),
        (vat("123456789", "DE"), vat("223456789", "DE"), OTHER),
        # What people write when there is none.
        (vat(""), vat("NL854321987B01"), UNKNOWN),
        (vat("NL000000000B00"), vat("NL000000000B00"), UNKNOWN),
        (vat("999999999"), vat("999999999"), UNKNOWN),
        (vat("n/a"), vat("n/a"), UNKNOWN),
        (vat("0"), vat("0"), UNKNOWN),
    ],
)
def test_d10_vat_numbers_are_compared_in_every_spelling(one, other, likeness):
    assert compare_vat(one, other) == likeness
    assert compare_vat(other, one) == likeness


@pytest.mark.parametrize(
    ("number", "country", "written"),
    [
        ("nl 8543.21.987.b01", "", "NL854321987B01"),
        ("854321987B01", "NL", "NL854321987B01"),
        ("412.345.678", "BE", "BE0412345678"),
        ("123456789", "GR", "EL123456789"),
        ("CHE-123.456.789 MWST", "CH", "CHE123456789"),
        ("123456789", "US", "123456789"),
        (" 123456789 ", "", "123456789"),
        ("not registered", "NL", "not registered"),
    ],
)
def test_h23_a_vat_number_is_sent_as_exact_takes_it(number, country, written):
    assert write_vat_number(number, country) == written
    assert write_vat_number(written, country) == written


COUNTRIES = st.sampled_from(["NL", "BE", "DE", "FR", "GR", "AT", "CH", "NO", "PT", "US"])
BODIES = st.one_of(
    st.from_regex(r"[0-9]{4,12}", fullmatch=True),
    st.from_regex(r"[0-9]{9}B[0-9]{2}", fullmatch=True),
    st.from_regex(r"[A-Z0-9]{2}[0-9]{9}", fullmatch=True),
)


@st.composite
def spelled(draw, body):
    """The same number with other case, spaces, dots and width."""
    letters = []
    for letter in body:
        letters.append(draw(st.sampled_from([letter, letter.lower(), chr(ord(letter) + 0xFEE0)])))
        letters.append(draw(st.sampled_from(["", "", " ", ".", "-", "/"])))
    return "".join(letters)


@given(st.data(), BODIES, COUNTRIES, st.sampled_from(["", "NL", "DE", "BE"]))
def test_d10_a_spelling_changes_no_vat_number(data, body, country, home):
    number = f"{'EL' if country == 'GR' else country}{body}"
    other = data.draw(spelled(number))

    assert read_vat_number(other, home) == read_vat_number(number, home)


@given(BODIES, BODIES, COUNTRIES, COUNTRIES)
def test_d10_vat_numbers_of_two_countries_are_never_the_same(body, other_body, country, other):
    one, two = (
        vat(f"{'EL' if land == 'GR' else land}{text}")
        for land, text in ((country, body), (other, other_body))
    )

    likeness = compare_vat(one, two)

    assert likeness == compare_vat(two, one)
    if country != other and "US" not in {country, other}:
        assert likeness in {OTHER, UNKNOWN}


@given(BODIES, st.sampled_from(["", "NL", "BE", "DE", "GR", "CH", "NO", "US"]))
def test_d10_writing_a_vat_number_twice_changes_nothing(body, home):
    once = write_vat_number(body, home)

    assert write_vat_number(once, home) == once
    assert compare_vat(vat(once, home), vat(body, home)) != OTHER


@given(st.text(max_size=30), st.text(max_size=30), COUNTRIES, COUNTRIES)
def test_d10_comparing_is_symmetric_whatever_people_type(one, other, country, home):
    ours = Marks(name=one, vat_number=one, coc_number=one, code=one, country=country)
    theirs = Marks(name=other, vat_number=other, coc_number=other, code=other, country=home)

    for compare in (compare_vat, compare_coc, compare_code, compare_name):
        assert compare(ours, theirs) == compare(theirs, ours)
        assert compare(ours, ours) in {SAME, PERHAPS, UNKNOWN}


# --- Chamber of Commerce numbers, codes, names ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        (coc("61.23 45-67"), coc("61234567"), SAME),
        (coc("KvK 01234567"), coc("1234567"), SAME),
        (coc("BE0412.345.678", "BE"), coc("0412345678", "BE"), SAME),
        (coc("61234567", "NL"), coc("61234567", "DE"), OTHER),
        (coc("61234567", "NL"), coc("61234568", "NL"), OTHER),
        (coc("61234567", ""), coc("61234567", "NL"), PERHAPS),
        # Each German court counts by itself.
        (coc("HRB 12345", "DE"), coc("hrb12345", "DE"), PERHAPS),
        (coc("HRB 12345", "DE"), coc("HRA 12345", "DE"), OTHER),
        (coc("Amtsgericht Bonn HRB 12345", "DE"), coc("AMTSGERICHT BONN HRB12345", "DE"), SAME),
        (coc("00000000"), coc("00000000"), UNKNOWN),
        (coc("-"), coc("61234567"), UNKNOWN),
    ],
)
def test_d10_chamber_of_commerce_numbers_are_compared_in_their_country(one, other, likeness):
    assert compare_coc(one, other) == likeness
    assert compare_coc(other, one) == likeness


@given(st.from_regex(r"[1-9][0-9]{5,7}", fullmatch=True), st.data())
def test_d10_a_spelling_changes_no_chamber_of_commerce_number(digits, data):
    other = data.draw(spelled("00" + digits))

    assert read_coc_number(other, "NL") == read_coc_number(digits, "NL")


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("             10023", "10023", SAME),
        ("b17", "B17 ", SAME),
        ("0010023", "10023", PERHAPS),
        ("10-023", "10023", PERHAPS),
        ("10023", "10024", OTHER),
        ("", "10023", UNKNOWN),
        ("000", "0", OTHER),
    ],
)
def test_d10_codes_are_compared_without_their_padding(one, other, likeness):
    assert compare_code(Marks(code=one), Marks(code=other)) == likeness


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("bakker  MEDIA b.v.", " Bakker Media B.V.", SAME),
        ("Caf\u00e9 Zuid", "Cafe\u0301 Zuid", SAME),
        ("\uff22\uff41\uff4b\uff4b\uff45\uff52\u3000Media", "Bakker Media", SAME),
        ("Bakker\u200b Media\u00a0B.V.", "Bakker Media B.V.", SAME),
        # Alike, and yet perhaps two companies: a person looks.
        ("Caf\u00e9 Zuid", "Cafe Zuid", PERHAPS),
        ("Stra\u00dfe GmbH", "Strasse GmbH", PERHAPS),
        ("Bakker Media BV", "Bakker Media B.V.", PERHAPS),
        ("Jansen", "Janssen", OTHER),
        ("Bakker Media", "Bakker Media B.V.", OTHER),
        ("", "", UNKNOWN),
        ("!!!", "???", OTHER),
    ],
)
def test_d10_names_are_the_same_but_for_case_spaces_and_width(one, other, likeness):
    assert compare_name(Marks(name=one), Marks(name=other)) == likeness
    assert compare_name(Marks(name=other), Marks(name=one)) == likeness


# --- The keys in PostgreSQL -------------------------------------------------------------------------------------------

NAMES = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "Zs", "Mn"), max_codepoint=0x24FF),
    min_size=1,
    max_size=20,
)


def keys(make_key, texts):
    """What PostgreSQL makes of the texts, in one query."""
    compiler = User.objects.all().query.get_compiler(connection=connection)
    made = [compiler.compile(make_key(Value(text, output_field=TextField()))) for text in texts]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(sql for sql, _ in made)}",
            [parameter for _, parameters in made for parameter in parameters],
        )
        return cursor.fetchone()


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES, min_size=4, max_size=12))
def test_d10_what_is_the_same_is_found_by_the_rough_key_in_postgresql(names):
    variants = [
        (name, variant)
        for name in names
        for variant in (
            name.upper(),
            name.lower(),
            unicodedata.normalize("NFD", name),
            unicodedata.normalize("NFKC", name),
            f"  {name} ",
        )
        if compare_name(Marks(name=name), Marks(name=variant)) == SAME
    ]

    found = keys(name_key, [text for pair in variants for text in pair])

    assert found[::2] == found[1::2]


@pytest.mark.django_db
@settings(max_examples=40, deadline=None)
@given(st.data(), st.lists(BODIES, min_size=2, max_size=6), COUNTRIES)
def test_d10_a_number_is_found_by_its_rough_key_in_every_spelling(data, bodies, country):
    texts = [
        text
        for body in bodies
        for text in (
            body,
            write_vat_number(body, country),
            data.draw(spelled(f"{'EL' if country == 'GR' else country}{body}")),
        )
    ]

    found = keys(number_key, texts)

    assert found[::3] == found[1::3] == found[2::3]


@pytest.mark.django_db
def test_d10_the_keys_of_an_account_follow_what_exact_says():
    account = factories.make_customer(
        connection=factories.make_connection(organization=factories.make_organization()),
        name="Caf\u00e9 Z\u00fcid B.V.",
        vat_number="NL 0012.34.567.B01",
        coc_number="KvK 00123456",
        code="  0010023",
    )

    assert (account.name_key, account.vat_key) == ("cafezuidbv", "123456701")
    assert (account.coc_key, account.code_key) == ("123456", "10023")
    assert keys(code_key, ["10-023"]) == ("10023",)

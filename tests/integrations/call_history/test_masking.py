"""What is kept of a call holds nothing personal and nothing secret, whatever Exact or a PSA puts where (B-16)."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from integrations.call_history.masking import (
    HIDDEN,
    LONGEST,
    mask_address,
    mask_document,
)

ID = "3f0c1a52-0f4d-4f3e-9a55-0d8f4f6c2a11"


def test_ids_codes_amounts_and_days_are_kept_and_every_other_value_is_hidden():
    entry = {
        "Customer": UUID(ID),
        "Journal": "70",
        "EntryDate": date(2026, 11, 27),
        "YourRef": "2026-0042",
        "Description": "Design for Ms Jansen",
        "SalesEntryLines": [{"AmountFC": Decimal("100.50"), "VATCode": "2  ", "Notes": "secret"}],
        "SomethingNew": 12,
    }

    assert json.loads(mask_document(entry)) == {
        "Customer": ID,
        "Journal": "70",
        "EntryDate": "2026-11-27",
        "YourRef": HIDDEN,
        "Description": HIDDEN,
        "SalesEntryLines": [{"AmountFC": "100.50", "VATCode": "2", "Notes": HIDDEN}],
        "SomethingNew": HIDDEN,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Customer", "Jansen"),
        ("ID", "j.jansen@example.com"),
        ("AmountFC", "NL91 ABNA 0417 1643 00"),
        ("EntryDate", "born on 1 May"),
        ("Journal", "Jan Jansen"),
        ("VATCode", "a@b.nl"),
        ("EntryNumber", "+31 6 12345678"),
        ("Email", "a@b.nl"),
        ("BankAccount", "NL91ABNA0417164300"),
        ("access_token", ID),
        ("__proto__", "x"),
    ],
)
def test_a_shown_property_with_anything_but_its_own_form_is_hidden(name, value):
    assert json.loads(mask_document({"d": {name: value}})) == {"d": {name: HIDDEN}}


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        (f"$filter=ID eq guid'{ID}'", f"?$filter=ID eq guid'{ID}'"),
        ("$filter=YourRef eq '2026-1'", f"?$filter=YourRef eq '{HIDDEN}'"),
        ("$filter=Journal eq '70'", "?$filter=Journal eq '70'"),
        ("$filter=Name eq 'O''Brien'", f"?$filter=Name eq '{HIDDEN}'"),
        (
            "$filter=startswith(Description,'Jansen') eq true",
            f"?$filter=startswith(Description,'{HIDDEN}') eq true",
        ),
        ("$filter=Timestamp gt 12L&$top=5", "?$filter=Timestamp gt 12L&$top=5"),
        ("$filter=Modified gt datetime'Jansen'", f"?$filter=Modified gt datetime'{HIDDEN}'"),
        ("$filter=Name eq 'open", f"?$filter={HIDDEN}"),
        ("email=a@b.nl", f"?email={HIDDEN}"),
        ("$skiptoken=Jansen", f"?$skiptoken={HIDDEN}"),
        ("$skiptoken='Jansen',12", f"?$skiptoken='{HIDDEN}',12"),
    ],
)
def test_an_address_keeps_its_path_and_what_it_asks_but_no_texts_of_people(query, kept):
    address = f"https://start.exactonline.nl/api/v1/1/crm/Accounts?{query}"

    assert mask_address(address) == f"/api/v1/1/crm/Accounts{kept}"


def test_a_long_body_is_cut_and_a_long_list_tells_how_much_more_there_was():
    many = {"d": {"results": [{"ID": ID, "Description": "x" * 50}] * 1000}}

    assert len(mask_document(many)) <= LONGEST + 1
    assert json.loads(mask_document({"d": [1] * 100}))["d"][-1] == "40 more"


@given(
    st.recursive(
        st.text(alphabet="Zqé@ ", min_size=3) | st.none() | st.booleans(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["Name", "d", "Notes", "ID", "Journal"]), inner)
        ),
        max_leaves=10,
    )
)
def test_no_text_of_a_person_comes_through_from_any_depth(document):
    """Every text here has a sign that no code has, or is a property's value that is none."""
    masked = mask_document({"Name": document, "Notes": document})

    assert "é" not in masked
    assert "@" not in masked

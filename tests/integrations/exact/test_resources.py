"""Each resource family: what is asked of Exact and what comes back as a typed row."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
import responses

from integrations.exact import (
    accounts,
    deleted,
    divisions,
    errors,
    gl_accounts,
    journals,
    me,
    payment_conditions,
    payment_terms,
    sales_entries,
    vat_codes,
)
from integrations.exact.sales_entries import SalesEntryDraft, SalesEntryLineDraft, SentEntry
from tests.integrations.exact.support import (
    BASE,
    CUSTOMER,
    DIVISION,
    ENTRY,
    LEDGER,
    address,
    client,
    entry_row,
    term_row,
)

ENTRIES = address("salesentry/SalesEntries")
LINES = address("salesentry/SalesEntryLines")


@pytest.fixture
def exact():
    with responses.RequestsMock() as mocked:
        yield mocked


def results(*found):
    return {"d": {"results": list(found)}}


def query_of(call) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(call.request.url).query).items()}


def draft(**changes) -> SalesEntryDraft:
    line = SalesEntryLineDraft(
        amount_fc=Decimal("100.10"), gl_account_id=UUID(LEDGER), vat_code="4"
    )
    wished = {
        "customer_id": CUSTOMER,
        "journal": "70",
        "entry_date": date(2024, 1, 31),
        "your_ref": "2024-0001",
        "currency": "EUR",
        "lines": [line],
        **changes,
    }
    return SalesEntryDraft.model_validate(wished)


def test_p16_the_user_and_the_divisions_are_read(exact):
    exact.get(
        f"{BASE}/api/v1/current/Me",
        json=results({"UserID": CUSTOMER, "CurrentDivision": DIVISION, "Email": None}),
    )
    row = {
        "Code": DIVISION,
        "Description": "Books",
        "Status": 0,
        "BlockingStatus": 0,
        "Country": "NL ",
        "Main": True,
    }
    archived = {**row, "Code": 2, "Status": 1}
    exact.get(address("hrm/Divisions"), json=results(row, archived))

    user = me.get(client(division=None))
    found = divisions.list_permitted(client(division=user.current_division)).rows

    assert (user.user_id, user.email) == (UUID(CUSTOMER), "")
    assert [one.is_usable for one in found] == [True, False]
    assert (found[0].country, found[0].is_main) == ("NL", True)


def test_the_reference_lists_are_read_with_their_codes_stripped(exact):
    base = {"ID": LEDGER, "Division": DIVISION, "Description": None}
    exact.get(
        address("financial/Journals"),
        json=results({**base, "Code": "70", "Type": 20, "IsBlocked": False}),
    )
    exact.get(
        address("financial/GLAccounts"),
        json=results(
            {**base, "Code": "8000", "Type": 110, "UseCostcenter": 1},
            {**base, "Code": "1300", "Type": 20},
        ),
    )
    exact.get(
        address("vat/VATCodes"),
        json=results(
            {**base, "Code": "2  ", "Percentage": 0.21, "VATTransactionType": "B"},
            {**base, "Code": "5  ", "Percentage": None, "VATTransactionType": "P"},
        ),
    )
    exact.get(
        address("cashflow/PaymentConditions"),
        json=results({**base, "Code": "30", "PaymentDays": 30}),
    )

    assert journals.list_journals(client()).rows[0].code == "70"
    ledgers = gl_accounts.list_gl_accounts(client()).rows
    codes = vat_codes.list_vat_codes(client()).rows
    assert payment_conditions.list_payment_conditions(client()).rows[0].days == 30

    assert [one.is_revenue for one in ledgers] == [True, False]
    assert ledgers[0].use_cost_center == gl_accounts.COSTS_MANDATORY
    assert (codes[0].code, codes[0].percentage, codes[0].is_for_sales) == (
        "2",
        Decimal("0.21"),
        True,
    )
    assert not codes[1].is_for_sales
    assert query_of(exact.calls[0])["$filter"] == "(Type eq 20)"
    assert all("$select" in query_of(call) for call in exact.calls)


def test_a_customer_is_found_by_a_name_with_a_quote(exact):
    exact.get(
        address("crm/Accounts"),
        json=results({"ID": CUSTOMER, "Name": "O'Brien", "Code": "       25", "Status": "C"}),
    )

    (found,) = accounts.find_by_name(client(), "O'Brien")

    assert (found.code, found.is_customer) == ("25", True)
    assert query_of(exact.calls[0])["$filter"] == "Name eq 'O''Brien'"


def test_d10_a_customer_is_created_with_status_c_and_without_empty_values(exact):
    exact.post(
        address("crm/Accounts"),
        status=201,
        json={"d": {"ID": CUSTOMER, "Name": "Acme", "Status": "C"}},
    )
    exact.put(address(f"crm/Accounts(guid'{CUSTOMER}')"), status=204)
    exact.get(
        address(f"crm/Accounts(guid'{CUSTOMER}')"),
        json={"d": {"ID": CUSTOMER, "Name": "Acme", "Status": "P"}},
    )

    made = accounts.create(client(), accounts.AccountDraft(name="Acme", email="", country="NL"))
    accounts.update(client(), made.exact_id, {"Status": "C"})

    assert json.loads(exact.calls[0].request.body) == {
        "Name": "Acme",
        "Status": "C",
        "Country": "NL",
    }
    assert json.loads(exact.calls[1].request.body) == {"Status": "C"}
    assert not accounts.get(client(), made.exact_id).is_customer
    with pytest.raises(ValueError, match="Not changeable"):
        accounts.update(client(), made.exact_id, {"ID": CUSTOMER})


def test_customers_are_mirrored_from_a_timestamp(exact):
    exact.get(
        address("sync/CRM/Accounts"),
        json=results({"Timestamp": "77", "ID": CUSTOMER, "Name": "A", "Code": None}),
    )

    (page,) = accounts.sync(client(), 12)

    assert (page.rows[0].timestamp, page.rows[0].code) == (77, None)
    assert query_of(exact.calls[0])["$filter"] == "Timestamp gt 12L"
    assert "Timestamp" in query_of(exact.calls[0])["$select"].split(",")


def test_p37_an_invoice_is_booked_in_one_call_to_the_cent(exact):
    exact.post(ENTRIES, status=201, json={"d": entry_row()})

    booked = sales_entries.create(client(), draft(due_date=date(2024, 3, 1), entry_number=17))

    assert len(exact.calls) == 1
    assert exact.calls[0].request.body.decode() == (
        f'{{"Customer":"{CUSTOMER}","Journal":"70","EntryDate":"2024-01-31T00:00:00",'
        f'"SalesEntryLines":[{{"AmountFC":100.10,"GLAccount":"{LEDGER}","VATCode":"4"}}],'
        '"DueDate":"2024-03-01T00:00:00","EntryNumber":17,"YourRef":"2024-0001","Currency":"EUR"}'
    )
    assert booked.entry_id == UUID(ENTRY)
    assert (booked.entry_number, booked.invoice_number) == (24700001, 24700001)
    assert (booked.amount_fc, booked.vat_amount_fc) == (Decimal("121.1"), Decimal(21))
    assert (booked.journal, booked.your_ref, booked.currency) == ("70", "2024-0001", "EUR")
    assert booked.entry_date == date(2024, 1, 1)
    assert (booked.lines, booked.line_count, booked.is_credit_note) == (None, None, False)


def test_a_stored_draft_is_the_same_draft_again():
    wished = draft(rate=Decimal("1.0850"), due_date=date(2024, 2, 29))
    stored = json.loads(json.dumps(wished.model_dump(mode="json")))

    assert SalesEntryDraft.model_validate(stored) == wished
    assert stored["rate"] == "1.0850"
    assert (
        SalesEntryDraft.model_validate(json.loads(wished.model_dump_json(by_alias=True))) == wished
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": []},
        {"journal": ""},
        {"entry_number": 2**31},
        {"entry_number": 0},
        {"color": "red"},
        {"rate": 1.5},
    ],
)
def test_a_draft_that_exact_can_not_take_is_refused_here(changes):
    with pytest.raises(ValueError, match="validation error"):
        draft(**changes)


def test_a12_lines_are_read_when_they_are_in_the_answer(exact):
    line = {"ID": LEDGER, "AmountFC": 100.1, "VATCode": "4  ", "GLAccount": None}
    exact.post(
        ENTRIES, status=201, json={"d": entry_row(SalesEntryLines={"results": [line, line]})}
    )

    booked = sales_entries.create(client(), draft())

    assert booked.line_count == 2
    assert booked.lines is not None
    assert (booked.lines[0].vat_code, booked.lines[0].gl_account_id) == ("4", None)


def test_a5_what_was_sent_is_looked_up_by_number_and_by_reference(exact):
    exact.get(ENTRIES, json={"d": [entry_row()]})

    found = sales_entries.find_sent(client(), [SentEntry("O'1", "70", 17)])
    sales_entries.find_sent(client(), [SentEntry("x", "70", None)])
    sales_entries.find_sent(client(), [SentEntry("x", "70", 18), SentEntry("y", "70", None)])
    sales_entries.find_printed(client(), journal="70", invoice_number=17)

    assert [one.exact_id for one in found] == [UUID(ENTRY)]
    assert [query_of(call)["$filter"] for call in exact.calls] == [
        "(YourRef eq 'O''1' or (EntryNumber eq 17 and Journal eq '70'))",
        "YourRef eq 'x'",
        "((YourRef eq 'x' or (EntryNumber eq 18 and Journal eq '70')) or YourRef eq 'y')",
        "InvoiceNumber eq 17 and Journal eq '70'",
    ]
    assert "SalesEntryLines" not in query_of(exact.calls[0])["$select"]


def test_a22_all_matches_are_returned_so_that_two_are_seen(exact):
    exact.get(ENTRIES, json=results(entry_row(), entry_row(EntryID=CUSTOMER)))

    found = sales_entries.find_sent(client(), [SentEntry("x", "70", None)])
    assert len(found) == 2


def test_a23_a_match_that_can_not_be_read_never_looks_like_absence(exact):
    exact.get(ENTRIES, json=results(entry_row(AmountFC=None)))

    with pytest.raises(errors.UnexpectedAnswer):
        sales_entries.find_sent(client(), [SentEntry("x", "70", None)])


def test_a26_a_customer_that_can_not_be_read_never_looks_like_absence(exact):
    exact.get(address("crm/Accounts"), json=results({"ID": "odd", "Name": "Acme"}))

    with pytest.raises(errors.UnexpectedAnswer):
        accounts.find_by_name(client(), "Acme")


def test_an_entry_is_read_with_its_lines_without_a_404(exact):
    exact.get(ENTRIES, json=results(entry_row(SalesEntryLines={"results": []})))
    assert sales_entries.get(client(), UUID(ENTRY)).line_count == 0
    assert query_of(exact.calls[0])["$filter"] == f"EntryID eq guid'{ENTRY}'"
    assert query_of(exact.calls[0])["$expand"] == "SalesEntryLines"

    exact.replace(responses.GET, ENTRIES, json=results())
    with pytest.raises(errors.NotFound):
        sales_entries.get(client(), UUID(ENTRY))


def test_d8_the_header_is_changed_without_its_lines(exact):
    exact.put(f"{ENTRIES}(guid'{ENTRY}')", status=204)

    changes = {"YourRef": None, "DueDate": date(2024, 2, 29)}
    sales_entries.update_header(client(), UUID(ENTRY), changes)

    assert json.loads(exact.calls[0].request.body) == {
        "YourRef": None,
        "DueDate": "2024-02-29T00:00:00",
    }
    with pytest.raises(ValueError, match="SalesEntryLines"):
        sales_entries.update_header(client(), UUID(ENTRY), {"SalesEntryLines": []})


def test_d8_lines_are_added_changed_and_deleted_at_their_own_address(exact):
    exact.post(LINES, status=201, json={"d": {"ID": LEDGER, "AmountFC": 5}})
    exact.put(f"{LINES}(guid'{LEDGER}')", status=204)
    exact.delete(f"{LINES}(guid'{LEDGER}')", status=204)
    exact.delete(f"{ENTRIES}(guid'{ENTRY}')", status=204)
    line = SalesEntryLineDraft(amount_fc=Decimal(5), gl_account_id=UUID(LEDGER))

    made = sales_entries.create_line(client(), UUID(ENTRY), line)
    sales_entries.update_line(client(), made.exact_id, {"AmountFC": Decimal("5.50")})
    sales_entries.delete_line(client(), made.exact_id)
    sales_entries.delete(client(), UUID(ENTRY))

    assert json.loads(exact.calls[0].request.body)["EntryID"] == ENTRY
    assert exact.calls[1].request.body == b'{"AmountFC":5.50}'
    with pytest.raises(ValueError, match="EntryID"):
        sales_entries.update_line(client(), made.exact_id, {"EntryID": ENTRY})


def test_p52_terms_and_deletions_are_read_from_a_cursor(exact):
    paid = term_row(
        8, Status=50, LastPaymentDate="/Date(1704067200000)/", Journal="70 ", Account=""
    )
    exact.get(address("sync/Cashflow/PaymentTerms"), json=results(term_row(7), paid))
    gone = {
        "Timestamp": "9",
        "EntityType": 10,
        "EntityKey": ENTRY,
        "DeletedDate": "/Date(1704067200000)/",
    }
    exact.get(address("sync/Deleted"), json=results(gone))

    (terms,) = payment_terms.sync(client(), 6)
    (deletions,) = deleted.sync(client(), 6)

    assert [term.timestamp for term in terms.rows] == [7, 8]
    assert (terms.rows[0].amount_fc, terms.rows[0].your_ref, terms.rows[0].is_fully_paid) == (
        Decimal("-121.1"),
        "",
        False,
    )
    assert (terms.rows[1].status, terms.rows[1].last_payment_date) == (
        payment_terms.MATCHED,
        date(2024, 1, 1),
    )
    assert (terms.rows[1].journal, terms.rows[1].account_id) == ("70", None)
    assert (deletions.rows[0].entity_type, deletions.rows[0].entity_key) == (
        deleted.PAYMENT_TERMS,
        UUID(ENTRY),
    )
    assert [query_of(call)["$filter"] for call in exact.calls] == ["Timestamp gt 6L"] * 2

"""The library against the Exact sandbox over real HTTP: consent, reference lists, booking, payments' starting point."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from connector.secrets import Secret
from exact_sandbox.server import running_sandbox
from integrations.exact import (
    accounts,
    deleted,
    divisions,
    errors,
    gl_accounts,
    journals,
    me,
    oauth,
    payment_conditions,
    payment_terms,
    sales_entries,
    vat_codes,
)
from integrations.exact.client import ExactClient
from integrations.exact.rows import Page
from integrations.exact.sales_entries import SentEntry
from tests.integrations.exact.support import APP, consent


def test_consent_gives_tokens_that_live_ten_minutes(tokens):
    assert tokens.expires_in == 600
    assert tokens.refresh_token


def test_a_code_works_once(sandbox, transport):
    code = consent(sandbox.base_url)
    oauth.exchange_code(transport, sandbox.base_url, APP, code)
    with pytest.raises(oauth.CodeRefused):
        oauth.exchange_code(transport, sandbox.base_url, APP, code)


def test_c5_a_refresh_comes_too_early_and_then_works_once(transport):
    with running_sandbox() as fresh:
        first = oauth.exchange_code(transport, fresh.base_url, APP, consent(fresh.base_url))
        assert first.refresh_token
        with pytest.raises(oauth.TooEarly):
            oauth.refresh(transport, fresh.base_url, APP, first.refresh_token)
        fresh.sandbox.clock.advance(580)
        second = oauth.refresh(transport, fresh.base_url, APP, first.refresh_token)
        assert second.refresh_token not in (None, first.refresh_token)
        with pytest.raises(oauth.OldTokenUsed):
            oauth.refresh(transport, fresh.base_url, APP, first.refresh_token)


def test_c9_a_wrong_client_secret_and_a_garbage_token_are_told_apart(sandbox, transport):
    wrong = oauth.App(APP.client_id, Secret("wrong"), APP.redirect_uri)
    with pytest.raises(oauth.ClientRefused):
        oauth.refresh(transport, sandbox.base_url, wrong, Secret("x"))
    with pytest.raises(oauth.ConsentBroken):
        oauth.refresh(transport, sandbox.base_url, APP, Secret("garbage"))


def test_a_wrong_access_token_is_unauthorized(sandbox, transport):
    with pytest.raises(errors.Unauthorized):
        me.get(ExactClient(sandbox.base_url, None, Secret("nonsense"), transport))


def test_the_divisions_and_reference_lists_fit_their_rows(exact, records):
    ledgers = gl_accounts.list_gl_accounts(exact)
    codes = vat_codes.list_vat_codes(exact)
    everything: list[Page[Any]] = [
        ledgers,
        codes,
        divisions.list_permitted(exact),
        journals.list_journals(exact),
        payment_conditions.list_payment_conditions(exact),
    ]

    for page in everything:
        assert page.rows
        assert not page.quarantined
    assert any(account.is_revenue for account in ledgers.rows)
    assert any(code.percentage == Decimal("0.21") for code in codes.rows)
    assert all(record.limits.minute_remaining is not None for record in records)


def test_customers_are_mirrored_found_and_created(exact):
    pages = list(accounts.sync(exact, 1))
    known = pages[0].rows[0]
    assert not any(page.quarantined for page in pages)
    assert known.code

    assert known.exact_id in [one.exact_id for one in accounts.find_by_name(exact, known.name)]
    assert accounts.get(exact, known.exact_id).name == known.name

    made = accounts.create(
        exact, accounts.AccountDraft(name="O'Brien & Zonen", country="NL", city="Ede")
    )
    assert made.is_customer
    accounts.update(exact, made.exact_id, {"City": "Arnhem"})
    assert accounts.find_by_name(exact, "O'Brien & Zonen")[0].city == "Arnhem"


def draft(exact: ExactClient, **changes: object) -> sales_entries.SalesEntryDraft:
    customer = next(
        row
        for page in accounts.sync(exact, 1)
        for row in page.rows
        if row.is_customer and not row.is_blocked
    )
    ledger = next(
        row
        for row in gl_accounts.list_gl_accounts(exact).rows
        if row.is_revenue and not row.is_blocked
    )
    vat = next(
        row
        for row in vat_codes.list_vat_codes(exact).rows
        if row.percentage == Decimal("0.21") and row.type == "E" and row.is_for_sales
    )
    journal = next(row for row in journals.list_journals(exact).rows if not row.is_blocked)
    line = {"gl_account_id": ledger.exact_id, "vat_code": vat.code, "description": "Work"}
    return sales_entries.SalesEntryDraft.model_validate(
        {
            "customer_id": customer.exact_id,
            "journal": journal.code,
            "entry_date": datetime.now(UTC).date(),
            "currency": "EUR",
            "lines": [{**line, "amount_fc": "100.10"}, {**line, "amount_fc": "0.05"}],
            **changes,
        }
    )


def sent(exact: ExactClient, your_ref: str) -> list[sales_entries.BookedEntry]:
    return sales_entries.find_sent(exact, [SentEntry(your_ref, "70", None)])


def test_p37_an_invoice_is_booked_found_changed_and_deleted(exact):
    wished = draft(exact, your_ref="TEST-O'1")

    booked = sales_entries.create(exact, wished)

    assert booked.amount_fc == Decimal("121.18")
    assert booked.vat_amount_fc == Decimal("21.03")
    assert booked.customer_id == wished.customer_id
    read = sales_entries.get(exact, booked.entry_id)
    assert read.line_count == 2
    found = sales_entries.find_sent(
        exact, [SentEntry("TEST-O'1", wished.journal, booked.entry_number)]
    )
    assert [one.exact_id for one in found] == [booked.entry_id]

    sales_entries.update_header(exact, booked.entry_id, {"Description": "Changed"})
    added = sales_entries.create_line(exact, booked.entry_id, wished.lines[0])
    sales_entries.update_line(exact, added.exact_id, {"AmountFC": Decimal("10.00")})
    changed = sales_entries.get(exact, booked.entry_id)
    assert (changed.description, changed.line_count) == ("Changed", 3)
    assert changed.amount_fc == Decimal("133.28")
    sales_entries.delete_line(exact, added.exact_id)

    sales_entries.delete(exact, booked.entry_id)
    with pytest.raises(errors.NotFound):
        sales_entries.get(exact, booked.entry_id)


def test_p52_a_booked_invoice_has_terms_and_a_deleted_one_is_reported(exact):
    booked = sales_entries.create(exact, draft(exact, your_ref="TEST-2"))

    terms = [row for page in payment_terms.sync(exact, 1) for row in page.rows]
    own = [term for term in terms if term.transaction_entry_id == booked.entry_id]

    assert [abs(term.amount_fc) for term in own] == [booked.amount_fc]
    assert (own[0].status, own[0].your_ref) == (payment_terms.OPEN, "TEST-2")

    sales_entries.delete(exact, booked.entry_id)
    gone = [row for page in deleted.sync(exact, 1) for row in page.rows]
    assert own[0].exact_id in [
        row.entity_key for row in gone if row.entity_type == deleted.PAYMENT_TERMS
    ]


def test_a_credit_note_is_recognized_by_its_negative_amounts(exact):
    lines = [{**line.model_dump(), "amount_fc": -line.amount_fc} for line in draft(exact).lines]

    booked = sales_entries.create(exact, draft(exact, lines=lines, your_ref="TEST-CN"))

    assert booked.is_credit_note
    assert booked.amount_fc == Decimal("-121.18")


@pytest.mark.parametrize(
    "changes",
    [
        {"journal": "9999"},
        {"customer_id": UUID(int=5)},
        {"lines": [{"amount_fc": "1", "gl_account_id": str(UUID(int=7))}]},
        {"entry_date": date(1990, 1, 1)},
    ],
)
def test_a10_a_refused_invoice_says_why_and_books_nothing(exact, changes):
    wished = draft(exact, your_ref="TEST-REFUSED", **changes)

    with pytest.raises(errors.ValidationRefused) as refused:
        sales_entries.create(exact, wished)

    assert refused.value.messages
    assert sent(exact, "TEST-REFUSED") == []


def test_a21_a_used_entry_number_is_refused(exact):
    booked = sales_entries.create(exact, draft(exact, your_ref="TEST-3"))
    with pytest.raises(errors.ValidationRefused):
        sales_entries.create(
            exact, draft(exact, your_ref="TEST-4", entry_number=booked.entry_number)
        )
    sales_entries.delete(exact, booked.entry_id)


POST_FAULTS = [
    ("drop_before", errors.OutcomeUnknown, 0),
    ("commit_then_drop", errors.OutcomeUnknown, 1),
    ("error_500_after_commit", errors.OutcomeUnknown, 1),
    ("generic_500", errors.OutcomeUnknown, 0),
    ("maintenance_html", errors.OutcomeUnknown, 0),
    ("unavailable_503", errors.OutcomeUnknown, 0),
    ("empty_201", errors.OutcomeUnknown, 1),
    ("garbage_json", errors.OutcomeUnknown, 1),
    ("truncated_body", errors.OutcomeUnknown, 1),
    ("redirect", errors.OutcomeUnknown, 0),
    ("too_many_requests_minute", errors.Throttled, 0),
    ("too_many_requests_day", errors.Throttled, 0),
]


@pytest.mark.parametrize(
    ("fault", "error", "booked"), POST_FAULTS, ids=[row[0] for row in POST_FAULTS]
)
def test_a5_to_a13_an_invoice_is_sent_once_and_the_look_up_tells_the_truth(
    sandbox, exact, records, fault, error, booked
):
    wished = draft(exact, your_ref=f"FAULT-{fault}")
    records.clear()
    sandbox.sandbox.faults.add({"fault": fault, "method": "POST", "path": "SalesEntries"})

    with pytest.raises(error) as raised:
        sales_entries.create(exact, wished)

    assert [record.method for record in records] == ["POST"]
    assert raised.value.outcome is records[0].outcome
    assert len(sent(exact, f"FAULT-{fault}")) == booked


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("drop_before", errors.Unavailable),
        ("maintenance_html", errors.Unavailable),
        ("unavailable_503", errors.Unavailable),
        ("generic_500", errors.Unavailable),
        ("truncated_body", errors.Unavailable),
        ("garbage_json", errors.UnexpectedAnswer),
        ("redirect", errors.UnexpectedAnswer),
        ("evil_next", errors.UnexpectedAnswer),
        ("too_many_requests_minute", errors.Throttled),
    ],
)
def test_b1_to_b8_a_faulty_list_is_an_error_and_never_a_short_list(sandbox, exact, fault, error):
    sandbox.sandbox.faults.add({"fault": fault, "method": "GET", "path": "VATCodes"})
    with pytest.raises(error):
        vat_codes.list_vat_codes(exact)
    assert vat_codes.list_vat_codes(exact).rows


def test_b14_rows_of_another_division_are_set_aside(sandbox, exact):
    sandbox.sandbox.faults.add({"fault": "wrong_division", "method": "GET", "path": "VATCodes"})
    page = vat_codes.list_vat_codes(exact)
    assert not page.rows
    assert page.quarantined


def test_a12_a_dropped_line_is_seen(sandbox, exact):
    wished = draft(exact, your_ref="FAULT-lines")
    sandbox.sandbox.faults.add({"fault": "drop_lines", "method": "POST", "path": "SalesEntries"})

    booked = sales_entries.create(exact, wished)

    assert sales_entries.get(exact, booked.entry_id).line_count == len(wished.lines) - 1
    assert booked.amount_fc != Decimal("121.18")


def test_c3_a_lost_token_answer_is_unknown_and_then_old(transport):
    with running_sandbox() as fresh:
        first = oauth.exchange_code(transport, fresh.base_url, APP, consent(fresh.base_url))
        assert first.refresh_token
        fresh.sandbox.clock.advance(580)
        fresh.sandbox.faults.add({"fault": "token_reply_lost"})
        with pytest.raises(oauth.TokenOutcomeUnknown):
            oauth.refresh(transport, fresh.base_url, APP, first.refresh_token)
        with pytest.raises(oauth.OldTokenUsed):
            oauth.refresh(transport, fresh.base_url, APP, first.refresh_token)


def test_d1_the_real_minute_limit_is_reported_as_such(transport):
    with running_sandbox(minute_limit=3) as fresh:
        tokens = oauth.exchange_code(transport, fresh.base_url, APP, consent(fresh.base_url))
        start = ExactClient(fresh.base_url, None, tokens.access_token, transport)
        division = start.for_division(me.get(start).current_division)
        journals.list_journals(division)
        journals.list_journals(division)
        with pytest.raises(errors.Throttled) as raised:
            journals.list_journals(division)
        assert raised.value.limit == "minute"
        assert (
            datetime.now(UTC) < raised.value.reset_at <= datetime.now(UTC) + timedelta(seconds=62)
        )


def test_long_lists_are_read_to_the_end_page_by_page(exact, records):
    records.clear()
    pages = list(accounts.sync(exact, 1))
    listed = exact.every(
        "/api/v1/{division}/crm/Accounts", accounts.Account, query={"$filter": "Status eq 'C'"}
    )

    assert len({row.exact_id for row in listed.rows}) == len(listed.rows)
    mirrored = {row.exact_id for page in pages for row in page.rows if row.is_customer}
    assert mirrored == {row.exact_id for row in listed.rows}

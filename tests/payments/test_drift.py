"""The drift report (B-5): ours against Exact by period, from rows alone; what is accepted stays quiet while it is the same."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from uuid import uuid4

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from hypothesis import given, strategies as st

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from invoices.booked import accepted
from invoices.models import (
    AcceptedDifference,
    BreakKind,
    CopyState,
    Invoice,
    InvoiceEvent,
    InvoiceKind,
    PostedDocument,
    PostedDocumentState,
    ReconciliationBreak,
    ReconciliationCursor,
    SetAside,
)
from payments.drift import facts, periods, totals
from payments.drift.kinds import Drift, Standing
from payments.drift.report import OPEN, Report, kinds_of
from payments.models import ReceivableTerm, TermStatus
from payments.shares import SALES_CREDIT_NOTE, SALES_ENTRY
from tests import factories
from tests.factories import NOW
from tests.invoices.test_copy_dialog import text

DAY = date(2026, 10, 15)
OCTOBER = periods.Period("2026-10", date(2026, 10, 1), date(2026, 10, 31))


class Books:
    """An organization whose October is compared."""

    def __init__(self) -> None:
        self.organization = factories.make_organization()
        self.connection = factories.make_connection(
            organization=self.organization, sync_payments=True, payments_synced_at=NOW
        )
        with tenant_transaction(self.organization.pk):
            lanes.seat(self.connection)
        self.finance = factories.make_user(organization=self.organization, role=Role.FINANCE)
        self.browser = factories.sign_in(self.finance)

    def rows(self):
        return tenant_transaction(self.organization.pk)

    def invoice(self, **fields) -> Invoice:
        return factories.make_invoice(
            organization=self.organization,
            subsidiary=self.connection.subsidiary,
            invoice_date=fields.pop("invoice_date", DAY),
            **fields,
        )

    def copied(self, *, invoice=None, **seen) -> PostedDocument:
        """An invoice whose copy was read back as the invoice says, but for what `seen` says."""
        invoice = invoice or self.invoice()
        state = seen.pop("state", PostedDocumentState.CURRENT)
        document = factories.make_posted_document(
            invoice=invoice, connection=self.connection, state=state
        )
        as_sent = {
            "at": NOW,
            "gross_amount": document.gross_amount,
            "vat_amount": document.vat_amount,
            "currency": invoice.currency,
            "customer_exact_id": document.customer_exact_id,
            "number": invoice.number,
            "edits": "",
        }
        with self.rows():
            for name, value in (as_sent | seen).items():
                setattr(document, f"seen_{name}", value)
            document.save()
        return document

    def entry(self, amount="60.50", kind=SALES_ENTRY, **fields) -> ReceivableTerm:
        with self.rows():
            return ReceivableTerm.objects.create(
                connection=self.connection,
                exact_id=uuid4(),
                transaction_type=kind,
                status=TermStatus.OPEN,
                amount=Decimal(amount),
                currency="EUR",
                **{
                    "timestamp": 1,
                    "entry_exact_id": uuid4(),
                    "account_exact_id": uuid4(),
                    "invoice_date": DAY,
                    "your_ref": "by hand",
                    "journal_code": "70",
                    "entry_number": 27000300,
                }
                | fields,
            )

    def report(self, period=OCTOBER) -> Report:
        return Report(self.connection, period)

    def compared(self, invoice):
        with self.rows():
            day = invoice.invoice_date
            return facts.compare(self.connection, day, day).get(pk=invoice.pk)

    def page(self, **query):
        return self.browser.get("/drift/", {"period": "2026-10"} | query)


@pytest.fixture
def books(db):
    return Books()


CENT = Decimal("0.01")


@pytest.mark.parametrize(
    ("seen", "kinds"),
    [
        ({}, ()),
        ({"gross_amount": Decimal("121.01")}, (Drift.AMOUNT,)),
        ({"currency": "USD"}, (Drift.AMOUNT,)),
        ({"vat_amount": Decimal("20.99")}, (Drift.VAT,)),
        ({"vat_amount": None}, ()),
        ({"customer_exact_id": uuid4}, (Drift.CUSTOMER,)),
        ({"number": "27009999"}, (Drift.NUMBER,)),
        ({"number": ""}, ()),
        ({"edits": "0" * 64}, (Drift.EDITED,)),
        (
            {"gross_amount": Decimal(0), "vat_amount": Decimal(0), "number": "1"},
            (Drift.AMOUNT, Drift.VAT, Drift.NUMBER),
        ),
        # Not read back: nothing is said of it.
        ({"at": None, "gross_amount": None, "number": ""}, ()),
    ],
)
def test_b5_each_way_of_differing_is_told_to_the_cent(books, seen, kinds):
    made = {name: value() if callable(value) else value for name, value in seen.items()}
    document = books.copied(**made)

    row = books.compared(document.invoice)

    assert kinds_of(row) == kinds
    expected = "" if kinds else Standing.EQUAL if seen.get("at", NOW) else Standing.NOT_READ
    assert row.standing == expected


def test_b5_what_is_missing_deleted_twice_or_on_its_way_is_told(books):
    not_copied, on_its_way = books.invoice(), books.invoice()
    factories.make_copy_request(
        invoice=on_its_way, connection=books.connection, state=CopyState.QUEUED
    )
    aside = books.invoice(set_aside=SetAside.IGNORED, set_aside_at=NOW)
    deleted = books.copied(state=PostedDocumentState.DELETED_IN_EXACT).invoice
    twice = books.copied(state=PostedDocumentState.SUPERSEDED).invoice
    books.copied(invoice=twice)
    copied_again = books.copied(state=PostedDocumentState.DELETED_IN_EXACT).invoice
    books.copied(invoice=copied_again)
    stray = books.copied()
    with books.rows():
        ReconciliationBreak.objects.create(
            invoice=stray.invoice,
            document=stray,
            connection=books.connection,
            kind=BreakKind.TWICE,
            exact_id=uuid4(),
            sentence="Twice.",
            first_seen_at=NOW,
            last_seen_at=NOW,
        )
    elsewhere = factories.make_invoice(organization=books.organization, invoice_date=DAY)
    later = books.invoice(invoice_date=DAY + timedelta(days=31))

    with books.rows():
        found = {row.pk: kinds_of(row) for row in books.report().invoices}

    assert found == {
        not_copied.pk: (Drift.NOT_COPIED,),
        on_its_way.pk: (),
        aside.pk: (),
        deleted.pk: (Drift.DELETED,),
        twice.pk: (Drift.TWICE,),
        copied_again.pk: (),
        stray.invoice_id: (Drift.TWICE,),
    }
    assert not {elsewhere.pk, later.pk} & found.keys()
    assert books.compared(on_its_way).standing == Standing.ON_ITS_WAY
    assert books.compared(aside).standing == Standing.SET_ASIDE


def test_b5_what_exact_has_and_nobody_here_knows_is_told(books):
    stray = books.entry()
    books.entry(amount="10.00", kind=SALES_CREDIT_NOTE, entry_number=27000301)
    split = books.entry(amount="30.00", entry_number=27000302)
    books.entry(amount="31.00", entry_exact_id=split.entry_exact_id, timestamp=2)
    document = books.copied(state=PostedDocumentState.DELETED_IN_EXACT)
    books.entry(entry_exact_id=document.exact_id)
    books.entry(invoice_date=date(2026, 9, 30))
    books.entry(kind=40)
    books.entry(deleted_at=NOW)

    with books.rows():
        found = list(books.report().select_entries(OPEN).values_list("entry_number", "gross"))

    assert found == [(27000300, Decimal("60.50")), (27000301, -10), (27000302, 61)]
    assert stray.entry_number == 27000300


def test_b5_totals_of_both_sides_are_explained_to_the_cent(books):
    books.copied()
    books.copied(gross_amount=Decimal("120.99"))
    credit = books.invoice(kind=InvoiceKind.CREDIT_NOTE)
    books.copied(invoice=credit)
    books.invoice()
    books.copied(state=PostedDocumentState.DELETED_IN_EXACT)
    twice = books.copied(state=PostedDocumentState.SUPERSEDED).invoice
    books.copied(invoice=twice)
    books.entry()

    with books.rows():
        [total] = books.report().totals
        counts = books.report().counts

    assert (total.ours, total.exact) == (
        5 * 121 - 121,
        Decimal("120.99") + 3 * 121 - 121 + Decimal("60.50"),
    )
    assert total.rest == 0
    assert {step.value: amount for step, amount in total.steps.items()} == {
        "amount": Decimal("-0.01"),
        "not_copied": -121,
        "deleted": -121,
        "twice": 121,
        "only_in_exact": Decimal("60.50"),
    }
    assert (counts["open"], counts["equal"], counts["only_in_exact"]) == (5, 2, 1)


_CURRENCIES = st.sampled_from(["EUR", "USD"])
_AMOUNTS = st.integers(-100_000, 100_000).map(lambda cents: Decimal(cents) / 100)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "currency": _CURRENCIES,
                "exact_currency": _CURRENCIES,
                "place": st.sampled_from(["", "not_copied", "deleted", "on_its_way", "set_aside"]),
                "ours": _AMOUNTS,
                "booked": _AMOUNTS,
                "earlier": _AMOUNTS,
                "count": st.integers(1, 9),
                "earlier_count": st.integers(0, 2),
                "differing": st.integers(0, 2),
            }
        ),
        max_size=8,
    ),
    st.lists(
        st.fixed_dictionaries(
            {"currency": _CURRENCIES, "total": _AMOUNTS, "count": st.integers(1, 9)}
        ),
        max_size=3,
    ),
)
def test_b5_whatever_lies_between_both_totals_the_steps_explain_it(groups, entries):
    for total in totals.add_up(groups, entries):
        assert total.rest == 0


def test_b5_what_was_accepted_is_quiet_until_a_side_changes(books):
    document = books.copied(gross_amount=Decimal("120.99"))
    invoice = document.invoice
    address = f"/drift/{books.connection.pk}/invoices/{invoice.pk}/accept/"
    shown = books.compared(invoice).facts

    nothing_said = books.browser.post(address, {"facts": shown, "reason": " "})
    outdated = books.browser.post(address, {"facts": "0" * 32, "reason": "Rounded there"})
    accepted = books.browser.post(address, {"facts": shown, "reason": "Rounded there"}, follow=True)
    quiet = books.compared(invoice).standing
    listed = text(books.page(view="accepted"))

    assert (nothing_said.status_code, outdated.status_code) == (422, 422)
    assert "Say in a few words why" in text(nothing_said)
    assert "This has changed since" in text(outdated)
    assert "Accepted. It is asked anew when either side changes." in text(accepted)
    assert quiet == Standing.ACCEPTED
    assert f"Accepted by {books.finance}" in listed
    with books.rows():
        assert InvoiceEvent.objects.filter(invoice=invoice, kind="difference_accepted").exists()
        document.seen_gross_amount = Decimal("120.98")
        document.save()
    assert books.compared(invoice).standing == ""
    with books.rows():
        document.seen_gross_amount = Decimal("120.99")
        document.save()
        one = AcceptedDifference.objects.get(undone_at=None)
    assert books.compared(invoice).standing == Standing.ACCEPTED
    books.browser.post(f"/drift/accepted/{one.pk}/undo/")
    assert books.compared(invoice).standing == ""


def test_b5_an_entry_that_only_exact_has_can_be_accepted(books):
    entry = books.entry()
    address = f"/drift/{books.connection.pk}/entries/{entry.entry_exact_id}/accept/"
    with books.rows():
        shown = books.report().select_entries(OPEN).get().facts

    books.browser.post(address, {"facts": shown, "reason": "Own sale"})

    assert "Own sale" in text(books.page(view="accepted"))
    assert "by hand" not in text(books.page())
    with books.rows():
        ReceivableTerm.objects.update(document_amount=Decimal("70.00"))
    assert "by hand" in text(books.page())


def test_b5_the_report_costs_the_same_number_of_queries_however_many_there_are(books):
    def count():
        with CaptureQueriesContext(
            database,
        ) as queries:
            assert books.page().status_code == 200
        return len(queries)

    def more():
        books.copied(gross_amount=Decimal(1), customer_exact_id=uuid4())
        books.invoice()
        books.copied(state=PostedDocumentState.DELETED_IN_EXACT)
        books.entry()

    more()
    few = count()
    for _ in range(5):
        more()

    assert count() == few
    assert few < 40


def test_b5_the_file_runs_no_formula_and_says_what_the_page_says(books):
    client = factories.make_client(organization=books.organization, name="=1+1")
    books.copied(invoice=books.invoice(client=client), gross_amount=Decimal("120.99"))
    books.entry(your_ref="@sum")

    answer = books.browser.get("/drift/report.csv", {"period": "2026-10"})

    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("Another amount,")
    assert ",'=1+1,2026-10-15,EUR,121.00,120.99,-0.01,21.00,21.00," in lines[1]
    assert lines[2].startswith("Missing here,'@sum,")


def test_b5_compare_now_is_a_wish_and_nothing_more(books):
    with books.rows():
        ReconciliationCursor.objects.create(
            connection=books.connection,
            route=books.connection.route,
            read_from=NOW,
            next_at=NOW + timedelta(days=1),
            full_at=NOW,
        )

    answer = books.browser.post(f"/drift/{books.connection.pk}/compare/", follow=True)

    assert "Exact is asked in the background." in text(answer)
    assert "it waits for its turn." in text(answer)
    with books.rows():
        cursor = ReconciliationCursor.objects.get()
    assert cursor.asked_at is not None
    assert cursor.next_at == cursor.asked_at
    waits = {"headers": {"HX-Request": "true", "HX-Target": "drift-compared"}}
    assert "it waits for its turn." in text(books.browser.get("/drift/", **waits))
    with books.rows():
        ReconciliationCursor.objects.update(asked_at=None)
    assert books.browser.get("/drift/", **waits).headers["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"period": "2026-13"}, "There is no such period."),
        ({"period": "custom", "from": "2026-10-31", "to": "2026-10-01"}, "Swap them."),
        ({"period": "custom", "from": "x", "to": ""}, "Give the first and the last day"),
    ],
)
def test_a_period_that_is_none_is_said_and_can_be_mended(books, query, sentence):
    answer = books.page(**query)

    assert answer.status_code == 422
    assert sentence in unescape(answer.content.decode())


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_is_all_of_its_days(key, first, last):
    found = periods.read_period({"period": key}, today=DAY)

    assert (found.first, found.last) == (first, last)
    assert found.key == key
    assert found.parameters == {"period": key}
    assert periods.read_period({}, today=DAY) == periods.month_of(date(2026, 9, 1))


@pytest.mark.django_db
def test_b5_that_exact_has_an_amount_of_nothing_can_be_accepted_too():
    """From then on nothing is expected there, so the next comparison has nothing to tell."""
    organization = factories.make_organization()
    connection = factories.make_connection(organization=organization)
    invoice = factories.make_invoice(organization=organization, subsidiary=connection.subsidiary)
    request = factories.make_copy_request(
        invoice=invoice, connection=connection, state=CopyState.MISMATCH
    )
    document = factories.make_posted_document(
        invoice=invoice,
        connection=connection,
        copy_request=request,
        seen_at=NOW,
        seen_gross_amount=0,
        seen_vat_amount=0,
    )
    with tenant_transaction(organization.pk):
        word = AcceptedDifference.objects.create(
            invoice=invoice, facts="0" * 32, reason="Booked in the other one", at=NOW
        )

        accepted.let_stand(word, invoice, now=NOW)

        document.refresh_from_db()
    assert (document.gross_amount, document.vat_amount) == (0, 0)

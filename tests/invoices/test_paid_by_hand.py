"""Paid by hand: who may, when, what the dialogs say, and that a second click is told who was first. No view calls Exact."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from connector import http
from connector.tenancy.models import Role, User
from connector.tenancy.scope import tenant_transaction
from invoices import paid_by_hand
from invoices.models import HandPayment, Invoice, InvoiceEvent, InvoiceState
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"hx-request": "true"}


class Agency:
    """An organization with people of each role and one finalized invoice of 121.00 EUR."""

    def __init__(self) -> None:
        self.organization = factories.make_organization()
        self.femke = self.person(Role.FINANCE, "Femke Smit")
        self.browser = factories.sign_in(self.femke)
        self.invoice = self.add()

    def person(self, role: Role, name: str) -> User:
        return factories.make_user(organization=self.organization, role=role, name=name)

    def add(self, **fields: Any) -> Invoice:
        """An invoice that is not connected to anything, finalized in the PSA."""
        options = {"state": InvoiceState.FINALIZED} | fields
        return factories.make_invoice(organization=self.organization, **options)

    def partly_paid(self, **fields: Any) -> Invoice:
        """An invoice of which Exact shows 40.00 of 121.00 EUR paid."""
        facts = {"payment_status": "partly_paid", "paid_amount": "40.00"}
        invoice = self.add(payments_read_at=timezone.now(), **facts | fields)
        exact = factories.make_connection(organization=self.organization, lists=False)
        factories.make_posted_document(invoice=invoice, connection=exact)
        return invoice

    def mark(self, invoice: Invoice, browser: Browser | None = None, **values: str) -> Any:
        data = {"paid_date": "2026-11-20", "note": ""} | values
        return (browser or self.browser).post(f"/invoices/{invoice.pk}/paid/", data, follow=True)

    def undo(self, mark: HandPayment, browser: Browser | None = None) -> Any:
        return (browser or self.browser).post(f"/hand-payments/{mark.pk}/undo/", follow=True)

    def get_mark(self, invoice: Invoice) -> HandPayment:
        with tenant_transaction(self.organization.pk):
            return HandPayment.objects.select_related("user").filter(invoice=invoice).latest("id")

    def counts(self, invoice: Invoice) -> tuple[str, str, date | None]:
        """What lists and totals count: status, paid amount and day."""
        with tenant_transaction(self.organization.pk):
            row = Invoice.objects.get(pk=invoice.pk)
            return row.payment_status, f"{row.paid_amount:.2f}", row.paid_date

    def history(self, invoice: Invoice) -> list[tuple[str, str]]:
        with tenant_transaction(self.organization.pk):
            events = InvoiceEvent.objects.filter(invoice=invoice).select_related("user")
            return [(str(event.user), event.sentence) for event in events.order_by("id")]


@pytest.fixture(autouse=True)
def today(monkeypatch) -> date:
    """A fixed morning, so that the days below are in the past."""
    monkeypatch.setattr(timezone, "now", lambda: factories.NOW)
    return factories.NOW.date()


@pytest.fixture
def agency() -> Agency:
    return Agency()


@pytest.fixture(autouse=True)
def calls_out(monkeypatch) -> list[str]:
    """Every attempt to call another system; it must stay empty."""
    calls: list[str] = []
    monkeypatch.setattr(http, "before_send", [lambda: calls.append("call")])
    return calls


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


# --- Marking --------------------------------------------------------------------------------------------------------


def test_h42_and_h44_an_invoice_without_any_connection_is_paid_after_proceed(agency, calls_out):
    page = text_of(agency.browser.get(f"/invoices/{agency.invoice.pk}/"))
    assert f'href="/invoices/{agency.invoice.pk}/paid/"' in page

    page = text_of(agency.mark(agency.invoice, note="Cash at the counter"))

    assert agency.counts(agency.invoice) == ("paid", "121.00", date(2026, 11, 20))
    assert "Paid on 20 Nov 2026, by hand." in page
    assert "Cash at the counter" in page
    assert "It is not in Exact." in page
    assert agency.history(agency.invoice) == [
        (
            "Femke Smit",
            "Marked as paid by hand: 121.00 EUR on 20 Nov 2026. Exact is not told. Note: Cash at the counter",
        )
    ]
    assert calls_out == []


def test_h43_the_dialog_asks_for_a_day_and_says_what_the_mark_means(agency):
    invoice = agency.partly_paid()

    dialog = text_of(agency.browser.get(f"/invoices/{invoice.pk}/paid/", headers=HTMX))

    assert "<html" not in dialog
    assert f"Mark {invoice} as paid?" in dialog
    assert "121.00 EUR counts as paid in full. Exact shows 40.00 EUR of 121.00 EUR paid." in dialog
    assert 'value="2026-11-21"' in dialog
    for promise in (
        "your word counts here, not what Exact shows",
        "nothing is sent to Exact",
        "Only a person can take it back",
        "both stay in the history",
    ):
        assert promise in dialog
    assert ">Proceed</button>" in dialog
    assert ">Cancel</a>" in dialog
    assert agency.counts(invoice) == ("partly_paid", "40.00", None)


def test_h43_the_dialog_is_a_page_without_scripts(agency):
    page = text_of(agency.browser.get(f"/invoices/{agency.invoice.pk}/paid/"))

    assert "<html" in page
    assert f'<form method="post" action="/invoices/{agency.invoice.pk}/paid/"' in page
    assert f'href="/invoices/{agency.invoice.pk}/"' in page


def test_h42_a_draft_says_why_it_cannot_be_marked_and_stays_open(agency):
    draft = agency.add(state=InvoiceState.DRAFT)
    sentence = "A draft cannot be marked as paid: it can still change."

    page = text_of(agency.browser.get(f"/invoices/{draft.pk}/"))
    assert sentence in page
    assert f"/invoices/{draft.pk}/paid/" not in page
    assert sentence in text_of(agency.browser.get(f"/invoices/{draft.pk}/paid/", headers=HTMX))

    answer = agency.mark(draft)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert agency.counts(draft) == ("open", "0.00", None)
    assert agency.history(draft) == []


def test_what_exact_shows_as_paid_cannot_be_marked_and_offers_no_button(agency):
    paid = {
        "payment_status": "paid",
        "paid_amount": "121.00",
        "exact_paid_date": date(2026, 11, 3),
    }
    invoice = agency.partly_paid(**paid)

    assert f"/invoices/{invoice.pk}/paid/" not in text_of(
        agency.browser.get(f"/invoices/{invoice.pk}/")
    )
    answer = agency.mark(invoice)

    assert answer.status_code == 422
    assert "Exact already shows 121.00 EUR paid on 3 Nov 2026" in text_of(answer)


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2026-11-22", "This day is in the future. Choose the day on which it was paid."),
        ("2026-11-19", "The invoice is of 20 Nov 2026. Choose that day or a later one."),
        ("0001-01-01", "The invoice is of 20 Nov 2026. Choose that day or a later one."),
        ("yesterday", "This is not a day of the calendar. Write it as 2026-11-30."),
        ("2026-02-30", "This is not a day of the calendar."),
        ("", "Choose the day."),
    ],
)
def test_a_day_that_cannot_be_is_a_sentence_and_loses_nothing(agency, day, sentence):
    answer = agency.mark(agency.invoice, paid_date=day, note="Cash")

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert 'value="Cash"' in text_of(answer)
    assert agency.counts(agency.invoice) == ("open", "0.00", None)


def test_the_first_and_the_last_day_that_can_be(agency):
    for day in ("2026-11-20", "2026-11-21"):
        invoice = agency.add()
        agency.mark(invoice, paid_date=day)
        assert agency.counts(invoice) == ("paid", "121.00", date.fromisoformat(day))


def test_an_invoice_dated_ahead_can_be_paid_today(agency):
    ahead = agency.add(invoice_date=date(2026, 12, 1))

    agency.mark(ahead, paid_date="2026-11-21")

    assert agency.counts(ahead) == ("paid", "121.00", date(2026, 11, 21))


def test_a_note_that_is_too_long_is_a_sentence_and_is_not_cut(agency):
    answer = agency.mark(agency.invoice, note="x" * 201)

    assert answer.status_code == 422
    assert "The note is too long: 200 characters fit." in text_of(answer)
    assert "x" * 201 in text_of(answer)
    agency.mark(agency.invoice, note="x" * 200)
    assert agency.get_mark(agency.invoice).note == "x" * 200


def test_a_note_is_shown_as_text(agency):
    page = text_of(agency.mark(agency.invoice, note="<img src=x onerror=alert(1)>\u202e"))

    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img src=x" not in page


def test_a_credit_note_is_settled(agency):
    note = agency.add(kind="credit_note")

    dialog = text_of(agency.browser.get(f"/invoices/{note.pk}/paid/", headers=HTMX))
    assert f"Mark {note} as settled?" in dialog
    page = text_of(agency.mark(note))

    assert "Settled on 20 Nov 2026, by hand." in page
    assert agency.counts(note) == ("paid", "121.00", date(2026, 11, 20))
    assert agency.history(note)[-1][1].startswith("Marked as settled by hand: 121.00 EUR")


# --- Several people -------------------------------------------------------------------------------------------------


def test_d12_a_second_click_is_told_who_was_first_and_changes_nothing(agency):
    agency.mark(agency.invoice, note="Cash")
    joris = factories.sign_in(agency.person(Role.ADMIN, "Joris Vos"))

    answer = agency.mark(agency.invoice, joris, paid_date="2026-11-21", note="Bank")

    assert answer.status_code == 200
    assert (
        "Femke Smit already marked it as paid at 10:00, with 20 Nov 2026 as the day. Nothing was changed."
        in text_of(answer)
    )
    assert agency.counts(agency.invoice) == ("paid", "121.00", date(2026, 11, 20))
    assert len(agency.history(agency.invoice)) == 1
    with tenant_transaction(agency.organization.pk):
        assert HandPayment.objects.count() == 1


def test_d12_a_second_undo_is_told_who_was_first_and_takes_no_later_mark_back(agency):
    agency.mark(agency.invoice)
    first = agency.get_mark(agency.invoice)
    joris = factories.sign_in(agency.person(Role.ADMIN, "Joris Vos"))
    agency.undo(first, joris)
    agency.mark(agency.invoice, paid_date="2026-11-21")

    answer = agency.undo(first)

    assert "Joris Vos already took it back at 10:00. Nothing was changed." in text_of(answer)
    assert agency.counts(agency.invoice) == ("paid", "121.00", date(2026, 11, 21))
    assert [who for who, _ in agency.history(agency.invoice)] == [
        "Femke Smit",
        "Joris Vos",
        "Femke Smit",
    ]


def test_d12_a_dialog_that_stood_open_is_told_too(agency):
    agency.mark(agency.invoice)
    mark = agency.get_mark(agency.invoice)

    late = agency.browser.get(f"/invoices/{agency.invoice.pk}/paid/", headers=HTMX)
    assert late.headers["HX-Redirect"] == f"/invoices/{agency.invoice.pk}/"

    agency.undo(mark)
    late = agency.browser.get(f"/hand-payments/{mark.pk}/undo/", headers=HTMX)
    assert late.headers["HX-Redirect"] == f"/invoices/{agency.invoice.pk}/"


@pytest.mark.django_db(transaction=True)
def test_d12_two_people_at_the_same_moment_make_one_mark():
    agency = Agency()
    people = [agency.person(Role.FINANCE, f"Person {number}") for number in range(4)]
    start = threading.Barrier(len(people))
    outcomes: list[str] = []

    def click(person: User) -> None:
        try:
            with tenant_transaction(agency.organization.pk):
                start.wait(timeout=10)
                paid_by_hand.mark_paid(
                    invoice=agency.invoice,
                    paid_date=date(2026, 11, 20),
                    note="",
                    user=person,
                    now=factories.NOW,
                )
            outcomes.append(person.name)
        except paid_by_hand.NothingToDo as told:
            outcomes.append(str(told))
        finally:
            connection.close()

    threads = [threading.Thread(target=click, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    [winner] = [said for said in outcomes if "already" not in said]
    assert len(outcomes) == len(people)
    assert all(said.startswith(f"{winner} already") for said in outcomes if said != winner)
    assert agency.get_mark(agency.invoice).user.name == winner
    assert len(agency.history(agency.invoice)) == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_j18_a_viewer_gets_neither_button_nor_answer(agency, method):
    viewer = factories.sign_in(agency.person(Role.VIEWER, "Kim"))
    assert "/paid/" not in text_of(viewer.get(f"/invoices/{agency.invoice.pk}/"))
    agency.mark(agency.invoice)
    mark = agency.get_mark(agency.invoice)
    page = text_of(viewer.get(f"/invoices/{agency.invoice.pk}/"))

    assert "Paid on 20 Nov 2026, by hand." in page
    assert "/undo/" not in page
    for address in (f"/invoices/{agency.invoice.pk}/paid/", f"/hand-payments/{mark.pk}/undo/"):
        assert getattr(viewer, method)(address).status_code == 403
    assert agency.counts(agency.invoice)[0] == "paid"


# --- Taking it back -------------------------------------------------------------------------------------------------


def test_d12_undo_asks_first_and_then_what_exact_shows_counts_again(agency):
    invoice = agency.partly_paid()
    agency.mark(invoice, note="Cash")
    mark = agency.get_mark(invoice)

    dialog = text_of(agency.browser.get(f"/hand-payments/{mark.pk}/undo/", headers=HTMX))
    assert "Femke Smit marked it on 21 Nov 2026 10:00 as paid on 20 Nov 2026." in dialog
    assert "what Exact shows counts again: 40.00 EUR of 121.00 EUR paid" in dialog
    assert agency.counts(invoice)[0] == "paid"

    page = text_of(agency.undo(mark))

    assert agency.counts(invoice) == ("partly_paid", "40.00", None)
    assert f"/invoices/{invoice.pk}/paid/" in page
    who, sentence = agency.history(invoice)[-1]
    assert who == "Femke Smit"
    assert sentence == (
        "Took back that Femke Smit marked it as paid by hand on 21 Nov 2026. "
        "What Exact shows counts again: 40.00 EUR of 121.00 EUR paid."
    )
    kept = agency.get_mark(invoice)
    assert (kept.paid_date, kept.note, kept.undone_by) == (
        date(2026, 11, 20),
        "Cash",
        agency.femke,
    )


def test_d12_a_mark_outlives_the_person_who_made_it(agency):
    agency.mark(agency.invoice)
    with tenant_transaction(agency.organization.pk):
        HandPayment.objects.update(user=None)  # as the database does when a person is deleted
    joris = factories.sign_in(agency.person(Role.ADMIN, "Joris Vos"))

    page = text_of(joris.get(f"/invoices/{agency.invoice.pk}/"))

    assert "Somebody who is no longer here marked it so" in page
    agency.undo(agency.get_mark(agency.invoice), joris)
    assert agency.counts(agency.invoice)[0] == "open"


def test_d12_the_activity_of_the_organization_says_it_once_with_the_person(agency):
    agency.mark(agency.invoice)
    agency.undo(agency.get_mark(agency.invoice))

    page = text_of(agency.browser.get("/activity/"))

    assert page.count("Marked as paid by hand: 121.00 EUR on 20 Nov 2026.") == 1
    assert page.count("Took back that Femke Smit marked it as paid by hand") == 1


# --- What is shown --------------------------------------------------------------------------------------------------


def test_the_page_says_which_of_the_two_counts_and_what_exact_has_open(agency):
    invoice = agency.partly_paid(psa_paid_date=date(2026, 11, 19))

    page = text_of(agency.mark(invoice))

    assert "that counts until a person takes it back" in page
    assert "Exact shows 40.00 EUR of 121.00 EUR paid; 81.00 EUR is open there" in page
    assert "The PSA says paid" not in page


def test_the_page_says_when_both_agree(agency):
    invoice = agency.partly_paid()
    agency.mark(invoice)
    with tenant_transaction(agency.organization.pk):
        Invoice.objects.filter(pk=invoice.pk).update(
            exact_payment_status="paid", exact_paid_amount=121, exact_paid_date=date(2026, 11, 21)
        )

    page = text_of(agency.browser.get(f"/invoices/{invoice.pk}/"))

    assert "Exact shows 121.00 EUR paid on 21 Nov 2026 as well: both agree." in page


def test_the_list_says_by_hand_and_counts_nothing_as_open(agency):
    invoice = agency.partly_paid()
    before = text_of(agency.browser.get("/invoices/"))
    assert "by hand" not in before
    assert "202.00 EUR open" in before  # 121.00 of the one, 81.00 of the other

    agency.mark(invoice)

    after = text_of(agency.browser.get("/invoices/?payment=paid"))
    assert f'href="/invoices/{invoice.pk}/"' in after
    assert after.count(">by hand<") == 1
    assert "0.00 EUR open" in after
    assert "121.00 EUR open" in text_of(agency.browser.get("/invoices/"))


def test_another_total_under_a_mark_is_paid_too_and_said(agency):
    agency.mark(agency.invoice)
    with tenant_transaction(agency.organization.pk):
        invoice = Invoice.objects.get(pk=agency.invoice.pk)
        invoice.gross_amount = Decimal("242.00")
        invoice.save()
        paid_by_hand.follow_totals([invoice], now=factories.NOW)

    assert agency.counts(agency.invoice) == ("paid", "242.00", date(2026, 11, 20))
    assert agency.history(agency.invoice)[-1][1].startswith("The total is now 242.00 EUR.")

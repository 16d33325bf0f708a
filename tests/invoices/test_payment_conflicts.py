"""Where Exact says something else of a payment than people or the PSA do: both facts, a choice, and the list's filter."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from invoices.models import CopyState, Invoice, PaymentDecision, PostedDocumentState
from tests import factories
from tests.invoices.test_paid_by_hand import Agency, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(monkeypatch) -> date:
    """A fixed morning, so that the days below are in the past."""
    monkeypatch.setattr(timezone, "now", lambda: factories.NOW)
    return factories.NOW.date()


@pytest.fixture
def agency() -> Agency:
    return Agency()


def page(agency: Agency, invoice: Invoice, role: Role = Role.FINANCE) -> str:
    browser = factories.sign_in(agency.person(role, "Reader"))
    return text_of(browser.get(f"/invoices/{invoice.pk}/"))


def needing_a_look(agency: Agency) -> set[int]:
    text = text_of(agency.browser.get("/invoices/?look=on"))
    return {int(one) for one in re.findall(r'class="row-link" href="/invoices/(\d+)/"', text)}


def let_stand(agency: Agency, invoice: Invoice, **values: str) -> Any:
    found = re.search(r'name="seen" value="([^"]*)"', page(agency, invoice))
    data = {"seen": found.group(1) if found else ""} | values
    return agency.browser.post(f"/invoices/{invoice.pk}/payment/let-stand/", data, follow=True)


def exact_says(agency: Agency, invoice: Invoice, status: str, paid: str) -> None:
    with tenant_transaction(agency.organization.pk):
        Invoice.objects.filter(pk=invoice.pk).update(
            exact_payment_status=status, exact_paid_amount=paid
        )


def test_d12_paid_by_hand_and_open_in_exact_shows_both_and_a_choice(agency):
    invoice = agency.partly_paid()
    agency.mark(invoice)

    text = page(agency, invoice)

    assert "Exact shows 40.00 EUR of 121.00 EUR paid; 81.00 EUR is open there" in text
    assert "Exact is right: undo the mark by hand" in text
    assert "The mark is right: keep it as paid" in text
    assert needing_a_look(agency) == {invoice.pk}
    assert "1 invoice needs a look" in text_of(agency.browser.get("/invoices/"))
    assert "Exact: partly paid" in text_of(agency.browser.get("/invoices/"))


def test_d12_a_decision_holds_until_exact_says_something_else(agency):
    invoice = agency.partly_paid()
    agency.mark(invoice)

    answer = text_of(let_stand(agency, invoice))

    assert "Both stand." in answer
    assert "Femke Smit looked at it on" in answer
    assert "The mark is right" not in answer
    assert agency.counts(invoice)[:2] == ("paid", "121.00")
    assert needing_a_look(agency) == set()
    assert agency.history(invoice)[-1] == (
        "Femke Smit",
        "Looked at it: it stays paid by hand, although Exact shows 40.00 EUR of 121.00 EUR paid.",
    )

    exact_says(agency, invoice, "open", "0")

    assert "The mark is right: keep it as paid" in page(agency, invoice)
    assert needing_a_look(agency) == {invoice.pk}


def test_d12_a_new_mark_is_a_new_question(agency):
    invoice = agency.partly_paid()
    agency.mark(invoice)
    let_stand(agency, invoice)
    agency.undo(agency.get_mark(invoice))
    assert needing_a_look(agency) == set()

    agency.mark(invoice)

    assert needing_a_look(agency) == {invoice.pk}


@pytest.mark.parametrize(
    ("status", "paid", "is_conflict"),
    [
        ("paid", "121.00", False),
        ("overpaid", "121.00", False),
        ("discount_taken", "121.00", False),
        ("in_collection", "0", True),
        ("written_off", "121.00", True),
        ("credited", "121.00", True),
    ],
)
def test_what_contradicts_a_mark(agency, status, paid, is_conflict):
    invoice = agency.partly_paid()
    agency.mark(invoice)
    exact_says(agency, invoice, status, paid)

    text = page(agency, invoice)

    assert ("The mark is right" in text) == is_conflict
    assert ("both agree" in text) == (not is_conflict)
    assert needing_a_look(agency) == ({invoice.pk} if is_conflict else set())


def test_p56_what_only_the_psa_calls_paid_is_a_choice_too(agency):
    invoice = agency.partly_paid(psa_paid_date=date(2026, 11, 19))

    text = page(agency, invoice)
    assert "The PSA says paid on 19 Nov 2026; in Exact 81.00 EUR is open." in text
    assert "The PSA is right: mark as paid" in text
    assert needing_a_look(agency) == {invoice.pk}

    answer = text_of(let_stand(agency, invoice))

    assert "left it so" in answer
    assert needing_a_look(agency) == set()
    assert agency.counts(invoice)[:2] == ("partly_paid", "40.00")
    assert agency.history(invoice)[-1][1].endswith("although the PSA says paid on 19 Nov 2026.")


def test_nothing_is_a_conflict_that_was_not_read_or_is_not_in_exact(agency):
    unread = agency.partly_paid(psa_paid_date=date(2026, 11, 19))
    gone = agency.partly_paid(psa_paid_date=date(2026, 11, 19))
    agency.mark(unread)
    with tenant_transaction(agency.organization.pk):
        Invoice.objects.filter(pk=unread.pk).update(payments_read_at=None)
        gone.posted_documents.update(state=PostedDocumentState.DELETED_IN_EXACT)

    assert needing_a_look(agency) == set()
    for invoice in (unread, gone):
        assert "is right" not in page(agency, invoice)


def test_a_click_on_a_page_that_is_older_than_exact_decides_nothing(agency):
    invoice = agency.partly_paid()
    agency.mark(invoice)

    changed = text_of(let_stand(agency, invoice, seen="open:0.0000"))
    assert "Exact has changed since: it now shows 40.00 EUR of 121.00 EUR paid" in changed

    let_stand(agency, invoice)
    twice = text_of(let_stand(agency, invoice, seen="partly_paid:40.0000"))
    assert "Somebody decided this already." in twice

    exact_says(agency, invoice, "paid", "121.00")
    agreed = text_of(let_stand(agency, invoice))
    assert "Exact agrees by now." in agreed
    with tenant_transaction(agency.organization.pk):
        assert PaymentDecision.objects.count() == 1


def test_j18_a_viewer_sees_both_facts_and_no_choice(agency):
    invoice = agency.partly_paid()
    agency.mark(invoice)

    text = page(agency, invoice, Role.VIEWER)

    assert "81.00 EUR is open there" in text
    assert "The mark is right" not in text


def test_what_else_waits_for_a_person_is_in_the_same_filter(agency):
    exact = factories.make_connection(organization=agency.organization, lists=False)
    held = agency.add()
    factories.make_copy_request(invoice=held, connection=exact, state=CopyState.NEEDS_CHOICE)
    agency.add()

    assert needing_a_look(agency) == {held.pk}

"""What goes wrong on the way to Exact ends in a sentence a finance user understands, and loses nothing."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from connector.tenancy.models import Role
from integrations import token_store
from invoices.models import CopyState, InvoiceState
from tests import background, exact as exact_pages, factories
from tests.journeys.world import World

NOBODY_ANSWERS = "http://127.0.0.1:9"


@pytest.fixture
def browser(world: World):
    """Femke of finance, signed in; the worker lives, whatever else does not."""
    background.runs()
    return factories.sign_in(
        factories.make_user(organization=world.organization, role=Role.FINANCE)
    )


def panel(browser, invoice) -> str:
    """What the invoice page says about Exact."""
    answer = browser.get(f"/invoices/{invoice.pk}/copy-panel/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.fixture
def outage(settings, world):
    """Exact can not be reached at all; the returned function ends it."""
    reachable = settings.EXACT_BASE_URL
    settings.EXACT_BASE_URL = NOBODY_ANSWERS

    def end() -> None:
        settings.EXACT_BASE_URL = reachable

    return end


def test_while_exact_is_down_the_copy_of_a_new_customer_waits_and_then_goes_on_by_itself(
    world, browser, outage, settings
):
    """Sandbox down: nothing was sent, so nothing has to be looked for and no settling is waited for."""
    settings.COPY_SETTLE_SECONDS = settings.COPY_SETTLE_SECONDS_GUARDED = 900
    invoice = world.invoice()

    world.copy(invoice)
    shown = panel(browser, invoice)
    outage()
    world.resume()

    assert "Exact does not answer" in shown
    assert world.fresh_invoice(invoice).state == InvoiceState.FINALIZED
    assert len(world.entries(invoice.number)) == 1
    assert world.calls(method="POST") == ["POST Accounts", "POST SalesEntries"]


def test_after_a_withdrawn_consent_the_invoice_says_who_has_to_do_what_and_goes_on_after_it(
    world, browser
):
    """Consent withdrawn: the wish stays, and is done after the new log-in."""
    invoice = world.invoice()
    world.control("POST", "consent/revoke", {"username": exact_pages.BRAM})
    exact_pages.age_tokens(world.connection.grant, 575)

    world.copy(invoice)
    world.resume()
    shown = panel(browser, invoice)
    nothing_booked = world.entries(invoice.number) == []
    admin = factories.make_user(organization=world.organization)
    exact_pages.log_in(world.connection, user=admin, username=exact_pages.BRAM)
    world.work_off()

    assert "Exact Noord lost its access to Exact." in shown
    assert "once an admin has logged in there again" in shown
    assert nothing_booked
    assert "Invoice copied" in panel(browser, invoice)
    assert len(world.entries(invoice.number)) == 1


def test_a_token_that_dies_early_is_said_with_the_time_at_which_it_goes_on(world, browser):
    """Token dead: Exact gives no new one within 570 seconds, so the copy waits until then."""
    invoice = world.invoice()
    token_store.note_rejected(
        organization_id=world.organization.pk,
        connection_id=world.connection.pk,
        now=timezone.now(),
    )

    world.copy(invoice)
    shown = panel(browser, invoice)

    assert re.search(
        "Exact does not accept the log-in at the moment, goes on (tomorrow )?at ", shown
    )
    assert world.fresh_invoice(invoice).state == InvoiceState.DRAFT
    assert world.entries(invoice.number) == []


def test_a_journal_that_was_blocked_meanwhile_is_named_and_the_wish_can_be_repeated(world, browser):
    """A journal blocked in Exact after our lists were read: a sentence, what to do, and nothing booked."""
    invoice = world.invoice()
    world.control("POST", "admin/1000001", {"block_journal": "70"})

    held = world.copy(invoice, customer_exact_id=world.customer().exact_id)
    shown = panel(browser, invoice)
    nothing_booked = world.entries(invoice.number) == []
    world.control("POST", "admin/1000001", {"unblock_journal": "70"})
    browser.post(f"/copy-requests/{held.pk}/retry/")
    world.work_off()

    assert "Needs a choice" in shown
    assert "The journal is blocked in Exact." in shown
    assert "Choose another sales journal" in shown
    assert nothing_booked
    assert "Invoice copied" in panel(browser, invoice)
    assert len(world.entries(invoice.number)) == 1


def test_an_archived_division_is_named_as_the_possible_reason_and_nothing_is_lost(world, browser):
    """A division archived in Exact: the invoice stays a draft and can be copied once the division is back."""
    invoice = world.invoice()
    customer = world.customer().exact_id
    world.control("POST", "admin/1000001", {"archive": True})

    held = world.copy(invoice, customer_exact_id=customer)
    shown = panel(browser, invoice)
    world.control("POST", "admin/1000001", {"archive": False})
    browser.post(f"/copy-requests/{held.pk}/retry/")
    world.work_off()

    assert "or it is archived" in shown
    assert "What Exact said" in shown
    assert world.fresh_invoice(invoice).state == InvoiceState.FINALIZED
    assert len(world.entries(invoice.number)) == 1


def test_an_invoice_that_is_already_copied_is_not_copied_from_a_second_tab(world, browser):
    """An invoice already copied: the old tab says so, with both ways on, and Exact gets nothing."""
    invoice = world.invoice()
    world.copy(invoice, customer_exact_id=world.customer().exact_id)

    answer = browser.post(f"/invoices/{invoice.pk}/copy/", {"journal": "70", "vat_code": "2"})

    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "is already in Exact as entry" in shown
    assert "Update existing" in shown
    assert "Create new" in shown
    assert len(world.entries(invoice.number)) == 1


def test_a_description_of_ten_thousand_characters_is_booked_and_kept_whole_here(world, browser):
    """Exact takes less text than we keep: the copy goes through, and nothing is cut on the invoice."""
    text = "Ünïcode text without an end. " * 345
    invoice = world.invoice(lines=[{"net_amount": "1.00", "rate": "21", "description": text}])

    request = world.copy(invoice, customer_exact_id=world.customer().exact_id)

    assert request.state == CopyState.COPIED
    with world.rows():
        assert invoice.lines.get().description == text
    [entry] = world.entries(invoice.number)
    assert entry["lines"]

"""What goes wrong on the way to Exact ends in a sentence a finance user understands, and loses nothing."""

from __future__ import annotations

import pytest

from connector.tenancy.models import Role
from invoices.models import InvoiceState
from tests import factories
from tests.journeys.world import World

NOBODY_ANSWERS = "http://127.0.0.1:9"
CONSENT_GIVER = "bram@studio-noord.example"


@pytest.fixture
def browser(world: World):
    """Femke of finance, signed in."""
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

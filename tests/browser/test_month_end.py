"""A month-end in a browser, by somebody who sees the program for the first time: few clicks from the list to the causes (B-4).

The demo's own invoices, as many as show every cause; `docs/benchmarks.md` has the same walk with all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import pytest
from playwright.sync_api import Locator, expect

from connector.management import demo_month_end
from connector.tenancy.models import Role
from integrations.models import ServiceType, ServiceTypeLedger, TaxRate
from integrations.psa.registry import REST_PUSH
from invoices.intake import take_in
from tests import factories
from tests.factories import NOW
from tests.journeys.conftest import exact, running_exact
from tests.journeys.world import World

__all__ = ["exact", "running_exact"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

READY = 11
MOST_CLICKS = 12


@dataclass
class Newcomer:
    """Counts what somebody has to press."""

    clicks: int = 0

    def press(self, what: Locator) -> None:
        """One click."""
        what.click()
        self.clicks += 1


@pytest.fixture
def world(transactional_db, exact):
    """The demo's agency: rules for all work but photographs, a code for all rates but 9 %."""
    world = World.begin(exact, default_vat_code="", map_service_types=True)
    documents = demo_month_end.invoices(date(2026, 11, 2))
    held = [documents[index] for index in sorted(demo_month_end.HELD)]
    chosen = held + [one for one in documents if one not in held][:READY]
    with world.rows():
        world.connection.default_ledger_exact_id = None
        world.connection.save()
        take_in(
            source=REST_PUSH.name,
            invoices=chosen,
            now=NOW,
            subsidiary=world.connection.subsidiary,
        )
        high = TaxRate.objects.get(percentage=21)
        for one in ServiceType.objects.exclude(name="Photography"):
            ServiceTypeLedger.objects.create(
                connection=world.connection, service_type=one, ledger_exact_id=world.ledger("8000")
            )
    factories.map_tax_rate(connection=world.connection, tax_rate=high, vat_code="2")
    return world


def test_behavior_11_a_newcomer_copies_a_month_end_in_few_clicks_and_reads_three_causes(
    page, sign_in, look_at, world
):
    sign_in(page, factories.make_user(organization=world.organization, role=Role.FINANCE))
    page.goto("/invoices/")
    newcomer = Newcomer()
    newcomer.press(page.get_by_label("All 20 that match"))
    expect(page.locator("[data-bulk-totals]")).to_contain_text("EUR")
    expect(page.get_by_role("checkbox", name="Choose invoice", checked=True)).to_have_count(20)
    newcomer.press(page.get_by_role("button", name="Copy to Exact"))
    newcomer.press(page.get_by_role("button", name="Start copying"))
    progress = page.locator("#bulk-progress")
    expect(progress.get_by_role("heading")).to_contain_text("under way")

    world.work_off(turns=100)
    expect(progress.get_by_role("heading")).to_contain_text("11 copied, 9 need you, 3 causes")
    assert newcomer.clicks <= MOST_CLICKS
    causes = progress.get_by_role("listitem")
    expect(causes).to_have_count(3)
    for count, words in (("5", "NL 9 %"), ("3", "Photography"), ("1", "Tulp Bouw N.V.")):
        cause = causes.filter(has_text=words)
        expect(cause).to_contain_text(count)
    look_at(page, "month-end")
    assert len(world.entries()) == READY

    # What only a person can choose is chosen from here, and leads back here.
    causes.get_by_role("link", name="Open its copy dialog").click()
    page.get_by_role("radio", name="7 · Amsterdam").check()
    page.get_by_role("button", name="Copy and Finalize").click()
    expect(page).to_have_url(re.compile(r"/invoices/bulk/\d+/$"))
    world.work_off(turns=10)
    expect(progress.get_by_role("heading")).to_contain_text("12 copied, 8 need you, 2 causes")

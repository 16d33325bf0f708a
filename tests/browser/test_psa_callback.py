"""The PSA callback in a browser: from the address over its secret and a test to an address that is stopped."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from payments.psa_reports import telling
from tests.payments.psa_reports.psa import Agency, Clock, always, running_psa

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_admin_sets_up_the_callback_tests_it_and_learns_that_it_stopped(
    page, sign_in, look_at, live_server, settings
):
    settings.PSA_CALLBACKS_TO_LOCALHOST = True
    agency = Agency(Clock())
    sign_in(page, agency.admin)
    with running_psa() as psa:
        page.goto("/settings/psa-callback/")
        look_at(page, "psa-empty", widths=(360,))
        page.get_by_role("link", name="Set address").click()
        page.get_by_role("textbox", name="Address").fill(psa.url)
        page.get_by_role("button", name="Save").click()
        secret = page.get_by_role("textbox", name="Secret").input_value()
        assert secret.startswith("whsec_")
        look_at(page, "psa-secret-made", widths=(360,))
        page.get_by_role("link", name="I have stored it").click()

        page.get_by_role("button", name="Test", exact=True).click()
        expect(page.get_by_text("Under way")).to_be_visible()
        assert telling.run() == 1
        expect(page.get_by_text("It works")).to_be_visible()
        assert psa.calls[0].is_signed_with(secret)

        for number, status in enumerate((200, 422, 410)):
            psa.answer = always(status)
            agency.settle(agency.invoice(f"inv-{number}", net="1234.50"))
            agency.clock.now = timezone.now() + timedelta(minutes=number)
            agency.tell()
        page.reload()
        expect(page.get_by_text("410 Gone").first).to_be_visible()
        look_at(page, "psa-stopped")
        page.get_by_role("link", name="New secret").click()
        expect(page.get_by_role("dialog", name="Make a new secret?")).to_be_visible()
        page.get_by_role("button", name="Make a new secret").click()
        expect(page.get_by_role("textbox", name="Secret")).not_to_have_value(secret)
        page.get_by_role("link", name="I have stored it").click()

        psa.answer = always(200)
        page.get_by_role("button", name="Call again").click()
        expect(page.get_by_text(re.compile("is called again"))).to_be_visible()
        agency.tell()
        assert set(psa.kept) == {"inv-0", "inv-1", "inv-2"}

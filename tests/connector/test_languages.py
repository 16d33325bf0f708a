"""The language that somebody reads: their own choice, the browser's, and English for programs."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client as Browser

from connector.tenancy.models import Role
from tests.factories import make_invoice, make_organization, make_user, sign_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [("nl-BE,nl;q=0.9,en;q=0.5", "nl"), ("de-AT", "de"), ("es,fr;q=0.4", "fr"), ("es", "en")],
)
def test_a_stranger_is_answered_in_the_language_that_the_browser_asks_for(asked, spoken):
    answer = Browser(headers={"Accept-Language": asked}).get("/sign-in/")
    assert answer.headers["Content-Language"] == spoken
    assert f'<html lang="{spoken}"' in answer.text


def test_a_language_chosen_before_signing_in_is_kept_by_the_browser():
    browser = Browser(headers={"Accept-Language": "nl"})
    choice = browser.get("/sign-in/").text
    assert all(f">{name}</button>" in choice for name in ("English", "Nederlands", "Deutsch"))
    answer = browser.post("/language/", {"language": "de", "next": "/sign-in/?next=/payments/"})
    assert answer.headers["Location"] == "/sign-in/?next=/payments/"
    assert browser.get("/sign-in/").headers["Content-Language"] == "de"
    # None of ours changes nothing, and nobody is sent to another site.
    answer = browser.post("/language/", {"language": "xx", "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"
    assert browser.get("/sign-in/").headers["Content-Language"] == "de"


def test_a_persons_own_choice_goes_before_what_their_browser_asks_for():
    person = make_user(organization=make_organization(), role=Role.VIEWER)
    browser = sign_in(person)
    browser.cookies["django_language"] = "de"
    choice = {"name": "Ann"}

    browser.post("/profile/", {**choice, "language": "fr"})
    person.refresh_from_db()
    assert person.language == "fr"
    assert browser.get("/profile/").headers["Content-Language"] == "fr"

    assert browser.post("/profile/", {**choice, "language": "xx"}).status_code == 422
    browser.post("/profile/", {**choice, "language": ""})
    answer = browser.get("/profile/", headers={"Accept-Language": "nl"})
    assert answer.headers["Content-Language"] == "nl"


@pytest.mark.parametrize("address", ["/api/v1/invoices/", "/health/live"])
def test_programs_read_english_whatever_they_ask_for(address):
    answer = Browser(headers={"Accept-Language": "nl"}).get(address)
    assert answer.headers["Content-Language"] == "en"


@pytest.mark.parametrize(
    ("language", "day", "amount"),
    [
        ("en", "3 Nov 2026", "1,234.50"),
        ("nl", "3 nov 2026", "1.234,50"),
        ("de", "3. Nov 2026", "1.234,50"),
        ("fr", "3 nov 2026", "1\u202f234,50"),
    ],
)
def test_pages_write_days_and_amounts_as_their_reader_does_and_values_as_programs_do(
    language, day, amount
):
    organization = make_organization()
    person = make_user(organization=organization, role=Role.VIEWER)
    person.language = language
    person.save()
    invoice = make_invoice(
        organization=organization, invoice_date=date(2026, 11, 3), lines=[{"net_amount": "1234.50"}]
    )
    browser = sign_in(person)

    page = browser.get(f"/invoices/{invoice.pk}/").text
    assert day in page
    assert amount in page
    assert f'<html lang="{language}"' in page
    # Columns of files are looked for by their names.
    table = b"".join(browser.get("/payments/ageing.csv")).decode()
    assert "Client,Currency" in table

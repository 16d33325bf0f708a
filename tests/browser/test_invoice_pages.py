"""The invoice pages in a browser: by keyboard, at both widths, in both themes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from connector.management import demo_data
from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.psa.registry import REST_PUSH
from invoices.intake import take_in
from invoices.models import Invoice
from tests.factories import NOW, make_organization, make_user
from tests.invoices.csv_files import as_file, line

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agency():
    organization = make_organization(name="Studio Noord")
    with tenant_transaction(organization.pk):
        take_in(source=REST_PUSH.name, invoices=demo_data.invoices(), now=NOW)
    return organization


@pytest.fixture
def finance(agency):
    return make_user(organization=agency, role=Role.FINANCE, name="Femke Smit")


def test_the_list_is_searched_and_opened_by_keyboard(page, sign_in, look_at, finance):
    sign_in(page, finance)
    page.goto("/invoices/")
    look_at(page, "invoices")

    page.get_by_label("Search").focus()
    page.keyboard.type("harbour")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(page).to_have_url(
        "/invoices/?q=harbour&copy=&payment=&subsidiary=&currency=&kind=&state=&sync=&from_date=&to_date=&sort=-date"
    )
    page.reload()
    expect(rows).to_have_count(3)

    page.get_by_label("Search").fill("nothing like it")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    look_at(page, "invoices-nothing")
    page.get_by_role("link", name="Show all invoices").click()
    page.get_by_role("link", name="20260101").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("20260101")


def test_back_goes_to_the_list_as_it_was_narrowed_down_before(page, sign_in, finance):
    sign_in(page, finance)
    page.goto("/invoices/")
    rows = page.locator("tbody tr")
    page.get_by_label("Search").fill("harbour")
    expect(rows).to_have_count(3)
    page.locator("#id_copy").select_option("Copied")
    expect(page.get_by_text("Nothing matches")).to_be_visible()

    page.evaluate("history.back()")

    expect(rows).to_have_count(3)
    expect(page.get_by_label("Search")).to_have_value("harbour")
    expect(page.locator("#id_copy")).to_have_value("")
    page.locator("#id_copy").select_option("Not copied")
    expect(page).to_have_url(re.compile("q=harbour&copy=not_copied"))
    page.evaluate("history.back()")
    expect(page.locator("#id_copy")).to_have_value("")
    page.evaluate("history.back()")
    expect(page.get_by_label("Search")).to_have_value("")


def test_the_page_of_an_invoice_and_of_a_credit_note(page, sign_in, look_at, finance, agency):
    sign_in(page, finance)
    with tenant_transaction(agency.pk):
        ids = dict(Invoice.objects.values_list("number", "pk"))

    page.goto(f"/invoices/{ids['20260105']}/")
    expect(page.get_by_text("invoices@linden.example")).to_be_visible()
    expect(page.get_by_text("In Exact: item PRINT")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="20260105.pdf").click()
    assert download.value.suggested_filename == "20260105.pdf"
    look_at(page, "invoice")
    page.goto(f"/invoices/{ids['20260106']}/")
    look_at(page, "credit-note")


def test_a_newcomers_list(page, sign_in, look_at):
    sign_in(page, make_user(organization=make_organization(), role=Role.ADMIN))

    page.goto("/invoices/")

    look_at(page, "invoices-new")


def test_importing_a_file_and_deciding_a_conflict(page, sign_in, look_at, finance, tmp_path):
    sign_in(page, finance)
    page.goto("/invoices/")
    page.get_by_role("link", name="Import CSV").click()
    look_at(page, "import")
    file = tmp_path / "october.csv"
    file.write_bytes(
        as_file(
            [
                line("20260101", customer_name="De Boer Bouw N.V."),
                line("2"),
                line("3", currency="EURO", line_net="x"),
            ]
        )
    )

    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_label("Subsidiary")).to_be_visible()
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_label("Subsidiary").select_option("Studio Noord B.V.")
    look_at(page, "import-filled")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("october.csv")
    look_at(page, "import-report")

    page.get_by_role("link", name="20260101").click()
    look_at(page, "conflict")
    page.get_by_role("button", name="Use the file's version").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The invoice now has the file's content.")).to_be_visible()
    look_at(page, "invoice-changed")

    page.goto("/invoices/import/")
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_label("Subsidiary").select_option("Studio Noord B.V.")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was imported again")
    look_at(page, "import-blocked")


def test_the_description_of_the_api(page, sign_in, look_at, finance):
    sign_in(page, finance)

    page.goto("/api/")
    page.get_by_text("Send an invoice", exact=True).click()
    expect(page.get_by_text('"Website relaunch, October"').first).to_be_visible()

    look_at(page, "api")

"""From the dialog's form to the books of the sandbox and back to the panel, over HTTP."""

from __future__ import annotations

import pytest

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import queries
from invoices.models import Invoice, InvoiceState
from tests import factories
from tests.exact import calls, connected, run_lane, sandbox, sandbox_server

__all__ = ["sandbox", "sandbox_server"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organization():
    return factories.make_organization()


@pytest.fixture
def browser(organization):
    return factories.sign_in(factories.make_user(organization=organization, role=Role.FINANCE))


@pytest.fixture
def connection(organization, sandbox):
    return connected(organization, sandbox)


@pytest.fixture
def invoice(organization, connection):
    return factories.make_invoice(
        organization=organization,
        subsidiary=connection.subsidiary,
        number="27009001",
        lines=(
            {"net_amount": "100.05", "rate": "21"},
            {"net_amount": "33.33", "rate": "9"},
            {"net_amount": "-10.10", "rate": "21"},
        ),
    )


def form(connection, invoice, **changes):
    with tenant_transaction(connection.organization_id):
        customer = next(
            row for row in queries.search_customers(connection, "") if row.status == "C"
        )
        low = list(invoice.lines.values_list("pk", flat=True))[1]
    return {
        "customer": str(customer.exact_id),
        "journal": "70",
        "ledger": str(connection.default_ledger_exact_id),
        "vat_code": "2",
        f"vat_{low}": "1",
    } | changes


def work_off(connection):
    for _ in range(5):
        run_lane(connection)


def stored(invoice):
    with tenant_transaction(invoice.organization_id):
        return Invoice.objects.get(pk=invoice.pk)


def writes(sandbox):
    return [
        entry["method"] for entry in calls(sandbox, path="salesentry") if entry["method"] != "GET"
    ]


def test_p1_p46_the_dialogs_choices_are_booked_with_one_call_and_the_invoice_is_finalized(
    browser, connection, invoice, sandbox
):
    answer = browser.post(f"/invoices/{invoice.pk}/copy/", form(connection, invoice))
    assert answer.status_code == 302
    assert calls(sandbox) == []

    work_off(connection)

    # With more than one VAT code the lines are read back, when nothing else presses.
    assert [call["method"] for call in calls(sandbox)] == ["POST", "GET"]
    assert stored(invoice).state == InvoiceState.FINALIZED
    panel = browser.get(f"/invoices/{invoice.pk}/copy-panel/").content.decode()
    assert "Invoice copied · Exact 27009001" in panel
    assert "145.17 EUR" in panel


@pytest.mark.parametrize(
    ("code", "read_backs", "says"),
    [
        ("2", 0, "Nothing has changed here since it was copied."),
        ("2", 1, "Nothing: Exact has what the invoice says."),
        ("4", 1, "Nothing: Exact has what the invoice says."),
    ],
)
def test_p49_update_existing_of_an_unchanged_invoice_writes_nothing(
    browser, connection, organization, sandbox, settings, code, read_backs, says
):
    settings.COPY_FIRST_READ_BACKS = read_backs
    invoice = factories.make_invoice(
        organization=organization,
        subsidiary=connection.subsidiary,
        lines=({"net_amount": "99.99", "rate": "21"}, {"net_amount": "0.01", "rate": "21"}),
    )
    with tenant_transaction(connection.organization_id):
        customer = next(
            row for row in queries.search_customers(connection, "") if row.status == "C"
        )
    choices = {
        "customer": str(customer.exact_id),
        "journal": "70",
        "ledger": str(connection.default_ledger_exact_id),
        "vat_code": code,
    }
    browser.post(f"/invoices/{invoice.pk}/copy/", choices)
    work_off(connection)
    assert writes(sandbox) == ["POST"]
    sandbox.sandbox.log.clear()

    opened = browser.get(f"/invoices/{invoice.pk}/copy/update/").content.decode()
    assert says in opened
    assert browser.post(f"/invoices/{invoice.pk}/copy/update/", choices).status_code == 302
    work_off(connection)

    assert writes(sandbox) == []
    assert "Invoice copied" in browser.get(f"/invoices/{invoice.pk}/copy-panel/").content.decode()


def test_p38_no_page_of_the_dialog_calls_exact(browser, connection, invoice, sandbox):
    for page in ("copy/", "copy-panel/", "copy/customers/?q=bak"):
        assert browser.get(f"/invoices/{invoice.pk}/{page}").status_code == 200
    browser.post(f"/invoices/{invoice.pk}/copy/", form(connection, invoice, action="check"))

    assert calls(sandbox) == []

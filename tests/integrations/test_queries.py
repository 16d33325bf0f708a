"""What screens read of the mirrors: right rows, best first, and only this organization's."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest

from connector.tenancy.scope import tenant_transaction
from integrations import queries
from integrations.models import ConnectionState, ExactCustomer
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization():
    return factories.make_organization(name="Studio Noord")


@pytest.fixture
def connection(organization):
    return factories.make_connection(organization=organization)


def search(connection, text, limit=20):
    with tenant_transaction(connection.organization_id):
        return [row.name for row in queries.search_customers(connection, text, limit)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bakker", ["Bakkerij Jansen", "De Bakker"]),
        ("BAKKER", ["Bakkerij Jansen", "De Bakker"]),
        ("  jansen   bak ", ["Bakkerij Jansen"]),
        ("1042", ["De Bakker"]),
        ("NL 8012.34.567 B01", ["Bakkerij Jansen"]),
        ("8012", ["Bakkerij Jansen"]),
        ("müller", ["Müller & Söhne GmbH"]),
        ("% _", []),
        ("nobody", []),
    ],
)
def test_customers_are_found_by_name_code_and_vat_number(connection, text, found):
    factories.make_customer(
        connection=connection, name="Bakkerij Jansen", code="7", vat_number="NL801234567B01"
    )
    factories.make_customer(connection=connection, name="De Bakker", code="1042")
    factories.make_customer(connection=connection, name="Müller & Söhne GmbH", code="9")

    assert search(connection, text) == found


def test_the_exact_code_comes_first_then_names_that_begin_with_the_text(connection):
    for name, code in (("Has 12 inside", "500"), ("12 Monkeys", "600"), ("Zebra", "12")):
        factories.make_customer(connection=connection, name=name, code=code)

    assert search(connection, "12") == ["Zebra", "12 Monkeys", "Has 12 inside"]


def test_blocked_and_removed_customers_are_not_offered(connection):
    factories.make_customer(connection=connection, name="Blocked", is_blocked=True)
    factories.make_customer(connection=connection, name="Gone", is_gone=True)

    assert search(connection, "") == []
    assert search(connection, "o") == []


def test_customers_of_another_connection_are_not_found(organization, connection):
    other = factories.make_connection(organization=organization)
    factories.make_customer(connection=other, name="Elsewhere")

    assert search(connection, "else") == []


def test_a_search_among_20000_customers_takes_less_than_a_fifth_of_a_second(connection):
    with tenant_transaction(connection.organization_id):
        ExactCustomer.objects.bulk_create(
            ExactCustomer(
                organization_id=connection.organization_id,
                connection=connection,
                exact_id=uuid4(),
                code=str(number),
                name=f"Customer {number} of {number % 977} Holding",
                status="C",
            )
            for number in range(20_000)
        )
    search(connection, "warm")

    started = time.monotonic()
    found = search(connection, "19977 holding customer")
    took = time.monotonic() - started

    assert len(found) == 1
    assert took < 0.2


@pytest.mark.parametrize(
    ("state", "is_used"),
    [
        (ConnectionState.READY, True),
        (ConnectionState.NEEDS_ATTENTION, True),
        (ConnectionState.NEEDS_CONSENT, False),
        (ConnectionState.SETUP_INCOMPLETE, False),
        (ConnectionState.DISCONNECTED, False),
    ],
)
def test_p36_an_invoice_goes_through_the_working_connection_of_its_subsidiary(
    organization, state, is_used
):
    subsidiary = factories.make_subsidiary(organization=organization)
    connection = factories.make_connection(
        organization=organization, subsidiary=subsidiary, state=state
    )
    factories.make_connection(organization=organization)

    with tenant_transaction(organization.pk):
        found = queries.find_connection_for(subsidiary)

    assert found == (connection if is_used else None)


def test_only_usable_journals_ledgers_and_vat_codes_are_offered(organization, connection):
    with tenant_transaction(organization.pk):
        journals = [row.code for row in queries.list_usable_sales_journals(connection)]
        ledgers = [row.code for row in queries.list_revenue_ledgers(connection)]
        codes = [row.code for row in queries.list_vat_codes(connection)]

    assert journals == ["70", "71"]
    assert ledgers == ["8000", "8010", "8020", "8070"]
    assert "19" not in codes
    assert "2" in codes

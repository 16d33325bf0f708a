"""The mapping page tells what saving it would change for invoices that are not in Exact yet (B-12, B-13)."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations import hooks
from integrations.models import Deferral, TaxRateVatCode
from invoices import open_invoices
from tests import factories

pytestmark = pytest.mark.django_db
BEYOND = {"period_from_date": date(2026, 11, 1), "period_to_date": date(2027, 1, 31)}
WITHIN = {"period_from_date": date(2026, 11, 1), "period_to_date": date(2026, 11, 30)}


class Office:
    """A connection whose subsidiary has open invoices of several kinds, and its admin."""

    def __init__(self) -> None:
        self.organization = factories.make_organization()
        self.connection = factories.make_connection(organization=self.organization)
        self.rate = factories.make_tax_rate(organization=self.organization)
        factories.map_tax_rate(connection=self.connection, tax_rate=self.rate, vat_code="4")
        admin = factories.make_user(organization=self.organization, role=Role.ADMIN)
        self.browser = factories.sign_in(admin)
        self.page = f"/settings/marketplace/{self.connection.pk}/mapping/"

    def add(self, *lines, subsidiary=None, **client):
        return factories.make_invoice(
            organization=self.organization,
            subsidiary=subsidiary or self.connection.subsidiary,
            client=factories.make_client(organization=self.organization, **client),
            lines=[{"net_amount": "100.00", "rate": "21"} | line for line in lines],
        )

    def post(self, **values):
        typed = {
            "default_ledger": str(self.connection.default_ledger_exact_id),
            "deferral": Deferral.OFF,
            f"tax_rate_{self.rate.pk}": "4",
        }
        return self.browser.post(self.page, typed | values)

    def count(self, **values):
        response = self.post(count="1", **values)
        assert response.status_code == 200
        return text(response)


@pytest.fixture
def office():
    return Office()


def text(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_b12_a_changed_vat_code_says_how_many_open_invoices_it_touches_and_stores_nothing(office):
    office.add({}, {})
    office.add({})
    office.add({"vat_code": "9"})
    office.add({}, country="DE", vat_number="DE 123.456.789")
    copied = office.add({})
    factories.make_posted_document(invoice=copied, connection=office.connection)
    office.add({}, subsidiary=factories.make_subsidiary(organization=office.organization))

    shown = office.count(**{f"tax_rate_{office.rate.pk}": "2"})
    assert "Saving changes how 3 of 4 open invoices will be booked: VAT code: 3" in shown
    abroad = office.count(**{f"eu_rate_{office.rate.pk}": "2"})
    assert "Saving changes how 1 of 4 open invoices will be booked: VAT code: 1" in abroad
    assert "Saving changes nothing for the 4 invoices that are not in Exact yet." in office.count()
    with tenant_transaction(office.organization.pk):
        assert TaxRateVatCode.objects.get().vat_code == "4"


def test_b13_a_deferral_rule_says_how_many_open_invoices_it_touches(office):
    office.add(BEYOND)
    office.add(WITHIN, {})
    office.add({"period_from_date": date(2026, 11, 1)})

    assert "will be booked: period over which revenue is spread: 1" in office.count(
        deferral=Deferral.LATER
    )
    assert "Saving changes how 2 of 3 open invoices" in office.count(deferral=Deferral.EVERY)


def test_b12_what_can_not_be_saved_is_not_counted_and_marked(office):
    office.add({})

    shown = office.count(**{f"tax_rate_{office.rate.pk}": "nonsense"})

    assert "the invoices are counted once they are mended" in shown


def test_b12_the_table_of_tax_categories_counts_in_each_connection(office):
    office.add({})
    office.add({"vat_code": "9"})
    field = f"rate_{office.rate.pk}_{office.connection.pk}"
    assert "2 open invoices" in text(office.browser.get("/settings/tax-categories/"))

    counted = office.browser.post("/settings/tax-categories/", {field: "2", "count": "1"})

    assert f"not in Exact yet: {office.connection.name}: 1" in text(counted)
    with tenant_transaction(office.organization.pk):
        assert TaxRateVatCode.objects.get().vat_code == "4"


def test_b12_htmx_gets_the_sentence_alone(office):
    office.add({})

    response = office.browser.post(
        office.page,
        {"count": "1", "default_ledger": "", "deferral": Deferral.OFF},
        HTTP_HX_REQUEST="true",
    )

    assert "<form" not in response.content.decode()
    assert "Saving changes how 1 of 1 open invoices will be booked" in text(response)


def test_b12_open_invoices_are_read_in_one_statement_whatever_their_number(
    office, django_assert_num_queries
):
    for number in range(12):
        office.add({"service": f"Service {number % 5}"}, {"rate": "9"})

    with tenant_transaction(office.organization.pk), django_assert_num_queries(1):
        opened = hooks.read_open_invoices(office.connection)

    assert opened.total == 12
    assert len(opened.groups) == 5


def test_b12_of_too_many_open_invoices_the_newest_count(office, monkeypatch):
    monkeypatch.setattr(open_invoices, "LIMIT", 2)
    for _ in range(3):
        office.add({})

    assert "Only the newest 10,000 open invoices were counted." in text(
        office.browser.get(office.page)
    )


def test_b12_a_value_without_a_rule_is_listed_and_accepted_with_one_click(office):
    factories.make_tax_rate(organization=office.organization, percentage="9")
    office.add({"rate": "9"})
    before = office.browser.get(office.page)
    assert "VAT 9% · 1 open invoice No VAT code: it has to be chosen at each copy." in text(before)
    key = re.search(r'name="accept"\s+value="([^"]+)"', before.content.decode())[1]

    after = office.post(accept=key, default_ledger="")

    assert after.status_code == 302
    shown = office.browser.get(office.page)
    assert "From now on VAT 9% uses 1" in text(shown)
    assert 'name="accept"' not in shown.content.decode()
    # What was typed beside it is not stored, and not lost.
    assert "Saving changes how 1 of 1 open invoices will be booked" in text(shown)
    with tenant_transaction(office.organization.pk):
        codes = TaxRateVatCode.objects.filter(connection=office.connection)
        assert set(codes.values_list("tax_rate__percentage", "vat_code")) == {
            (Decimal(21), "4"),
            (Decimal(9), "1"),
        }
        assert office.connection.events.filter(sentence__contains="VAT codes").exists()


def test_b12_what_is_not_suggested_any_more_is_not_stored(office):
    low = factories.make_tax_rate(organization=office.organization, percentage="9")
    office.add({"rate": "9"})

    for key in (f"tax_rate_{low.pk}:4", f"tax_rate_{office.rate.pk}:2", "nonsense", "eu_rate_0:"):
        office.post(accept=key)
        assert "That is not suggested any more." in text(office.browser.get(office.page))
    with tenant_transaction(office.organization.pk):
        assert TaxRateVatCode.objects.get().vat_code == "4"


def test_b12_the_check_and_the_health_page_say_what_no_rule_covers(office):
    factories.make_tax_rate(organization=office.organization, percentage="9")
    office.add({"rate": "9"})

    for name in ("check", "health"):
        shown = text(office.browser.get(office.page.replace("mapping", name)))
        assert "no rule" in shown
        assert "VAT 9%" in shown

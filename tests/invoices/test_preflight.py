"""The look at many invoices before a bulk copy: quick however many there are, and the same for many as for one (B-4)."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote, urlencode

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from connector.way_back import way_back
from integrations import lanes
from integrations.models import Numbering, Route, TaxRate
from invoices.bulk import runs
from invoices.bulk.before import look_before
from invoices.contents import read_content, read_contents
from invoices.customer_search import match_customer, match_customers
from invoices.models import Invoice, InvoiceKind
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


class Office:
    """An organization with a connection, and invoices of every sort."""

    def __init__(self, **fields):
        self.organization = factories.make_organization()
        self.connection = factories.make_connection(organization=self.organization, **fields)
        self.user = factories.make_user(organization=self.organization, role=Role.FINANCE)

    def rows(self):
        return tenant_transaction(self.organization.pk)

    def invoice(self, **fields):
        return factories.make_invoice(
            organization=self.organization, subsidiary=self.connection.subsidiary, **fields
        )

    def some(self):
        """One of each sort: each adds to what is read."""
        known = factories.make_customer(
            connection=self.connection, name="Bekend", vat_number="NL270000027B01"
        )
        clients = [
            factories.make_client(organization=self.organization, **fields)
            for fields in ({"vat_number": known.vat_number}, {"name": known.name}, {"code": "27"})
        ]
        link = factories.make_client(organization=self.organization)
        factories.link_customer(
            connection=self.connection, client=link, customer_exact_id=known.exact_id
        )
        original = self.invoice(client=clients[0])
        item = {"net_amount": "5.00", "rate": "21", "item_code": "dev"}
        return [
            original,
            self.invoice(client=clients[1], lines=[item, {"net_amount": "1.00", "rate": "9"}]),
            self.invoice(client=clients[2], number=""),
            self.invoice(client=link, kind=InvoiceKind.CREDIT_NOTE, original=original),
            self.invoice(client=link, kind=InvoiceKind.CREDIT_NOTE, original=original),
        ]

    def choose(self, invoices):
        with self.rows():
            bulk = runs.choose(
                organization=self.organization,
                user=self.user,
                now=NOW,
                ids=[invoice.pk for invoice in invoices],
            )
        assert bulk is not None
        return bulk

    def look(self, invoices):
        bulk = self.choose(invoices)
        with self.rows(), CaptureQueriesContext(database) as asked:
            found = look_before(bulk)
        return found, len(asked)


@pytest.mark.parametrize("route", list(Route))
def test_b4_many_invoices_are_looked_at_with_as_many_queries_as_few(route):
    is_exact = route == Route.EXACT_INVOICE
    numbering = Numbering.EXACT if is_exact else Numbering.PSA
    office = Office(route=route, numbering=numbering, use_costs=True)
    few = office.some()
    _, first = office.look(few)

    found, then = office.look(few + office.some())

    assert (first, then) == (first, first)
    assert first <= 40
    assert found.ready.count + found.held == 10


def test_b4_of_many_each_is_read_and_matched_as_it_is_alone():
    office = Office()
    office.some()
    office.some()
    with office.rows():
        invoices = list(Invoice.objects.select_related("client").order_by("pk"))
        together = read_contents(invoices)
        matches = match_customers(office.connection, [one.client for one in invoices])
        for invoice in invoices:
            assert together[invoice.pk] == read_content(invoice)
            assert matches[invoice.client_id] == match_customer(office.connection, invoice.client)
    assert any(content.credited for content in together.values())
    assert any(match.is_ambiguous for match in matches.values())
    assert any(match.is_remembered for match in matches.values())


# --- The page -----------------------------------------------------------------------------------------------------------


def text_of(answer):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def test_b4_a_shared_cause_is_named_once_mended_where_it_leads_and_looked_at_again():
    office = Office()
    low = [
        office.invoice(number=f"2750000{n}", lines=[{"net_amount": "9.00", "rate": "9"}])
        for n in range(3)
    ]
    high = office.invoice(number="27500009", lines=[{"net_amount": "9.00", "rate": "21"}])
    factories.make_customer(connection=office.connection, name=high.client.name)
    factories.make_customer(connection=office.connection, name=high.client.name)
    with office.rows():
        rate = TaxRate.objects.get(percentage=21)
    factories.map_tax_rate(connection=office.connection, tax_rate=rate, vat_code="2")
    bulk = office.choose([*low, high])
    page, groups = f"/invoices/bulk/{bulk.pk}/", f"/invoices/bulk/{bulk.pk}/preflight/"
    admin = factories.sign_in(factories.make_user(organization=office.organization))
    finance = factories.sign_in(office.user)

    assert f'hx-get="{groups}"' in finance.get(page).content.decode()
    said = text_of(finance.get(groups))
    assert "0 ready, 1 needs a choice, 3 blocked" in said
    assert "has no VAT code. An admin can mend this." in said
    mending = f"/settings/tax-categories/?next={quote(page, safe='')}"
    assert mending in admin.get(groups).content.decode()

    with office.rows():
        rate = TaxRate.objects.get(percentage=9)
    assert f'href="{page}"' in admin.get(mending).content.decode()
    with office.rows():
        other = TaxRate.objects.get(percentage=21)
    fields = {
        f"rate_{rate.pk}_{office.connection.pk}": "1",
        f"rate_{other.pk}_{office.connection.pk}": "2",
    }
    answer = admin.post(mending, fields)

    assert answer["Location"] == page
    assert "3 ready, 1 needs a choice" in text_of(finance.get(groups))


def test_b4_what_is_ready_unfolds_to_its_invoices_as_the_other_groups_do():
    office = Office(default_vat_code="2")
    invoices = [
        office.invoice(number=f"275001{n:02}", lines=[{"net_amount": "9.00", "rate": "21"}])
        for n in range(12)
    ]
    bulk = office.choose(invoices)

    answer = factories.sign_in(office.user).get(f"/invoices/bulk/{bulk.pk}/preflight/")

    assert "12 ready" in text_of(answer)
    (unfolded,) = re.findall(
        r'<details class="preflight-invoices".*?</details>', answer.content.decode(), re.DOTALL
    )
    assert "12 invoices" in unfolded
    for one in invoices[:10]:
        assert f'<a href="/invoices/{one.pk}/">{one.number}</a>' in unfolded
    assert unfolded.count("<a ") == 10
    assert "and 2 more" in unfolded


def test_b4_what_is_chosen_in_the_copy_dialog_returns_to_the_page_as_well():
    office = Office(default_vat_code="2")
    twins = [
        factories.make_customer(connection=office.connection, name="Twee Halen B.V.")
        for _ in range(2)
    ]
    client = factories.make_client(organization=office.organization, name="Twee Halen B.V.")
    invoice = office.invoice(client=client, number="27500020")
    empty = office.invoice(lines=[])
    page = f"/invoices/bulk/{office.choose([invoice, empty]).pk}/"
    with office.rows():
        lanes.seat(office.connection)
    finance = factories.sign_in(office.user)

    answer = finance.get(f"{page}preflight/")
    groups, said = answer.content.decode(), text_of(answer)
    assert "It is not sure which customer in Exact is Twee Halen B.V. 1 invoice" in said
    assert "The invoice has no lines. Correct it in the PSA and import it again." in said
    dialog = f"/invoices/{invoice.pk}/copy/?next={quote(page, safe='')}"
    assert f'href="{dialog}"' in groups
    shown = finance.get(dialog).content.decode()
    assert f'<input type="hidden" name="next" value="{page}">' in shown
    chosen = {"customer": str(twins[0].exact_id), "journal": "70", "vat_code": "2", "next": page}
    answer = finance.post(f"/invoices/{invoice.pk}/copy/", chosen)

    assert answer["Location"] == page
    assert "27500020 is on its way to Exact." in text_of(finance.get(page))
    assert "0 ready, 1 blocked, 1 left out" in text_of(finance.get(f"{page}preflight/"))


@pytest.mark.parametrize(
    ("given", "back"),
    [
        ("/invoices/bulk/7/", "/invoices/bulk/7/"),
        ("/invoices/?currency=EUR", "/invoices/?currency=EUR"),
        ("", ""),
        ("invoices/", ""),
        ("https://elsewhere.example/invoices/", ""),
        ("//elsewhere.example/invoices/", ""),
        ("/\\elsewhere.example/invoices/", ""),
        ("javascript:alert(1)", ""),
        ("/no/such/page/", ""),
    ],
)
def test_b4_mending_returns_to_pages_of_ours_only(rf, given, back):
    assert way_back(rf.get("/settings/tax-categories/", {"next": given})) == back
    assert way_back(rf.post(f"/settings/tax-categories/?{urlencode({'next': given})}")) == back

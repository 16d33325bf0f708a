"""The invoice list when there are more invoices than anybody counts: which index serves it, how many statements, and what it says."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks import crowd
from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from invoices import queries, search, views
from invoices.models import Client, InvoiceKind, InvoiceState
from invoices.queries import InvoiceFilter, list_invoices, matching
from invoices.search import MOST
from tests.factories import (
    make_client,
    make_invoice,
    make_organization,
    make_subsidiary,
    make_user,
    sign_in,
)

pytestmark = pytest.mark.django_db

LIST_STATEMENTS = 20


ORDERS = [name for sort in queries.SORTS for name in (sort, f"-{sort}")]
FILTERS: list[tuple[dict[str, Any], str]] = [
    ({"copy": "needs_attention"}, "copy_standing"),
    ({"payment": "partly_paid"}, "payment_standing"),
    ({"sync": "failing"}, "sync_standing"),
    ({"currency": "GBP"}, "currency"),
    ({"from_date": date(2016, 1, 4), "to_date": date(2016, 1, 8)}, "invoice_date"),
    ({"look": True}, "invoice_to_look_at"),
    ({"state": InvoiceState.DRAFT}, "invoice_draft"),
    ({"kind": InvoiceKind.CREDIT_NOTE, "copy": "not_copied"}, "invoice_credit_note"),
]


def test_each_order_and_each_filter_of_the_list_is_served_by_an_index():
    """What PostgreSQL makes of it as the application's role, for which row-level security goes before each condition."""
    large = crowd.make_one(3_000, 50)
    with tenant_transaction(large.organization.pk), connection.cursor() as cursor:
        cursor.execute("ANALYZE invoices_invoice")
        cursor.execute("SET LOCAL enable_seqscan = off")
        found = {
            str(chosen): matching(InvoiceFilter(**chosen)).values("pk")[: MOST + 1].explain()
            for chosen, _by in FILTERS
        }
        for way in ("sort", "bitmapscan", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        ordered = {
            name: list_invoices(InvoiceFilter(), sort=name, count=MOST + 1)[:50].explain()
            for name in ORDERS
        }

    for chosen, found_by in FILTERS:
        plan = found[str(chosen)]
        reads = [line for line in plan.splitlines() if "Index Cond" in line or "Index" in line]
        assert any(found_by in line for line in reads), plan
    for name, plan in ordered.items():
        invoices = plan.partition("SubPlan")[0]
        # A client's invoices lie together; only those of one name are put in order.
        assert "Sort Key" not in invoices or ("client" in name and "Presorted" in invoices), plan
        assert "Seq Scan" not in invoices, plan


@pytest.fixture
def organization():
    return make_organization()


@pytest.fixture
def viewer(organization):
    return sign_in(make_user(organization=organization, role=Role.VIEWER))


def _make(organization: Any, numbers: range) -> None:
    client = make_client(organization=organization, name="Bakery Pieters")
    for number in numbers:
        make_invoice(organization=organization, client=client, number=str(number))


def _totals(browser: Any, **asked: str) -> str:
    """What the browser fetches once the page is there."""
    answer = browser.get(
        reverse("invoice_list"),
        asked | {"totals": "on"},
        headers={"hx-request": "true", "hx-target": "invoice-totals"},
    )
    text: str = answer.content.decode()
    return text


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(organization, viewer):
    counts = []
    for numbers in (range(27_400_000, 27_400_002), range(27_400_002, 27_400_012)):
        _make(organization, numbers)
        with CaptureQueriesContext(connection) as captured:
            viewer.get(reverse("invoice_list"), {"q": "2740", "sort": "client"})
        counts.append(len(captured))
        # The text is looked for once, by the beginnings of numbers and otherwise.
        assert sum("^@" in query["sql"] for query in captured) == 1

    assert counts == [LIST_STATEMENTS] * 2


def test_a_list_that_is_too_long_to_count_says_so_and_adds_up_afterwards(
    organization, viewer, monkeypatch
):
    _make(organization, range(27_400_100, 27_400_108))
    monkeypatch.setattr(queries, "MOST", 5)
    monkeypatch.setattr(views, "AT_ONCE", 5)
    address = reverse("invoice_list")

    page = viewer.get(address).content.decode()
    later = _totals(viewer)
    without_script = viewer.get(address, {"totals": "on"}).content.decode()

    assert "More than 5 invoices match" in page
    assert page.count("row-link") == 5
    assert "8 in EUR" not in page
    assert "8 in EUR" in later
    assert "row-link" not in later
    assert "8 in EUR" in without_script
    assert without_script.count("row-link") == 5


def test_a_search_finds_old_invoices_by_the_start_of_a_number_and_by_client(
    organization, viewer, monkeypatch
):
    _make(organization, range(27_400_200, 27_400_204))
    other = make_client(organization=organization, name="Mill & Sons")
    make_invoice(
        organization=organization,
        client=other,
        number="27400299",
        subject="Sails",
        invoice_date=date(2020, 1, 1),
    )
    monkeypatch.setattr(search, "NEWEST", 4)

    def found(text: str) -> int:
        page: str = viewer.get(reverse("invoice_list"), {"q": text}).content.decode()
        return page.count("row-link")

    assert found("2740029") == 1
    assert found("mill &") == 1
    assert found("website") == 4
    # Old, and only in words: what an old invoice is about is not searched.
    assert found("sails") == 0
    assert found("00203") == 1


def test_a_text_that_many_invoices_have_shows_some_and_adds_up_all(
    organization, viewer, monkeypatch
):
    _make(organization, range(27_400_300, 27_400_308))
    for module in (queries, views):
        monkeypatch.setattr(module, "AT_ONCE", 5)
    asked = {"q": "pieters"}
    newest = ["27400307", "27400306", "27400305"]

    page = viewer.get(reverse("invoice_list"), asked).content.decode()
    later = _totals(viewer, **asked)

    assert "More than 5 invoices match: the list shows some of them." in page
    assert page.count("row-link") == 5
    # Of one client the newest are among them.
    assert [number for number in newest if number in page] == newest
    assert "8 in EUR" in later

    for module in (queries, views):
        monkeypatch.setattr(module, "MOST", 6)
    too_many = _totals(viewer, **asked)
    assert "Too many are found to add them up" in too_many
    assert "in EUR" not in too_many


def test_what_else_narrows_a_text_down_goes_before_how_many_it_finds(
    organization, viewer, monkeypatch
):
    """None of the many others with that text may take the place of what is looked for."""
    _make(organization, range(27_400_310, 27_400_318))
    with tenant_transaction(organization.pk):
        [client] = Client.objects.filter(name="Bakery Pieters")
    make_invoice(
        organization=organization, client=client, number="27400319", kind=InvoiceKind.CREDIT_NOTE
    )
    monkeypatch.setattr(queries, "AT_ONCE", 2)

    page = viewer.get(reverse("invoice_list"), {"q": "pieters", "kind": "credit_note"})

    assert "27400319" in page.content.decode()
    assert page.content.decode().count("row-link") == 1


@pytest.mark.parametrize("order", ORDERS)
def test_few_are_in_the_same_order_as_all(organization, order):
    """What matches a filter is sorted, all of it comes by an index: nobody may see a difference."""
    clients = [make_client(organization=organization, name=name) for name in ("Beta", "Alfa", "Ü")]
    for number in range(12):
        make_invoice(
            organization=organization,
            client=clients[number % 3],
            number=f"274003{(number * 7) % 12 + 20}",
            invoice_date=date(2026, 1 + number % 4, 5),
            due_date=None if number % 5 == 0 else date(2026, 3 + number % 3, 1),
            lines=[{"net_amount": f"{number % 4 + 1}0.00"}],
        )

    with tenant_transaction(organization.pk):
        every = list_invoices(InvoiceFilter(), sort=order, count=12)
        few = list_invoices(InvoiceFilter(currency="EUR"), sort=order, count=12)

        assert [one.pk for one in few] == [one.pk for one in every]
        assert len({one.pk for one in few}) == 12


def test_tenancy_filters_that_were_written_once_are_written_anew_for_other_choices(
    organization, viewer
):
    """What is remembered of one page may be shown on another only where all that it says is the same."""
    other = make_organization()
    colleague = sign_in(make_user(organization=other, role=Role.VIEWER))
    _make(organization, range(27_400_340, 27_400_342))
    make_invoice(organization=other, number="27400343", currency="USD")
    make_subsidiary(organization=other, name="Only theirs B.V.")

    def page(browser: Any, **asked: str) -> str:
        text: str = browser.get(reverse("invoice_list"), asked).content.decode()
        return text

    ours, theirs = page(viewer), page(colleague)
    assert "Only theirs B.V." in theirs
    assert '<option value="USD">' in theirs
    assert "Only theirs B.V." not in ours
    assert '<option value="USD">' not in ours

    make_subsidiary(organization=organization, name="New here B.V.")
    assert "New here B.V." in page(viewer)
    assert "Clear" not in page(viewer)
    assert 'value="mill"' in page(viewer, q="mill")
    assert "Clear" in page(viewer, q="mill")
    assert 'value="copied" selected' in page(viewer, copy="copied")
    assert "selected" not in page(viewer).partition("</form>")[0].replace("selected>Any", "")
    dutch = viewer.get(reverse("invoice_list"), headers={"accept-language": "nl"}).content.decode()
    assert "Meer filters" in dutch
    assert "More filters" in page(viewer)

"""The customer field of the copy dialog: what it offers and asks, and when a new customer is really wanted."""

from __future__ import annotations

import re

import pytest

from connector.tenancy.scope import tenant_transaction
from invoices.models import CopyState, CustomerLink
from tests import factories
from tests.invoices.test_copy_dialog import Desk, find, selected, text

pytestmark = pytest.mark.django_db

VAT, OTHER_VAT = "NL854321987B01", "NL001234567B01"


def seen(answer):
    """What the form says that it has offered."""
    return find(r'name="seen" value="([^"]*)"', answer.content.decode())


def choices(desk):
    return desk.requests()[-1].choices


def desk_of(**client):
    organization = factories.make_organization()
    fields = {"name": "Bakker Media B.V."} | client
    return Desk(
        organization=organization,
        client=factories.make_client(organization=organization, **fields),
    )


def test_d10_a_contradicted_match_is_shown_with_the_contradiction_and_must_be_chosen():
    desk = desk_of(vat_number=VAT)
    offered = desk.customer(name="Bakker Media B.V.", code="17", vat_number=OTHER_VAT)

    answer = desk.get()

    assert selected(answer, "customer") is None
    doubt = f"The name is the same, but the VAT number is another: {OTHER_VAT}"
    assert doubt in text(answer)
    assert re.search(r'class="choice-reason choice-doubt"', answer.content.decode())
    assert "Bakker Media B.V. (17) in Exact may be this customer:" in text(answer)
    assert desk.post(**desk.choices(customer="")).status_code == 422
    assert desk.post(**desk.choices(customer=str(offered.exact_id))).status_code == 302
    assert (choices(desk)["customer_exact_id"], choices(desk)["matched_by"]) == (
        str(offered.exact_id),
        "",
    )


def test_d10_the_rule_that_found_the_customer_goes_along():
    desk = desk_of(vat_number=VAT)
    known = desk.customer(vat_number=VAT)

    desk.post(**desk.choices(customer=str(known.exact_id)))

    assert choices(desk)["matched_by"] == "vat_number"


def test_h21_a_remembered_customer_that_is_blocked_is_told_of_and_nothing_is_chosen():
    desk = desk_of()
    old = desk.customer(name="Bakker Oud", code="77", is_blocked=True)
    factories.link_customer(
        connection=desk.connection, client=desk.client, customer_exact_id=old.exact_id
    )

    answer = desk.get()

    assert selected(answer, "customer") is None
    assert "The customer of earlier invoices, Bakker Oud (77), is blocked in Exact." in text(answer)
    assert desk.post(**desk.choices(customer="")).status_code == 422
    assert desk.post(**desk.choices(customer="new", seen=seen(answer))).status_code == 302
    assert choices(desk)["create_customer"] is True
    with tenant_transaction(desk.organization.pk):
        assert not CustomerLink.objects.exists()


def test_h24_a_relation_that_is_no_customer_yet_says_so_while_searching_too():
    desk = desk_of()
    desk.customer(name="Molen Logistiek", status="P")

    answer = desk.get("copy/customers/?q=molen&customer=new")

    assert "A prospect in Exact, not a customer yet" in text(answer)


def test_h22_a_new_customer_is_wanted_by_whoever_saw_what_matches():
    desk = desk_of()
    offered = desk.customer(name="Bakker Media B.V.")

    opened = desk.get()
    assert (selected(opened, "customer"), seen(opened)) == (
        str(offered.exact_id),
        str(offered.exact_id),
    )
    desk.post(**desk.choices(customer="new", seen=seen(opened)))

    assert choices(desk)["create_customer"] is True
    assert choices(desk)["customer_exact_id"] is None


def test_h22_where_nothing_matched_no_new_customer_is_insisted_on():
    desk = desk_of()

    opened = desk.get()
    assert (selected(opened, "customer"), seen(opened)) == ("new", "")
    desk.post(**desk.choices(customer="new", seen=seen(opened)))

    assert choices(desk)["create_customer"] is False


def test_h20_a_customer_that_turned_up_since_the_dialog_was_opened_is_used():
    """Nobody saw it, so nobody wanted a new one instead; the worker matches again."""
    desk = desk_of(vat_number=VAT)
    opened = desk.get()
    desk.customer(vat_number=VAT)

    assert desk.post(**desk.choices(customer="new", seen=seen(opened))).status_code == 302
    assert choices(desk)["create_customer"] is False


def test_h20_several_that_turned_up_since_the_dialog_was_opened_are_asked_about():
    desk = desk_of()
    opened = desk.get()
    desk.customer(name="Bakker Media B.V.")
    desk.customer(name="Bakker Media B.V.")

    refused = desk.post(**desk.choices(customer="new", seen=seen(opened)))

    assert refused.status_code == 422
    assert "2 customers in Exact may be this one: the name is the same." in text(refused)
    assert "a sure match" not in text(refused)
    assert desk.requests() == []
    assert desk.post(**desk.choices(customer="new", seen=seen(refused))).status_code == 302
    assert choices(desk)["create_customer"] is True


def test_h22_searching_for_another_does_not_hide_what_was_offered():
    desk = desk_of()
    offered = desk.customer(name="Bakker Media B.V.")
    desk.customer(name="Molen Logistiek")
    opened = desk.get()

    found = desk.post(**desk.choices(customer="new", q="molen", action="search", seen=seen(opened)))

    assert seen(found) == str(offered.exact_id)


def test_h22_the_wish_for_a_new_customer_is_kept_when_choosing_again():
    desk = desk_of()
    desk.customer(name="Bakker Media B.V.")
    factories.make_copy_request(
        invoice=desk.invoice,
        connection=desk.connection,
        state=CopyState.NEEDS_CHOICE,
        choices={"customer_exact_id": None, "create_customer": True, "journal_code": "70"},
    )

    assert selected(desk.get(), "customer") == "new"

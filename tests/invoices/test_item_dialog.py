"""The copy dialog where Exact writes the invoice: items, sending, what Exact will do, and what has to be confirmed."""

from __future__ import annotations

import re
from datetime import date
from uuid import uuid4

import pytest

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.models import Item, Sending, ServiceTypeItem
from invoices import drafting
from invoices.copy_choices import CopyChoices
from invoices.document_plan import Records
from invoices.models import CopyRequest, CopyState, InvoiceKind
from tests import factories
from tests.invoices.test_copy_dialog import Desk, find, options, selected, text
from tests.invoices.test_delivery_panel import MADE, exact_desk, written

pytestmark = pytest.mark.django_db

TWO_LINES = (
    {"net_amount": "100.00", "rate": "21", "service": "Design"},
    {"net_amount": "50.00", "rate": "9", "service": "Development"},
)


def desk_with_item(default="SERVICE", **more):
    """A desk whose connection has a default item."""
    desk = exact_desk(**more)
    with tenant_transaction(desk.organization.pk):
        desk.connection.default_item_exact_id = factories.item_id(desk.connection, default)
        desk.connection.save()
    return desk


def choices(desk, **changes):
    """What the form posts: the fields of this route."""
    return {
        "customer": "new",
        "journal": "70",
        "item": "SERVICE",
        "vat_code": "2",
        "sending": "email",
    } | changes


def typed(response, name):
    """What stands in a text field."""
    return find(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', response.content.decode())


def shown_errors(response, html_id):
    """The sentence at a field."""
    block = find(rf'id="{html_id}-error">(.*?)</div>', response.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", block).split())


# --- Items ----------------------------------------------------------------------------------------------------------


def test_h11_h34_the_item_takes_the_ledgers_place_with_the_default_filled_in():
    desk = desk_with_item()

    answer = desk.get()

    assert typed(answer, "item") == "SERVICE"
    assert "SERVICE Diensten · default" in text(answer)
    assert "Ledger account" not in text(answer)
    assert 'name="ledger' not in answer.content.decode()


def test_h11_only_what_is_sold_on_the_invoices_day_is_suggested_with_its_description():
    desk = desk_with_item(invoice_date=date(2026, 11, 20))

    suggested = find(r'<datalist id="item-options">(.*?)</datalist>', desk.get().content.decode())

    assert re.findall(r'<option value="(\w+)">([^<]+)<', suggested) == [
        ("DESIGN", "Ontwerp"),
        ("DEV", "Ontwikkeling"),
        ("SERVICE", "Diensten"),
    ]


def test_h35_each_line_shows_its_item_with_the_reason():
    desk = desk_with_item(
        lines=(
            {"net_amount": "10.00", "rate": "21", "service": "Design"},
            {"net_amount": "20.00", "rate": "21", "item_code": "dev", "vat_code": "1"},
            {"net_amount": "30.00", "rate": "21"},
        )
    )
    design = factories.make_service_type(organization=desk.organization, name="Design")
    with tenant_transaction(desk.organization.pk):
        ServiceTypeItem.objects.create(
            connection=desk.connection,
            service_type=design,
            item_exact_id=factories.item_id(desk.connection, "DESIGN"),
        )

    words = text(desk.get())

    for shown in (
        "DESIGN Ontwerp · service type Design",
        "DEV Ontwikkeling · the line's own",
        "1 BTW laag tarief, exclusief · the line's own",
        "SERVICE Diensten · default",
    ):
        assert shown in words


def test_items_are_chosen_by_code_whatever_its_case_for_the_invoice_and_for_a_line():
    desk = desk_with_item(lines=TWO_LINES, vat_amount="25.50")
    second = desk.line_ids[1]
    chosen = choices(desk, item=" design ", **{f"item_{second}": "Dev", f"vat_{second}": "1"})

    checked = desk.post(**chosen, action="check", htmx=True)
    assert "DESIGN Ontwerp · chosen for this invoice" in text(checked)
    assert "DEV Ontwikkeling · chosen for this line" in text(checked)
    assert desk.post(**chosen).status_code == 302

    stored = desk.requests()[0].choices
    assert stored["item_exact_id"] == str(factories.item_id(desk.connection, "DESIGN"))
    assert stored["line_items"] == {
        str(second): str(factories.item_id(desk.connection, "DEV")),
    }
    assert stored["ledger_exact_id"] is None


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("NOPE", "NOPE is not in this division. Choose one of its items"),
        ("OLD", "OLD Vervallen dienst is not sold any more after 31 Dec 2025."),
        ("LAPTOP", "LAPTOP Laptop is no longer for sale in Exact."),
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt; is not in this division."),
    ],
)
@pytest.mark.parametrize("place", ["invoice", "line"])
def test_h11_an_item_that_can_not_be_sold_is_an_error_at_its_field_and_nothing_is_lost(
    place, code, sentence
):
    desk = desk_with_item(lines=TWO_LINES, vat_amount="25.50")
    first, second = desk.line_ids
    name = "item" if place == "invoice" else f"item_{first}"

    answer = desk.post(**choices(desk, journal="71", **{f"vat_{second}": "1"}) | {name: code})

    assert answer.status_code == 422
    assert sentence in shown_errors(answer, name.replace("_", "-"))
    assert typed(answer, name) == code.replace("<", "&lt;").replace(">", "&gt;")
    assert selected(answer, "journal") == "71"
    assert selected(answer, f"vat_{second}") == "1"
    assert "Line 2 has no item" not in text(answer)
    assert desk.requests() == []


def test_a_missing_item_is_named_at_its_line():
    desk = exact_desk()

    answer = desk.post(**choices(desk, item=""))

    assert answer.status_code == 422
    assert "Line 1 has no item." in shown_errors(answer, f"item-{desk.line_ids[0]}")


def make_items(desk, count):
    with tenant_transaction(desk.organization.pk):
        Item.objects.bulk_create(
            Item(
                organization=desk.organization,
                connection=desk.connection,
                exact_id=uuid4(),
                code=f"N{number:05d}",
                description=f"Dienst {number}",
            )
            for number in range(count)
        )


def test_a_division_with_thousands_of_items_looks_them_up_while_somebody_types():
    desk = desk_with_item()
    make_items(desk, 600)

    opened = desk.get().content.decode()
    found = desk.browser.get(
        f"/invoices/{desk.invoice.pk}/copy/items/?item_7=dienst+59",
        headers={"HX-Request": "true", "HX-Trigger-Name": "item_7"},
    ).content.decode()

    assert "N00001" not in opened
    assert f'hx-get="/invoices/{desk.invoice.pk}/copy/items/"' in opened
    assert 'value="N00059"' in found
    assert 'value="N00598"' in found
    assert "N00001" not in found
    assert desk.post(**choices(desk, item="N00311")).status_code == 302


def test_the_items_of_a_small_division_are_on_the_page():
    assert 'copy/items/"' not in desk_with_item().get().content.decode()


def test_items_are_shown_to_finance_of_the_own_organization_only():
    desk, stranger = desk_with_item(), desk_with_item()
    viewer = factories.sign_in(
        factories.make_user(organization=desk.organization, role=Role.VIEWER)
    )
    address = f"/invoices/{desk.invoice.pk}/copy/items/?item=dev"

    assert stranger.browser.get(address).status_code == 404
    assert viewer.get(address).status_code == 403


# --- VAT ------------------------------------------------------------------------------------------------------------


def test_h15_exacts_usual_code_counts_where_nothing_names_one():
    desk = desk_with_item(connection={"default_vat_code": ""})

    answer = desk.get()

    assert "2 BTW hoog tarief, exclusief · Exact's usual code 2" in text(answer)
    assert desk.post(**choices(desk, vat_code="")).status_code == 302


def test_h37_the_comparison_is_with_the_vat_that_exact_rounds_line_by_line():
    lines = tuple({"net_amount": "0.10", "rate": "21"} for _ in range(3))
    desk = desk_with_item(lines=lines, vat_amount="0.07")

    refused = desk.post(**choices(desk))

    assert refused.status_code == 422
    assert "VAT on the invoice 0.07 EUR \u2013 Exact will book 0.06 EUR" in text(refused)
    assert desk.post(**choices(desk, accept_difference="on")).status_code == 302


# --- Sending --------------------------------------------------------------------------------------------------------


def with_contact(desk, **fields):
    values = {"first_name": "Sanne", "last_name": "Visser", "email": "sanne@client.example"}
    with tenant_transaction(desk.organization.pk):
        desk.invoice.contact = factories.make_contact(client=desk.client, **values | fields)
        desk.invoice.save()


def test_h30_the_contact_is_who_gets_the_e_mail_and_what_exact_does_is_said_before():
    desk = desk_with_item()
    with_contact(desk)

    words = text(desk.get())

    assert (
        "Exact e-mails it to Sanne Visser, sanne@client.example (the contact of the invoice)."
        in words
    )
    assert (
        "Exact numbers the invoice, books it in journal 70 and e-mails it to Sanne Visser, sanne@client.example. "
        "This can not be taken back; a credit note can undo it." in words
    )
    assert "Copy, Finalize and Send" in words


def test_h30_without_a_contact_it_goes_to_the_customers_own_address():
    desk = desk_with_item()
    known = desk.customer(name="Bakker Media B.V.", email="info@bakker.example")
    with_contact(desk, email="")

    chosen = text(
        desk.post(**choices(desk, customer=str(known.exact_id)), action="check", htmx=True)
    )
    new = text(desk.post(**choices(desk, customer="new"), action="check", htmx=True))

    assert "Bakker Media B.V., info@bakker.example (the customer's address in Exact)" in chosen
    assert f"{desk.client.email} (the client's address)" in new


def test_an_invoice_that_nobody_could_get_is_refused_at_the_field_unless_sent_another_way():
    desk = desk_with_item()
    with tenant_transaction(desk.organization.pk):
        desk.client.email = ""
        desk.client.save()

    refused = desk.post(**choices(desk))

    assert refused.status_code == 422
    assert shown_errors(refused, "sending") == (
        "Exact is to e-mail the invoice, and no e-mail address is known. "
        "Give the contact an e-mail address in the PSA, or choose another way to send."
    )
    assert desk.requests() == []
    assert desk.post(**choices(desk, sending="peppol")).status_code == 302
    assert desk.requests()[0].choices["sending"] == "peppol"


@pytest.mark.parametrize(
    ("sending", "outcome", "button"),
    [
        ("account", "and sends it as the customer prefers in Exact.", "Copy, Finalize and Send"),
        ("peppol", "and sends it by Peppol.", "Copy, Finalize and Send"),
        ("postbox", "and sends it to the customer's digital postbox.", "Copy, Finalize and Send"),
        (
            "none",
            "Exact numbers the invoice and books it in journal 70; it is not sent.",
            "Copy and Finalize",
        ),
    ],
)
def test_the_connections_way_is_chosen_and_told(sending, outcome, button):
    desk = desk_with_item(connection={"sending": sending})

    answer = desk.get()

    assert options(answer, "sending") == list(Sending.values)
    assert selected(answer, "sending") == sending
    assert outcome in text(answer)
    assert f"{button} " in text(answer)


def test_d6_a_credit_note_is_called_one():
    desk = desk_with_item(kind=InvoiceKind.CREDIT_NOTE)

    assert "Exact numbers the credit note, books it in journal 70 and e-mails it" in text(
        desk.get()
    )


def test_a_booking_is_offered_no_sending():
    answer = Desk().get()

    assert 'name="sending"' not in answer.content.decode()
    assert "can not be taken back" not in text(answer)


# --- One tick for what is odd ---------------------------------------------------------------------------------------


def credit_note(desk, net, **fields):
    return factories.make_invoice(
        organization=desk.organization,
        subsidiary=desk.subsidiary,
        client=desk.client,
        kind=InvoiceKind.CREDIT_NOTE,
        lines=({"net_amount": net, "rate": "21"},),
        original=desk.invoice,
        **fields,
    )


@pytest.mark.parametrize("make_desk", [Desk, desk_with_item])
def test_a_credit_note_larger_than_its_invoice_needs_a_tick(make_desk):
    desk = make_desk()
    desk.copied()
    credit_note(desk, "60.00")
    second = credit_note(desk, "50.00")
    address = f"/invoices/{second.pk}/copy/"
    filled = choices(desk) | {"ledger": str(factories.ledger_id(desk.connection, "8000"))}

    refused = desk.browser.post(address, filled)

    assert refused.status_code == 422
    assert (
        f"With other credit notes 133.10 EUR of invoice {desk.invoice.number} would be credited; "
        "it came to 121.00 EUR." in text(refused)
    )
    assert "Yes, copy it as it is" in text(refused)
    assert desk.browser.post(address, filled | {"accept_difference": "on"}).status_code == 302


def test_an_invoice_of_nothing_needs_a_tick_where_exact_would_send_it():
    lines = ({"net_amount": "10.00", "rate": "21"}, {"net_amount": "-10.00", "rate": "21"})
    desk = desk_with_item(lines=lines)

    refused = desk.post(**choices(desk))

    assert refused.status_code == 422
    assert "It comes to 0.00 EUR: Exact would number it, book it and send it" in text(refused)
    assert desk.post(**choices(desk, accept_difference="on")).status_code == 302
    booking = Desk(lines=lines)
    assert booking.post(**booking.choices()).status_code == 302


def test_h36_a_line_with_quantity_0_is_told_and_stops_nothing():
    lines = ({"net_amount": "50.00", "rate": "21", "quantity": "0"},)
    desk = desk_with_item(lines=lines)

    assert "Line 1 has quantity 0: Exact gets 1 piece of 50.00 EUR." in text(desk.get())
    assert desk.post(**choices(desk)).status_code == 302


# --- Again ----------------------------------------------------------------------------------------------------------


def test_d8_an_update_goes_the_way_on_which_the_copy_was_made():
    desk = desk_with_item()
    request = factories.make_copy_request(
        invoice=desk.invoice,
        connection=desk.connection,
        state=CopyState.COPIED,
        choices={
            "line_items": {str(desk.line_ids[0]): str(factories.item_id(desk.connection, "DEV"))},
            "sending": "peppol",
            "vat_code": "2",
        },
    )
    written(desk, copy_request=request, **MADE)
    with tenant_transaction(desk.organization.pk):
        desk.connection.route = "booking"
        desk.connection.save()

    answer = desk.get("copy/update/")

    assert typed(answer, f"item_{desk.line_ids[0]}") == "DEV"
    assert selected(answer, "sending") == "peppol"
    assert "The invoice in journal 70 is changed; no new document is made." in text(answer)
    assert "Update and Send" in text(answer)


# --- The engine asks the same ---------------------------------------------------------------------------------------


def prepare_copy(desk, invoice, **chosen):
    """What the lane would send for these choices, or the problem that stands in its way."""
    stored = CopyChoices(
        journal_code="70",
        vat_code="2",
        item_exact_id=factories.item_id(desk.connection, "SERVICE"),
        ledger_exact_id=factories.ledger_id(desk.connection, "8000"),
        **chosen,
    )
    request = factories.make_copy_request(
        invoice=invoice,
        connection=desk.connection,
        route=desk.connection.route,
        choices=stored.to_json(),
    )
    with tenant_transaction(desk.organization.pk):
        found = CopyRequest.objects.select_related("invoice", "connection").get(pk=request.pk)
        return drafting.prepare(found, records=Records(desk.customer().exact_id), marker="K7Q2")


@pytest.mark.parametrize("make_desk", [Desk, desk_with_item])
def test_the_engine_too_refuses_a_larger_credit_note_that_nobody_confirmed(make_desk):
    desk = make_desk()
    with tenant_transaction(desk.organization.pk):
        desk.connection.sending = "none"
        desk.connection.save()
    first, second = credit_note(desk, "200.00"), credit_note(desk, "201.00")

    refused = prepare_copy(desk, first)
    confirmed = prepare_copy(desk, second, accept_difference=True)

    assert refused.plan is None
    assert refused.problem.code == "credit_too_large"
    assert confirmed.plan is not None


def test_the_engine_too_refuses_to_e_mail_an_invoice_that_nobody_could_get():
    desk = desk_with_item()
    with tenant_transaction(desk.organization.pk):
        desk.connection.sending = "email"
        desk.connection.save()

    refused = prepare_copy(desk, desk.invoice)

    assert refused.problem.code == "email_missing"

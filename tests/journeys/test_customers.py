"""From the wish to the customer in Exact's own books: matched again when it is sent, asked when unsure, made once."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone

from exact_sandbox.options import DEFAULT_CLIENT_ID
from integrations.models import ExactCustomer, ListKind, ReferenceList
from invoices import copy_requests, recovery
from invoices.models import CopyState, CustomerLink, InvoiceEvent, RecoveryPass
from tests import factories
from tests.journeys.world import DIVISION

pytestmark = pytest.mark.django_db(transaction=True)

# The journeys share one sandbox, whose accounts stay: each test has a number of its own.
_numbers = count(270_000_001)


@pytest.fixture
def vat():
    return f"NL{next(_numbers)}B01"


def accounts(world):
    """The accounts of the division, as Exact itself has them."""
    database = world.sandbox.sandbox.database
    return database.records("accounts", Division=DIVISION)


def named(world, name):
    return [one for one in accounts(world) if one["Name"] == name]


def client(world, **fields):
    return factories.make_client(organization=world.organization, **fields)


def link(world, client):
    with world.rows():
        return CustomerLink.objects.get(connection=world.connection, client=client)


def events(world, invoice):
    with world.rows():
        return list(InvoiceEvent.objects.filter(invoice=invoice).values_list("sentence", flat=True))


def test_h20_the_accounts_of_exact_are_matched_once_more_when_the_invoice_is_sent(world, vat):
    known = world.customer()
    ours = client(world, name="Somebody Else", vat_number=known.vat_number.lower())
    invoice = world.invoice(client=ours)

    assert world.copy(invoice).state == CopyState.COPIED

    assert world.calls(method="POST") == ["POST SalesEntries"]
    assert world.documents(invoice)[0].customer_exact_id == known.exact_id
    assert link(world, ours).matched_by == "vat_number"
    assert (
        f"Customer in Exact: {known}, because the VAT number {known.vat_number} is the same."
        in events(world, invoice)
    )


def test_h20_an_account_that_another_client_got_a_minute_ago_is_used(world, vat):
    first = client(world, name="Nieuw Bureau B.V.", vat_number=vat)
    second = client(
        world,
        name="Nieuw Bureau, afdeling West",
        vat_number=f"{vat[:2].lower()} {vat[2:6]}.{vat[6:8]}.{vat[8:]}",
    )
    invoices = [world.invoice(client=first), world.invoice(client=second)]

    requests = [world.request(invoice) for invoice in invoices]
    world.work_off()

    assert [world.fresh(request).state for request in requests] == [CopyState.COPIED] * 2
    assert world.calls(method="POST").count("POST Accounts") == 1
    assert link(world, first).exact_id == link(world, second).exact_id
    assert [link(world, one).matched_by for one in (first, second)] == ["created", "vat_number"]


@pytest.mark.parametrize(
    ("seed", "hours_ago", "is_restored"),
    [(270_420, 20, False), (270_421, 0, True)],
    ids=["a list of yesterday", "a list from before a restore"],
)
def test_h20_f4_an_account_that_was_made_in_exact_since_the_list_was_read_is_found(
    world, seed, hours_ago, is_restored
):
    """A list of yesterday would make a customer of this morning a second time; it costs one call to know.

    A restored list says that it was read a moment ago, and has forgotten what was made since (RELIABILITY F4).
    """
    ours = client(world, name="Vanochtend Gemaakt B.V.")
    # A seed of its own: other tests' customers of the same sandbox have other names.
    fresh = {"division": DIVISION, "customers": 1, "sales_entries": 0, "seed": seed}
    world.control("POST", "seed", fresh)
    made = accounts(world)[-1]
    with world.rows():
        ours.name = made["Name"].upper()
        ours.save()
        ReferenceList.objects.filter(kind=ListKind.CUSTOMERS).update(
            refreshed_at=timezone.now() - timedelta(hours=hours_ago)
        )
        if is_restored:
            now = timezone.now()
            recovery.begin(connection=world.connection, backup_at=now, now=now)
            RecoveryPass.objects.update(done_at=now, next_at=None)

    assert world.copy(world.invoice(client=ours)).state == CopyState.COPIED

    assert str(link(world, ours).exact_id) == made["ID"]
    assert len(named(world, made["Name"])) == 1


@pytest.mark.parametrize("count", [1, 2])
def test_d10_what_is_not_sure_holds_the_invoice_with_the_customers_to_choose(world, vat, count):
    for number in range(count):
        factories.make_customer(
            connection=world.connection,
            name="Jansen Advies",
            vat_number="NL001234567B01" if count == 1 else "",
            code=f"4711{number}",
        )
    ours = client(world, name="Jansen Advies", vat_number=vat)
    invoice = world.invoice(client=ours)

    request = world.copy(invoice)

    assert (request.state, request.problem_code) == (CopyState.NEEDS_CHOICE, "customer_ambiguous")
    assert request.problem_sentence == (
        "Jansen Advies (47110) in Exact may be this customer: the name is the same, but the VAT number is another: "
        "NL001234567B01."
        if count == 1
        else "2 customers in Exact may be this one: the name is the same."
    )
    assert world.calls(method="POST") == []
    assert named(world, "Jansen Advies") == []


def test_d10_a_person_who_saw_what_matches_gets_a_new_customer(world):
    known = world.customer()
    ours = client(world, name=known.name)

    request = world.copy(world.invoice(client=ours), create_customer=True)

    assert request.state == CopyState.COPIED
    assert len(named(world, known.name)) == 2
    assert link(world, ours).matched_by == "created"
    assert world.copy(world.invoice(client=ours)).state == CopyState.COPIED
    assert len(named(world, known.name)) == 2


def test_h21_a_customer_that_was_blocked_since_is_asked_about_and_no_second_one_made(world):
    ours = client(world, name="Eerst Goed B.V.")
    assert world.copy(world.invoice(client=ours)).state == CopyState.COPIED
    with world.rows():
        ExactCustomer.objects.filter(name=ours.name).update(is_blocked=True)

    request = world.copy(world.invoice(client=ours))

    assert request.state == CopyState.NEEDS_CHOICE
    assert request.problem_sentence.startswith(
        "The customer of earlier invoices, Eerst Goed B.V. ("
    )
    assert len(named(world, ours.name)) == 1


def test_h22_h23_h24_a_new_customer_carries_everything_that_is_known(world, vat):
    ours = client(
        world,
        name="Volledig B.V.",
        vat_number=f"{vat[:2].lower()} {vat[2:6]}.{vat[6:8]}.{vat[8:]}",
        coc_number="61234567",
        email="boeken@volledig.example",
        phone="030 123 45 67",
        website="https://volledig.example",
        address_line1="Oudegracht 1",
        address_line2="Achterhuis",
        postcode="3511 AB",
        city="Utrecht",
        country="NL",
    )
    with world.rows():
        world.connection.payment_condition_code = "14"
        world.connection.save()

    invoice = world.invoice(client=ours)
    assert world.copy(invoice).state == CopyState.COPIED

    (account,) = named(world, "Volledig B.V.")
    sent = {
        "Status": "C",
        "VATNumber": vat,
        "ChamberOfCommerce": "61234567",
        "Email": "boeken@volledig.example",
        "Phone": "030 123 45 67",
        "Website": "https://volledig.example",
        "AddressLine1": "Oudegracht 1",
        "AddressLine2": "Achterhuis",
        "Postcode": "3511 AB",
        "City": "Utrecht",
        "Country": "NL",
        "PaymentConditionSales": "14",
        "SalesCurrency": "EUR",
    }
    assert {name: account[name] for name in sent} == sent


def test_h21_a_choice_in_the_dialog_is_remembered_with_how_it_was_made(world):
    known = world.customer()
    by_hand, by_rule = client(world, name="Met de hand"), client(world, name=known.name)
    chosen = world.invoice(client=by_hand)

    world.copy(chosen, customer_exact_id=known.exact_id)
    world.copy(world.invoice(client=by_rule), customer_exact_id=known.exact_id, matched_by="name")

    assert link(world, by_hand).matched_by == "chosen"
    assert link(world, by_rule).matched_by == "name"
    assert f"Customer in Exact: {known}, chosen in the copy dialog." in events(world, chosen)


def test_h22_two_clients_of_one_company_make_one_account_though_the_first_answer_was_lost(
    world, vat
):
    """RELIABILITY A26: the second waits until Exact was looked at for the first; then it is the same account."""
    first = client(world, name="Verloren Antwoord B.V.", vat_number=vat)
    second = client(world, name="Verloren Antwoord Holding", vat_number=vat)
    world.fault("commit_then_drop", path="Accounts")
    requests = [
        world.request(world.invoice(client=first)),
        world.request(world.invoice(client=second)),
    ]

    world.work_off()
    world.settle()

    assert [world.fresh(request).state for request in requests] == [CopyState.COPIED] * 2
    found = [one for one in accounts(world) if one["VATNumber"] == vat]
    assert len(found) == 1
    assert {str(link(world, one).exact_id) for one in (first, second)} == {found[0]["ID"]}


def test_h22_a_customer_whose_answer_was_lost_is_looked_up_although_its_copy_was_cancelled(
    world, vat
):
    first = client(world, name="Opgegeven B.V.", vat_number=vat)
    second = client(world, name="Opgegeven Holding", vat_number=vat)
    world.fault("commit_then_drop", path="Accounts")
    world.fault("unavailable_503", method="GET", path="Accounts")
    given_up = world.copy(world.invoice(client=first))
    with world.rows():
        assert copy_requests.cancel(copy_request=given_up, user=None, now=timezone.now())

    waiting = world.request(world.invoice(client=second))
    world.resume()
    world.settle()

    assert world.fresh(given_up).state == CopyState.CANCELLED
    assert world.fresh(waiting).state == CopyState.COPIED
    assert len([one for one in accounts(world) if one["VATNumber"] == vat]) == 1


def test_h20_no_customer_is_made_before_the_customers_of_exact_were_read(world):
    known = world.customer()
    ours = client(world, vat_number=known.vat_number)
    with world.rows():
        ExactCustomer.objects.all().delete()
        ReferenceList.objects.filter(kind=ListKind.CUSTOMERS).delete()

    assert world.copy(world.invoice(client=ours)).state == CopyState.COPIED

    assert link(world, ours).exact_id == known.exact_id
    assert world.calls(method="POST") == ["POST SalesEntries"]


def test_h20_customers_that_exact_does_not_let_us_read_hold_the_invoice_in_words(world):
    with world.rows():
        ReferenceList.objects.filter(kind=ListKind.CUSTOMERS).update(refreshed_at=None)
    world.control(
        "PATCH",
        "applications",
        {"client_id": DEFAULT_CLIENT_ID, "scopes": {"Crm accounts": "none"}},
    )
    try:
        request = world.copy(world.invoice(client=client(world, name="Niet te lezen B.V.")))
    finally:
        world.control(
            "PATCH",
            "applications",
            {"client_id": DEFAULT_CLIENT_ID, "scopes": {"Crm accounts": "manage"}},
        )

    assert request.state == CopyState.NEEDS_CHOICE
    assert request.problem_sentence
    assert request.problem_remedy
    assert world.calls(method="POST") == []

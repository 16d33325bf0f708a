"""What only django-exact does: its pages, its helpers and its webhooks."""

from __future__ import annotations

import json

import pytest

from tests.exact_clients.foreign_client import ClientRaised
from tests.exact_sandbox.receiver import receiving


def test_its_status_page_shows_whose_connection_it_is(django_exact):
    page = django_exact.do("status_page")

    assert "FullName: Bram" in page
    assert "Email: bram@studio-noord.example" in page


def test_a_code_that_was_used_is_refused_with_a_sentence(django_exact):
    with pytest.raises(ClientRaised) as refusal:
        django_exact.do("exchange_again")

    assert refusal.value.kind == "ExactAuthException"
    assert refusal.value.status == 400
    assert refusal.value.error_message


def test_a_sentence_of_exact_reaches_its_error(django_exact):
    with pytest.raises(ClientRaised) as refusal:
        django_exact.do("create", resource="crm/Accounts", data={"Status": "C"})

    assert refusal.value.kind == "ExactUnavailable"  # to this client every 500 is one
    assert refusal.value.error_message == "Verplicht: Naam"


def test_it_takes_a_maintenance_page_for_what_it_is(django_exact):
    django_exact.exact.control(
        "POST", "faults", {"fault": "maintenance_html", "path": "crm/Accounts", "times": 1}
    )

    with pytest.raises(ClientRaised) as refusal:
        django_exact.do("customer_by_code", code="1")

    assert (refusal.value.kind, refusal.value.status) == ("ExactUnavailable", 200)


def test_its_webhook_row_subscribes_its_view_takes_the_calls_and_deleting_it_ends_them(
    django_exact,
):
    subscriptions = "webhooks/WebhookSubscriptions"
    deliver = ("POST", "webhooks/deliver")
    django_exact.exact.control("PATCH", "switches", {"webhook_delivery": "manual"})
    with receiving() as receiver:
        row = django_exact.do("subscribe", topic="Accounts", callback=f"{receiver.url}/hook")
        [found] = django_exact.do("rows", resource=subscriptions)
        django_exact.exact.control(*deliver)
        django_exact.do("create", resource="crm/Accounts", data={"Name": "Nieuw"})
        django_exact.exact.control(*deliver)
        [empty, event] = [body.decode() for _path, _headers, body in receiver.calls]

        assert (found["ID"], found["Topic"]) == (row, "Accounts")
        assert (empty, json.loads(event)["Content"]["Action"]) == ("", "Create")
        assert [django_exact.do("receive_webhook", body=body) for body in (empty, event)] == [
            200,
            200,
        ]

    django_exact.do("unsubscribe", topic="Accounts")
    assert django_exact.do("rows", resource=subscriptions) == []

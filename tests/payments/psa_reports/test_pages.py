"""The page on which an admin has the PSA called: addresses that are refused, secrets shown once, test, off and on."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from connector.tenancy.models import AuditEvent, Role
from payments.psa_reports.models import EndpointState, PsaEndpoint
from tests import factories
from tests.payments.psa_reports.psa import Agency, always

PAGE = "/settings/psa-callback/"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{44}")


def shown(answer) -> str:
    """The page's text in one line."""
    return " ".join(answer.content.decode().split())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "This field is required"),
        ("psa.example.com/payments", "Write it like https://psa.example.com/payments."),
        ("https://", "Write it like"),
        ("https://psa.example.com:port/", "Write it like"),
        ("https://psa example.com/", "Write it like"),
        ("http://psa.example.com/", "Begin the address with https://"),
        ("ftp://psa.example.com/", "Begin the address with https://"),
        ("https://anna:secret@psa.example.com/", "Leave name and password out"),
        ("https://psa.example.com/#part", "Leave out what stands behind the #"),
        ("https://10.0.0.1/", "private network"),
        ("https://[::1]/", "private network"),
        ("https://169.254.169.254/latest/", "private network"),
        ("https://localhost/", "private network"),
        ("http://localhost:9000/", "Begin the address with https://"),
    ],
)
def test_reliability_j12_an_address_that_is_never_called_is_refused_with_what_to_change(
    clock, url, says
):
    agency = Agency(clock)

    answer = factories.sign_in(agency.admin).post(f"{PAGE}address/", {"url": url})

    assert answer.status_code == 422
    assert says in shown(answer)
    with agency.rows():
        assert not PsaEndpoint.objects.exists()


def test_an_admin_sets_the_address_sees_the_secret_once_and_tests_it(agency, psa):
    browser = factories.sign_in(agency.admin)
    assert "No address yet" in shown(browser.get(PAGE))

    made = browser.post(f"{PAGE}address/", {"url": psa.url})

    [secret] = SECRET.findall(shown(made))
    page = shown(browser.get(PAGE))
    assert psa.url in page
    assert "whsec_" not in page
    browser.post(f"{PAGE}test/")
    assert "Under way" in shown(browser.get(PAGE))
    assert agency.tell() == 1
    assert psa.calls[0].is_signed_with(secret)
    assert b'"type": "test"' in psa.calls[0].body
    assert re.search(r"It works.*Answered 200 after \d", shown(browser.get(PAGE)))
    with agency.rows():
        said = " ".join(AuditEvent.objects.values_list("sentence", flat=True))
    assert "called at 127.0.0.1 about payments" in said
    assert "whsec_" not in said
    assert "/payments" not in said, "the rest of an address may hold a password"


def test_switched_off_and_on_what_changed_meanwhile_is_told_and_a_test_goes_all_the_same(
    agency, psa, clock
):
    agency.calls(psa.url)
    browser = factories.sign_in(agency.admin)
    browser.post(f"{PAGE}off/")
    agency.settle(agency.invoice("inv-1"))
    assert agency.tell() == 0
    assert "1 change waits and nothing is lost" in shown(browser.get(PAGE))
    assert agency.endpoint().state == EndpointState.OFF

    psa.answer = always(503)
    browser.post(f"{PAGE}test/")
    assert agency.tell() == 1
    assert re.search(r"It failed.*Answered 503", shown(browser.get(PAGE)))
    psa.answer = always(200)
    browser.post(f"{PAGE}on/")
    clock.later(minutes=1)
    assert agency.tell() == 1
    assert psa.statuses == {"inv-1": "paid"}


def test_reliability_g15_what_a_psa_lost_is_told_again_since_a_day_under_new_ids(
    agency, psa, clock
):
    before = agency.invoice("before")
    agency.settle(before)
    clock.later(days=3)
    agency.calls(psa.url)
    assert agency.tell() == 0, "nobody asked to be called when it changed"
    agency.settle(agency.invoice("inv-1"))
    agency.settle(agency.invoice("inv-2"))
    agency.tell()
    browser = factories.sign_in(agency.admin)

    again = browser.post(f"{PAGE}again/", {"since": clock().date().isoformat()}, follow=True)

    assert "The payments of 2 invoices are told again." in shown(again)
    assert agency.tell() == 2
    assert len({call.headers["webhook-id"] for call in psa.calls}) == 4
    browser.post(reverse("psa_report_again", args=[agency.report(before).pk]))
    assert agency.tell() == 1
    assert psa.calls[-1].data["id"] == "before"
    assert "inv" in shown(browser.get(f"{PAGE}?state=told"))
    assert "Nothing here" in shown(browser.get(f"{PAGE}?state=given_up"))
    wrong = browser.post(f"{PAGE}again/", {"since": "soon"})
    assert wrong.status_code == 422


def test_the_invoice_page_says_whether_the_psa_knows(agency, psa, clock):
    agency.calls(psa.url)
    invoice = agency.invoice("inv-1")
    browser = factories.sign_in(
        factories.make_user(organization=agency.organization, role=Role.FINANCE)
    )

    def says() -> str:
        return shown(browser.get(f"/invoices/{invoice.pk}/"))

    assert "The PSA" not in says()
    agency.settle(invoice)
    assert "The PSA has not been told so yet." in says()
    psa.answer = always(503)
    agency.tell()
    assert re.search(r"tried .* and is tried again: Answered 503 after", says())
    clock.later(minutes=5)
    psa.answer = always(200)
    agency.tell()
    assert "The PSA was told so" in says()


def test_the_api_describes_the_callback_with_a_body_as_it_is_sent(agency, psa):
    agency.calls(psa.url)
    agency.settle(agency.invoice("inv-1"))
    agency.tell()

    document = Client().get("/api/v1/schema/?format=json").json()
    [example] = document["webhooks"]["invoice.payment_changed"]["post"]["requestBody"]["content"][
        "application/json"
    ]["examples"].values()

    sent = json.loads(psa.calls[0].body)
    assert sent.keys() == example["value"].keys()
    assert sent["data"].keys() == example["value"]["data"].keys()
    described = document["components"]["schemas"]["PaymentStateAnswer"]["properties"]
    assert described.keys() == sent["data"].keys()
    page = shown(Client().get("/api/"))
    assert "Be called when a payment state changes" in page
    assert "webhook-signature" in page
